"""Directories: a snapshot of a project as it is now, and its private copy."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell.digest import Sha256, canonical, sha256_chunks, sha256_text
from wheelwell.errors import InvalidSource
from wheelwell.languages import BUILD_FILES
from wheelwell.sources.contents import TEXT_LIMIT, Contents
from wheelwell.sources.epoch import EARLIEST

LEFT_OUT = frozenset(
    """
    .git .hg .svn .bzr .jj __pycache__ .eggs .tox .nox .venv .direnv .idea .vscode
    .mypy_cache .pytest_cache .ruff_cache .hypothesis node_modules
    """.split()
)
"""Names of directories and files that no wheel is built from."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One file, link or directory of a snapshot."""

    name: str
    """Its path, in POSIX form, from the top."""

    path: str

    kind: str
    """`file`, `program` (a file that may be run), `link` or `directory`."""


def read(top: Path) -> Contents:
    """Return what is in a directory. Raises `InvalidSource`."""
    items = [*_items(top)]
    texts = {
        item.name: _text(item.path)
        for item in items
        if item.name.rpartition("/")[2] in BUILD_FILES and os.path.isfile(item.path)
    }
    return Contents(names=tuple(item.name for item in items), texts=texts)


def tree_hash(top: Path) -> Sha256:
    """Return the SHA-256 of a directory's tree: the names, kinds and contents that are copied.

    Times are not in it: a checkout of the same files is the same source. Raises `InvalidSource`.
    """
    return sha256_text(canonical([[item.name, item.kind, _content(item)] for item in _items(top)]))


def copy(top: Path, target: Path, *, tree: Sha256) -> None:
    """Copy the snapshot whose hash is `tree` to the new directory `target`.

    Raises `InvalidSource` where the directory changed since it was hashed: the key would be wrong.
    """
    target.mkdir()
    for item in _items(top):
        place = target / item.name
        if item.kind == "directory":
            place.mkdir()
        elif item.kind == "link":
            place.symlink_to(os.readlink(item.path))
        else:
            try:
                shutil.copyfile(item.path, place)
            except FileNotFoundError as error:
                raise _changed(top) from error
            place.chmod(0o755 if item.kind == "program" else 0o644)
            os.utime(place, (EARLIEST, EARLIEST))  # times are not in the hash, nor in the build
    if tree_hash(target) != tree:
        raise _changed(top)


def _changed(top: Path) -> InvalidSource:
    return InvalidSource(f"{top} changed while it was copied", hint="ask again when it is at rest")


def _items(top: Path) -> Iterator[_Item]:
    if not top.is_dir():
        raise InvalidSource(f"{top} is no directory")
    yield from _walk(os.fspath(top.resolve()), "")


def _walk(root: str, below: str) -> Iterator[_Item]:
    """Walk in the order of the names, so that the hash does not depend on the file system."""
    try:
        found = sorted(os.scandir(f"{root}/{below}"), key=lambda entry: entry.name)
    except OSError as error:
        raise InvalidSource(f"{root}/{below} cannot be read: {error.strerror}") from error
    for entry in found:
        if entry.name in LEFT_OUT or _is_made_by_tools(entry.path):
            continue
        name = f"{below}/{entry.name}" if below else entry.name
        kind = _kind(root, entry)
        if kind:
            yield _Item(name, entry.path, kind)
        if kind == "directory":
            yield from _walk(root, name)


def _is_made_by_tools(path: str) -> bool:
    """Say whether a directory is a virtual environment, or marked as a cache."""
    return any(os.path.exists(f"{path}/{mark}") for mark in ("pyvenv.cfg", "CACHEDIR.TAG"))


def _kind(root: str, entry: os.DirEntry[str]) -> str:
    """Return an entry's kind; empty for a socket or pipe, which nothing is built from."""
    if entry.is_symlink() and _stays_inside(root, entry.path):
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "directory"
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        raise InvalidSource(f"{entry.path} cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise InvalidSource(
            f"{entry.path} links to a directory outside the project",
            hint="what is outside is not in the key; copy it in, or ask for the directory above",
        )
    if not stat.S_ISREG(mode):
        return ""
    return "program" if mode & 0o111 else "file"


def _stays_inside(root: str, path: str) -> bool:
    """Say whether a link is relative, and leads to the same in a copy of the tree."""
    target = os.readlink(path)
    steps = os.path.normpath(os.path.join(os.path.relpath(os.path.dirname(path), root), target))
    is_inside = f"{os.path.realpath(path)}/".startswith(f"{root}/")
    return is_inside and not os.path.isabs(target) and steps.split("/")[0] != ".."


def _content(item: _Item) -> str:
    if item.kind == "directory":
        return ""
    if item.kind == "link":
        return os.readlink(item.path)
    try:
        with open(item.path, "rb", buffering=0) as file:
            return sha256_chunks(iter(lambda: file.read(1 << 20), b""))
    except OSError as error:
        raise InvalidSource(f"{item.path} cannot be read: {error.strerror}") from error


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(TEXT_LIMIT)
    except OSError as error:
        raise InvalidSource(f"{path} cannot be read: {error.strerror}") from error
