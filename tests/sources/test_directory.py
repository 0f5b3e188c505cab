"""A directory is known by exactly what is copied of it."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelwell.errors import InvalidSource
from wheelwell.sources import directory
from wheelwell.sources.contents import identify
from wheelwell.sources.epoch import EARLIEST

PROJECT = '[project]\nname = "a"\nversion = "1.0"\n'


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A small project with a bit of everything."""
    top = tmp_path / "project"
    (top / "pkg/data").mkdir(parents=True)
    (top / "pyproject.toml").write_text(PROJECT)
    (top / "pkg/__init__.py").write_text("x = 1\n")
    (top / "pkg/run").write_text("#!/bin/sh\n")
    (top / "pkg/run").chmod(0o755)
    (top / "pkg/link").symlink_to("../pyproject.toml")
    (top / "empty").mkdir()
    return top


def snapshot(top: Path, target: Path) -> Path:
    directory.copy(top, target, tree=directory.tree_hash(top))
    return target


def names(top: Path) -> list[str]:
    return sorted(path.relative_to(top).as_posix() for path in top.rglob("*"))


def test_hash_is_the_same_for_a_copy_elsewhere(top: Path, tmp_path: Path) -> None:
    shutil.copytree(top, tmp_path / "elsewhere" / "copy", symlinks=True)
    assert directory.tree_hash(tmp_path / "elsewhere" / "copy") == directory.tree_hash(top)


def test_hash_is_known_and_so_cannot_change_by_accident(top: Path) -> None:
    assert directory.tree_hash(top) == (
        "04b2b4111812be7eb0f2cfb4c729ce59245eaeb9b3691f0f9da43ba45420a73f"
    )


def test_hash_does_not_depend_on_times(top: Path) -> None:
    before = directory.tree_hash(top)
    for path in [top, *top.rglob("*")]:
        os.utime(path, (1, 1), follow_symlinks=False)
    assert directory.tree_hash(top) == before


def test_hash_does_not_depend_on_who_may_read(top: Path) -> None:
    before = directory.tree_hash(top)
    (top / "pyproject.toml").chmod(0o600)
    (top / "pkg/run").chmod(0o700)
    (top / "pkg").chmod(0o700)
    assert directory.tree_hash(top) == before


def test_hash_does_not_depend_on_the_order_of_creation(tmp_path: Path) -> None:
    letters = ["b", "a", "c.d", "c", "Z", "é"]
    for place, order in (("one", letters), ("two", letters[::-1])):
        for name in order:
            (tmp_path / place / name).mkdir(parents=True)
    assert directory.tree_hash(tmp_path / "one") == directory.tree_hash(tmp_path / "two")


def test_hash_is_the_same_through_a_link_to_the_top(top: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(top)
    assert directory.tree_hash(tmp_path / "way") == directory.tree_hash(top)


def _relink(top: Path) -> None:
    (top / "pkg/link").unlink()
    (top / "pkg/link").symlink_to("__init__.py")


def _unlink(top: Path) -> None:
    (top / "pkg/link").unlink()
    shutil.copyfile(top / "pyproject.toml", top / "pkg/link")


CHANGES: dict[str, Callable[[Path], object]] = {
    "edit": lambda top: (top / "pkg/__init__.py").write_text("x = 2\n"),
    "rename": lambda top: (top / "pkg/__init__.py").rename(top / "pkg/_init__.py"),
    "move": lambda top: (top / "pkg/__init__.py").rename(top / "__init__.py"),
    "remove": lambda top: (top / "pkg/__init__.py").unlink(),
    "executable": lambda top: (top / "pkg/__init__.py").chmod(0o755),
    "not executable": lambda top: (top / "pkg/run").chmod(0o644),
    "link's target": _relink,
    "file for a link": _unlink,
    "empty directory": lambda top: (top / "more").mkdir(),
    "no empty directory": lambda top: (top / "empty").rmdir(),
    "empty file": lambda top: (top / "more").touch(),
    "hidden file": lambda top: (top / ".more").touch(),
    "swapped": lambda top: (
        (top / "pyproject.toml").write_text("x = 1\n"),
        (top / "pkg/__init__.py").write_text(PROJECT),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_hash_changes_with_what_is_copied(top: Path, change: str) -> None:
    before = directory.tree_hash(top)
    CHANGES[change](top)
    assert directory.tree_hash(top) != before


@pytest.mark.parametrize(
    "name",
    [".git", ".hg", "__pycache__", "pkg/__pycache__", ".venv", ".tox", "node_modules", ".nox"],
)
@pytest.mark.parametrize("is_file", [True, False])
def test_what_no_wheel_is_built_from_is_left_out(
    top: Path, tmp_path: Path, name: str, is_file: bool
) -> None:
    before = directory.tree_hash(top)
    if is_file:  # as `.git` is in a worktree
        (top / name).write_text("gitdir: elsewhere\n")
    else:
        (top / name).mkdir()
        (top / name / "x.c").touch()
    assert directory.tree_hash(top) == before
    assert not any("x.c" in each for each in directory.read(top).names)
    assert not (snapshot(top, tmp_path / "copy") / name).exists()


def test_environments_are_left_out_whatever_their_name(top: Path, tmp_path: Path) -> None:
    before = directory.tree_hash(top)
    (top / "pkg/my-environment").mkdir()
    (top / "pkg/my-environment/pyvenv.cfg").touch()
    assert directory.tree_hash(top) == before
    assert not (snapshot(top, tmp_path / "copy") / "pkg/my-environment").exists()


def test_copy_is_what_was_hashed(top: Path, tmp_path: Path) -> None:
    copy = snapshot(top, tmp_path / "copy")
    assert names(copy) == names(top)
    assert directory.tree_hash(copy) == directory.tree_hash(top)
    assert os.readlink(copy / "pkg/link") == "../pyproject.toml"
    assert os.access(copy / "pkg/run", os.X_OK)


def test_copy_is_the_builds_own(top: Path, tmp_path: Path) -> None:
    (top / "pyproject.toml").chmod(0o444)
    copy = snapshot(top, tmp_path / "copy")
    (copy / "pyproject.toml").write_text("changed")
    assert (top / "pyproject.toml").read_text() == PROJECT
    assert (copy / "pyproject.toml").stat().st_mode & 0o777 == 0o644


def test_times_of_a_copy_are_one_instant_whatever_the_users_files_say(
    top: Path, tmp_path: Path
) -> None:
    os.utime(top / "pyproject.toml", (1_000_000_000, 1_000_000_000))
    copy = snapshot(top, tmp_path / "copy")
    files = [path for path in copy.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {path.stat().st_mtime for path in files} == {EARLIEST}


@pytest.mark.parametrize("change", CHANGES)
def test_directory_that_changed_since_it_was_hashed_is_refused(
    top: Path, tmp_path: Path, change: str
) -> None:
    tree = directory.tree_hash(top)
    CHANGES[change](top)
    with pytest.raises(InvalidSource, match="changed while it was copied") as raised:
        directory.copy(top, tmp_path / "copy", tree=tree)
    assert raised.value.hint


def test_file_that_goes_away_in_the_middle_is_refused(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = directory.tree_hash(top)
    really = shutil.copyfile

    def copy(source: str, target: Path) -> Path:
        os.unlink(source)
        return Path(really(source, target))

    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(InvalidSource, match="changed while it was copied"):
        directory.copy(top, tmp_path / "copy", tree=tree)


def test_disk_that_takes_no_copy_is_not_the_sources_fault(top: Path, tmp_path: Path) -> None:
    tree = directory.tree_hash(top)
    with pytest.raises(FileNotFoundError):
        directory.copy(top, tmp_path / "none" / "copy", tree=tree)


@pytest.mark.parametrize("target", ["../../outside.txt", "{outside}", "{inside}"])
def test_link_to_a_file_that_leads_out_or_is_absolute_counts_as_the_file(
    top: Path, tmp_path: Path, target: str
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("outside")
    inside = top / "pyproject.toml"
    (top / "pkg/out").symlink_to(target.format(outside=outside, inside=inside))
    copy = snapshot(top, tmp_path / "copy")
    assert not (copy / "pkg/out").is_symlink()
    assert (copy / "pkg/out").read_bytes() == (top / "pkg/out").read_bytes()
    before = directory.tree_hash(top)
    (top / "pkg/out").resolve().write_text("other")
    assert directory.tree_hash(top) != before


def test_link_that_comes_back_from_outside_counts_as_the_file(top: Path, tmp_path: Path) -> None:
    (top / "back").symlink_to(f"../{top.name}/pyproject.toml")
    copy = snapshot(top, tmp_path / "copy")
    assert (copy / "back").read_text() == PROJECT


@pytest.mark.parametrize("target", ["../outside", "{outside}"])
def test_link_to_a_directory_outside_is_refused_with_a_hint(
    top: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / "outside").mkdir()
    (top / "out").symlink_to(target.format(outside=tmp_path / "outside"))
    with pytest.raises(InvalidSource, match="outside the project") as raised:
        directory.tree_hash(top)
    assert raised.value.hint


def test_link_to_a_directory_inside_is_kept(top: Path, tmp_path: Path) -> None:
    (top / "other").symlink_to("pkg")
    (top / "pkg/data/top").symlink_to("../..")
    copy = snapshot(top, tmp_path / "copy")
    assert os.readlink(copy / "other") == "pkg"
    assert os.readlink(copy / "pkg/data/top") == "../.."


@pytest.mark.parametrize("target", ["nowhere", "loop"])
def test_link_to_nothing_inside_is_kept(top: Path, tmp_path: Path, target: str) -> None:
    (top / "loop").symlink_to(target)
    assert os.readlink(snapshot(top, tmp_path / "copy") / "loop") == target


def test_link_to_nothing_outside_is_refused(top: Path) -> None:
    (top / "lost").symlink_to("../nowhere")
    with pytest.raises(InvalidSource, match="lost"):
        directory.tree_hash(top)


def test_pipes_and_sockets_are_left_out(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = directory.tree_hash(top)
    os.mkfifo(top / "pipe")
    monkeypatch.chdir(top)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert directory.tree_hash(top) == before
        assert "pipe" not in names(snapshot(top, tmp_path / "copy"))


def test_names_may_be_any_bytes(top: Path, tmp_path: Path) -> None:
    before = directory.tree_hash(top)
    odd = os.fsdecode(b"\xff\xfe.py")
    (top / odd).write_text("x")
    (top / "to-odd").symlink_to(odd)
    first = directory.tree_hash(top)
    assert first != before
    assert (snapshot(top, tmp_path / "copy") / odd).read_text() == "x"
    (top / odd).rename(top / os.fsdecode(b"\xff\xff.py"))
    assert directory.tree_hash(top) != first


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_what_is_no_directory_is_refused(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "file").touch()
    with pytest.raises(InvalidSource, match="no directory"):
        directory.tree_hash(tmp_path / kind)
    with pytest.raises(InvalidSource):
        directory.read(tmp_path / kind)


def test_contents_are_all_names_and_the_texts_of_build_files(top: Path) -> None:
    (top / "pkg/meson.build").write_text("project('x', 'c')")
    found = directory.read(top)
    assert {"pyproject.toml", "pkg/run", "pkg/link", "empty", "pkg/meson.build"} <= {*found.names}
    assert found.texts == {"pyproject.toml": PROJECT, "pkg/meson.build": "project('x', 'c')"}


def test_build_file_counts_where_it_may_be_run_or_is_a_link(top: Path) -> None:
    (top / "meson.build").write_text("project('x', 'c')")
    (top / "meson.build").chmod(0o755)
    (top / "pyproject.toml").rename(top / "real.toml")
    (top / "pyproject.toml").symlink_to("real.toml")
    identity = identify(directory.read(top), is_distribution=False)
    assert (identity.name, identity.version) == ("a", "1.0")
    assert identity.languages == ("c",)


def test_build_file_that_is_a_directory_is_no_text(top: Path) -> None:
    (top / "pkg/setup.py").mkdir()
    (top / "pkg/meson.build").symlink_to("nowhere")
    assert {*directory.read(top).texts} == {"pyproject.toml"}


def test_caches_are_left_out_whatever_their_name(top: Path) -> None:
    before = directory.tree_hash(top)
    (top / "some-cache").mkdir()
    (top / "some-cache" / "CACHEDIR.TAG").touch()
    assert directory.tree_hash(top) == before
