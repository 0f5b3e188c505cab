"""Projects that cannot be built from: no file, no project, a pyproject.toml that makes no sense."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.index import IndexServer
from support.projects import make_sdist, materialise
from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@pytest.mark.parametrize("place", ["./none.tar.gz", "./none", "../none.zip", "/no/such/place"])
def test_path_that_is_not_there(cache: Cache, place: str) -> None:
    cache.refuses(place, says=[f"error: {place}: there is no file or directory /"])


def test_directory_that_is_no_project(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    cache.refuses("./empty", says=["./empty: it is no Python project: there is neither"])


def test_archive_that_is_no_project(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path)
    (tree / "pyproject.toml").unlink()
    archive = make_sdist(tree, tmp_path)
    cache.refuses(archive, says=[f"{archive}: it is no Python project: there is neither"])


BROKEN = {
    "no-toml": b"[project\n",
    "no-text": b"\xff\xfe[project]",
    "deep": b"x = " + b"[" * 5000,
    "digits": b"x = " + b"1" * 10_000,
    "project": b"project = 1\n",
    "build-system": b'build-system = 1\n[project]\nname = "a"\nversion = "1"\n',
    "requires": b'[build-system]\nrequires = "a"\n[project]\nname = "a"\nversion = "1"\n',
    "requirement": b'[build-system]\nrequires = ["=="]\n[project]\nname = "a"\nversion = "1"\n',
    "backend": b"[build-system]\nrequires = []\nbuild-backend = 1\n"
    b'[project]\nname = "a"\nversion = "1"\n',
    "outside": b'[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["../.."]\n'
    b'[project]\nname = "a"\nversion = "1"\n',
}


@pytest.mark.parametrize("kind", ["directory", "archive"])
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_pyproject_that_makes_no_sense(
    cache: Cache, tmp_path: Path, content: bytes, kind: str
) -> None:
    tree = materialise("pure", tmp_path)
    (tree / "pyproject.toml").write_bytes(content)
    what = tree
    if kind == "archive":
        base = str(tmp_path / "pure-1.0")
        what = Path(shutil.make_archive(base, "gztar", root_dir=tmp_path, base_dir="pure"))
    cache.refuses(what, says=[f"error: {what}: ", "try: "])


def test_metadata_that_contradicts_what_was_asked_for(
    cache: Cache, index: IndexServer, sdist: Path
) -> None:
    index.add(sdist)
    url = index.file_url(sdist.name)
    says = [f"error: other @ {url} leads to a source of pure, not of other"]
    cache.refuses(f"other @ {url}", says=says)


def test_project_for_another_python(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, project={"requires-python": ">=4"})
    cache.refuses(tree, says=["pure 1.0 is not for Python 3.", "try: --python"])


@pytest.mark.parametrize(
    "request_",
    [
        *("", "a b", "a==", "a @ b", "a; x", "https://", "http://[::1", "a.whl", "git+x", "-"),
        *("a @ https://u:p@h:x/a.tar.gz", "ssh://h/a", "\udc80", "a" * 5000 + "!", "(" * 5000),
        *("a==" + "9" * 5000, "a>" + "9" * 5000, "a; python_version > '" + "9" * 5000 + "'"),
    ],
    ids=lambda text: text.encode(errors="replace").decode()[:6] or "empty",
)
def test_request_that_is_none(cache: Cache, request_: str) -> None:
    cache.refuses("--", request_, status=2, says=[])


def test_build_requirement_that_cannot_be_had(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, build_system={"requires": ["no-such-thing>=2"]})
    says = ["could not be installed: no-such-thing>=2", "  | ", "  log: ", "try: are they at"]
    cache.refuses(tree, "--no-index", says=says)


def test_build_requirement_of_the_backend_that_cannot_be_had(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, requires=["no-such-thing>=2"])
    says = ["could not be installed: no-such-thing>=2", "  | ", "  log: ", "try: are they at"]
    cache.refuses(tree, "--no-index", says=says)


def test_build_requirement_that_does_not_build(
    cache: Cache, index: IndexServer, tmp_path: Path
) -> None:
    index.add(make_sdist(materialise("backend-raises", tmp_path), tmp_path))
    tree = materialise("pure", tmp_path, build_system={"requires": ["backend-raises"]})
    says = ["needs backend-raises==1.0 to be built", "  | ", "RuntimeError", "  log: "]
    cache.refuses(tree, "--index-url", index.url, says=says)
