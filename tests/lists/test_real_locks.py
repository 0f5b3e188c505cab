"""Of a lock that a tool has made, what is wanted is what that tool itself would install."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.builds import described
from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from support.repositories import Repository
from wheelwell.builder.frontends import find_uv
from wheelwell.lists.reading import read
from wheelwell.lists.wanted import Choice, Wanted

pytestmark = pytest.mark.slow

HERE = described(sys.executable)

PROJECT = """
[project]
name = "demo"
version = "0.1"
requires-python = ">=3.9"
dependencies = [
    "needy[more]>=1",
    "forked<2; sys_platform == 'win32'",
    "forked>=2; sys_platform != 'win32'",
    "nowhere; sys_platform == 'win32'",
    "flat",
]
[project.optional-dependencies]
cpu = ["variant<2"]
gpu = ["variant>=2"]
git = ["repository"]
[dependency-groups]
dev = ["linter", {include-group = "test"}]
test = ["beside"]
[tool.uv]
conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
[tool.uv.sources]
beside = {path = "../beside"}
flat = {index = "flat"}
repository = {git = "REPOSITORY", tag = "v1.0"}
[[tool.uv.index]]
name = "flat"
url = "../flat"
format = "flat"
explicit = true
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    with IndexServer() as server:
        for name, version, needs in (
            *(("needy", "1.0", ["deep"]), ("deep", "1.0", ["variant"]), ("linter", "3.0", [])),
            *(("forked", "1.0", []), ("forked", "2.0", []), ("nowhere", "1.0", [])),
            *(("variant", "1.0", []), ("variant", "2.0", []), ("further", "1.0", [])),
        ):
            wheel = make_wheel(tmp_path / "made", name, version, project={"dependencies": needs})
            server.add(wheel)
        project = {"name": "variant", "version": "2.0"}
        tree = materialise("pure", tmp_path / "variant", project=project)
        server.add(make_sdist(tree, tmp_path / "made"))
        make_wheel(tmp_path / "flat", "flat", "1.0")
        materialise("pure", tmp_path, project={"name": "beside"}).rename(tmp_path / "beside")
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    repository = Repository(tmp_path / "repository.git")
    tree = materialise("pure", tmp_path / "there", project={"name": "repository"})
    tree.rename(repository.path / "python")
    repository.commit()
    repository.tag("v1.0")
    path = tmp_path / "project"
    path.mkdir()
    text = PROJECT.replace('REPOSITORY"', f'{repository.uri[4:]}", subdirectory = "python"')
    (path / "pyproject.toml").write_text(text)
    return path


def run(project: Path, *command: str) -> str:
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        command, cwd=project, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def uv() -> str:
    found = find_uv(os.environ)
    if found is None:
        pytest.skip("uv is not here")
    return found


def selected(path: Path, **chosen: tuple[str, ...]) -> list[Wanted]:
    return [*read(str(path)).select(Choice(environment=HERE.markers, **chosen))]


def names(found: list[Wanted]) -> list[str]:
    """Return name and version, where the request tells it."""
    return sorted(f"{each.request.name}=={each.request.pin}" for each in found)


@pytest.mark.parametrize(
    ("extras", "groups"),
    [
        ((), ()),
        (("cpu",), ("dev",)),
        (("gpu",), ("test",)),
        (("git",), ()),
    ],
)
def test_uv(
    index: IndexServer, project: Path, extras: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    run(project, uv(), "lock", "--default-index", index.url, "--python", sys.executable)
    chosen = [word for each in extras for word in ("--extra", each)]
    chosen += [word for each in groups for word in ("--group", each)]
    bare = ("--dry-run", "--frozen", "--no-default-groups", "--python", sys.executable)
    said = run(project, uv(), "sync", *bare, *chosen)
    installed = sorted(re.findall(r"^ \+ (\S+)", said, re.MULTILINE))
    assert "deep==1.0" in installed

    found = selected(project / "uv.lock", extras=extras, groups=groups)

    pins = {each for each in names(found) if each[-1] != "="}
    places = {each.request.name for each in found if not each.request.pin}
    assert {each for each in installed if each.partition("==")[0] not in places} == pins
    assert {each.partition("==")[0] for each in installed} == {
        *places,
        *(each.partition("==")[0] for each in pins),
    }
    assert places == {*(["beside"] if groups else []), *(["repository"] if "git" in extras else [])}
    for each in found:
        assert not each.request.pin or each.files, each
        assert not each.request.is_git or each.request.subdirectory == "python"


def test_uv_of_a_workspace_without_a_project_and_of_a_script(
    index: IndexServer, tmp_path: Path
) -> None:
    (tmp_path / "work/one").mkdir(parents=True)
    (tmp_path / "work/pyproject.toml").write_text(
        '[tool.uv.workspace]\nmembers = ["one"]\n[dependency-groups]\ndev = ["linter"]\n'
    )
    (tmp_path / "work/one/pyproject.toml").write_text(
        '[project]\nname = "one"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = ["needy"]\n'
    )
    where = ("--default-index", index.url, "--python", sys.executable)
    run(tmp_path / "work", uv(), "lock", *where)
    lock = tmp_path / "work/uv.lock"
    assert names(selected(lock)) == ["deep==1.0", "needy==1.0", "variant==2.0"]
    assert "linter==3.0" in names(selected(lock, groups=("dev",)))

    head = '# /// script\n# requires-python = ">=3.9"\n# dependencies = ["deep"]\n# ///\n'
    (tmp_path / "a.py").write_text(head)
    run(tmp_path, uv(), "lock", "--script", "a.py", *where)
    assert names(selected(tmp_path / "a.py.lock")) == ["deep==1.0", "variant==2.0"]


def test_uv_exports_the_lock_of_all_tools(index: IndexServer, project: Path) -> None:
    where = ("--default-index", index.url, "--python", sys.executable)
    run(project, uv(), "lock", *where)
    export = ("export", "--format", "pylock.toml", "--no-emit-project", "--no-default-groups")
    run(project, uv(), *export, "--extra", "gpu", "-o", "pylock.toml", *where)
    found = selected(project / "pylock.toml")
    assert names(found) == names(selected(project / "uv.lock", extras=("gpu",)))
    assert all(each.files for each in found)


def test_pip(index: IndexServer, tmp_path: Path) -> None:
    url = index.file_url("further-1.0-py3-none-any.whl")
    text = f"needy\nforked<2 ; sys_platform == 'win32'\nfurther @ {url}\n"
    (tmp_path / "r.txt").write_text(text)
    pip = (sys.executable, "-m", "pip", "lock", "--isolated", "--no-cache-dir", "-q")
    run(tmp_path, *pip, "--index-url", index.url, "-r", "r.txt", "-o", "pylock.test.toml")
    found = selected(tmp_path / "pylock.test.toml")
    assert names(found) == ["deep==1.0", "further==", "needy==1.0", "variant==2.0"]
    (further,) = (each.request for each in found if each.request.url)
    assert (further.is_wheel, further.url, len(further.hashes)) == (True, url, 1)
    (needy,) = (each for each in found if each.request.name == "needy")
    assert needy.filenames == ("needy-1.0-py3-none-any.whl",)
