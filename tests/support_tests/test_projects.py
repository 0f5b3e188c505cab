"""Trees, sdists and wheels come out as a test asks for them."""

from __future__ import annotations

import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from installer.sources import WheelFile
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename

from support.projects import FIXTURES, build_tree, make_sdist, make_wheel, materialise

PROJECTS = sorted(path.name for path in (FIXTURES / "projects").iterdir())


@pytest.mark.parametrize("name", PROJECTS)
def test_every_project_can_be_materialised_and_packed(name: str, tmp_path: Path) -> None:
    tree = materialise(name, tmp_path)
    assert (tree / "tinybackend.py").exists() == (name != "no-pyproject")
    sdist = make_sdist(tree, tmp_path)
    assert str(parse_sdist_filename(sdist.name)[1]) == "1.0"


def test_overrides_reach_the_pyproject_and_leave_the_rest(tmp_path: Path) -> None:
    tree = materialise(
        "c-extension",
        tmp_path,
        project={"version": "2.0", "dependencies": ["a>1"]},
        build_system={"requires": ["wanted"]},
        wheel_name='quo"ted\\é',
        sleep=0.5,
        no_wheel=True,
    )
    written = tomllib.loads((tree / "pyproject.toml").read_text())
    assert written["build-system"]["requires"] == ["wanted"]
    assert written["build-system"]["build-backend"] == "tinybackend"
    assert written["project"] == {
        "name": "c-extension",
        "version": "2.0",
        "dependencies": ["a>1"],
    }
    assert written["tool"]["tinybackend"] == {
        "c-files": ["c_extension/_answer.c"],
        "wheel-name": 'quo"ted\\é',
        "sleep": 0.5,
        "no-wheel": True,
    }


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_sdist_is_deterministic_and_has_one_top_directory(suffix: str, tmp_path: Path) -> None:
    assert suffix in (".tar.gz", ".zip")
    packed = []
    for place in ("one", "two"):
        tree = materialise("Dotted.Name_With-Capitals", tmp_path / place)
        sdist = make_sdist(tree, tmp_path / place, suffix=suffix)  # type: ignore[arg-type]
        assert sdist.name == f"dotted_name_with_capitals-1.0{suffix}"
        packed.append(sdist)
    assert packed[0].read_bytes() == packed[1].read_bytes()
    assert {name.split("/")[0] for name in _names(packed[0])} == {"dotted_name_with_capitals-1.0"}


def test_pkg_info_is_metadata_2_2_unless_asked_otherwise(tmp_path: Path) -> None:
    tree = materialise("dynamic-version", tmp_path)
    metadata = Metadata.from_email(_pkg_info(make_sdist(tree, tmp_path)))
    assert (metadata.metadata_version, metadata.name, str(metadata.version)) == (
        "2.2",
        "dynamic-version",
        "1.0",
    )
    old = make_sdist(tree, tmp_path / "old", metadata_version="1.2")
    assert b"Metadata-Version: 1.2\n" in _pkg_info(old)
    bare = make_sdist(tree, tmp_path / "bare", metadata_version=None)
    assert not any(name.endswith("PKG-INFO") for name in _names(bare))


def test_dynamic_dependencies_are_told_in_pkg_info(tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, project={"dynamic": ["dependencies"]})
    metadata = Metadata.from_email(_pkg_info(make_sdist(tree, tmp_path)))
    assert metadata.dynamic == ["requires-dist"]


def test_unpacked_sdist_builds(tmp_path: Path) -> None:
    sdist = make_sdist(materialise("pure", tmp_path), tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    wheel = build_tree(tmp_path / "unpacked" / "pure-1.0", tmp_path / "out")
    assert wheel.name == "pure-1.0-py3-none-any.whl"


def test_filename_of_an_sdist_may_be_anything(tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path)
    sdist = make_sdist(tree, tmp_path, filename="x.tar.gz")
    assert sdist.name == "x.tar.gz"
    assert "pure-1.0/pyproject.toml" in _names(sdist)


def test_made_wheel_is_valid(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path, "Some.Name", "1.5", "py2.py3-none-any", project={"requires-python": ">=3"}
    )
    assert wheel.name == "some_name-1.5-py2.py3-none-any.whl"
    with WheelFile.open(wheel) as opened:
        opened.validate_record()
        assert "Requires-Python: >=3" in opened.read_dist_info("METADATA")
        assert "Tag: py2-none-any\nTag: py3-none-any\n" in opened.read_dist_info("WHEEL")


def _names(sdist: Path) -> list[str]:
    if sdist.suffix == ".zip":
        return zipfile.ZipFile(sdist).namelist()
    with tarfile.open(sdist) as archive:
        return archive.getnames()


def _pkg_info(sdist: Path) -> bytes:
    with tarfile.open(sdist) as archive:
        name = next(name for name in archive.getnames() if name.endswith("/PKG-INFO"))
        member = archive.extractfile(name)
        assert member is not None
        return member.read()
