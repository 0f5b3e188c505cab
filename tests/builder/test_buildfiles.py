"""The build files of a source are read from its copy, and only those."""

from __future__ import annotations

from pathlib import Path

import wheelwell
from support.projects import make_sdist, materialise
from wheelwell.builder.buildfiles import LIMIT, build_files


def test_build_files_are_read_and_others_are_not(tmp_path: Path) -> None:
    for name in ("setup.py", "src/CMakeLists.txt", "README.md", "pkg/core.py", ".git/setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    assert build_files(tmp_path) == {
        "setup.py": "setup.py",
        "src/CMakeLists.txt": "src/CMakeLists.txt",
    }


def test_a_backend_in_the_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nbackend-path = ["./own/"]\n')
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x.py").write_text("text")
    assert build_files(tmp_path)["own/x.py"] == "text"


def test_a_project_file_that_makes_no_sense_names_no_backend(tmp_path: Path) -> None:
    for text in ("[", "build-system = 3", "[build-system]\nbackend-path = [3]\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert [*build_files(tmp_path)] == ["pyproject.toml"]


def test_a_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_bytes(b"\xff" * (LIMIT + 9))
    assert len(build_files(tmp_path)["setup.py"]) == LIMIT


def test_a_cache_tells_what_would_be_withheld_of_any_source(
    tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("pure", tmp_path)
    (tree / "setup.py").write_text('import os\nos.environ["MY_OPTION"]; os.environ["CFLAGS"]\n')
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null", "PATH": "/usr/bin"}
    environ |= {"MY_OPTION": "1", "CFLAGS": "-O2"}
    configuration = wheelwell.load_configuration(environ=environ, directory=str(tmp_path))
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        assert cache.explain(str(tree)).withheld == ("MY_OPTION",)
        assert cache.explain(str(make_sdist(tree, tmp_path / "sdist"))).withheld == ("MY_OPTION",)
