"""What is in a cache is reached through directories, never through a symbolic link."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wheelwell.store import inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A cache directory that is a link itself, which its user may have."""
    (tmp_path / "real").mkdir()
    (tmp_path / "cache").symlink_to("real")
    return tmp_path / "cache"


@pytest.fixture
def linked(root: Path, tmp_path: Path) -> Path:
    """A link in the cache to a directory elsewhere, in which there is a file and a directory."""
    (tmp_path / "elsewhere/a").mkdir(parents=True)
    (tmp_path / "elsewhere/file").touch()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    return root / "link"


@pytest.mark.parametrize("durable", [False, True])
def test_directories_are_made_and_left_alone_where_they_are(root: Path, durable: bool) -> None:
    (root / "a").mkdir(mode=0o750)
    (root / "a/file").touch()
    for _ in range(2):
        inside.make_directories(f"{root}/a/b/c", below=str(root), durable=durable)
    assert sorted(os.listdir(root / "a")) == ["b", "file"]
    assert os.listdir(root / "a/b") == ["c"]


def test_the_cache_is_made_again_but_no_directory_above_it(tmp_path: Path) -> None:
    inside.make_directories(f"{tmp_path}/cache/a", below=f"{tmp_path}/cache")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileNotFoundError):
        inside.make_directories(f"{tmp_path}/gone/cache/a", below=f"{tmp_path}/gone/cache")


@pytest.mark.parametrize("path", ["link", "link/a", "link/a/b", "link/new"])
def test_no_directory_is_made_through_a_link(linked: Path, path: str) -> None:
    root = linked.parent
    with pytest.raises(OSError, match="symbolic link") as raised:
        inside.make_directories(f"{root}/{path}", below=str(root))
    assert raised.value.errno == errno.ELOOP
    assert raised.value.filename == str(linked)
    assert sorted(os.listdir(linked)) == ["a", "file"]


def test_a_link_to_nothing_is_refused_too(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(OSError, match="symbolic link"):
        inside.make_directories(f"{root}/link/a", below=str(root))
    assert not (tmp_path / "nothing").exists()


def test_a_file_in_the_way_is_told(root: Path) -> None:
    (root / "file").touch()
    with pytest.raises(NotADirectoryError):
        inside.make_directories(f"{root}/file", below=str(root))


def test_check_raises_for_each_link_between(linked: Path) -> None:
    root = linked.parent
    (root / "b").mkdir()
    inside.check(str(root / "b"), below=str(root))
    inside.check(str(root), below=str(root))
    for path in (linked, linked / "a"):
        with pytest.raises(OSError, match="symbolic link"):
            inside.check(str(path), below=str(root))


def test_nothing_is_listed_through_a_link(linked: Path) -> None:
    root = linked.parent
    (root / "b").mkdir()
    (root / "c").touch()
    assert inside.names(f"{root}/.") == ["b", "c", "link"]
    assert inside.directories(f"{root}/.") == ["b"]
    for path in (str(linked), str(root / "c"), str(root / "gone")):
        assert inside.names(path) == inside.directories(path) == []
