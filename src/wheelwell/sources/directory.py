"""Directories: a snapshot of a project as it is now, and its private copy."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelwell.digest import Sha256, canonical, sha256_chunks, sha256_text
from wheelwell.errors import InvalidSource
from wheelwell.languages import BUILD_FILES
from wheelwell.sources.contents import TEXT_LIMIT, Contents
from wheelwell.sources.epoch import EARLIEST
from wheelwell.sources.left_out import is_left_out


@dataclass(frozen=True, slots=True)
class _Item:
    """One file, link or directory of a snapshot."""

    name: str
    """Its path, in POSIX form, from the top."""

    path: str

    kind: str
    """`file`, `program` (a file that may be run), `link` or `directory`."""


def read(top: Path, names: Sequence[str] | None = None) -> Contents:
    """Return what is in a directory. Raises `InvalidSource`.

    `names` are those of the files that count, in POSIX form, as Git shows them; None for all but
    what no wheel is built from.
    """
    items = [*_items(top, names)]
    texts = {
        item.name: _text(item.path)
        for item in items
        if item.name.rpartition("/")[2] in BUILD_FILES and os.path.isfile(item.path)
    }
    return Contents(names=tuple(item.name for item in items), texts=texts)


def tree_hash(top: Path, names: Sequence[str] | None = None) -> Sha256:
    """Return the SHA-256 of a directory's tree: the names, kinds and contents that are copied.

    Times are not in it: a checkout of the same files is the same source. Raises `InvalidSource`.
    """
    return _hash(_items(top, names))


def copy(top: Path, target: Path, names: Sequence[str] | None = None, *, tree: Sha256) -> None:
    """Copy the snapshot whose hash is `tree` to the new directory `target`.

    Raises `InvalidSource` where the directory changed since it was hashed: the key would be wrong.
    """
    target.mkdir()
    copied = []
    for item in _items(top, names):
        place = target / item.name
        copied.append(item.name)
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
    if _hash(_items(target, copied)) != tree:
        raise _changed(top)


def walked(top: Path) -> list[str]:
    """Return the names of all files of a directory but those that no wheel is built from."""
    return [item.name for item in _items(top, None) if item.kind != "directory"]


def _changed(top: Path) -> InvalidSource:
    return InvalidSource(f"{top} changed while it was copied", hint="ask again when it is at rest")


def _hash(items: Iterable[_Item]) -> Sha256:
    return sha256_text(canonical([[item.name, item.kind, _content(item)] for item in items]))


def _items(top: Path, names: Sequence[str] | None) -> Iterator[_Item]:
    if not top.is_dir():
        raise InvalidSource(f"{top} is no directory")
    root = os.path.realpath(top)
    yield from _walk(root, "") if names is None else _named(root, names)


def _walk(root: str, below: str) -> Iterator[_Item]:
    """Walk in the order of the names, so that the hash does not depend on the file system."""
    try:
        found = sorted(os.listdir(f"{root}/{below}"))
    except OSError as error:
        raise InvalidSource(f"{root}/{below} cannot be read: {error.strerror}") from error
    for entry in found:
        name = f"{below}/{entry}" if below else entry
        if is_left_out(root, name):
            continue
        path = f"{root}/{name}"
        kind = _kind(root, path)
        if kind:
            yield _Item(name, path, kind)
        if kind == "directory":
            yield from _walk(root, name)


def _named(root: str, names: Sequence[str]) -> Iterator[_Item]:
    """Yield files that were named, and the directories above them, in the order of a walk."""
    named = {*names}
    above = {name[:end] for name in names for end in _slashes(name)}
    blocked: set[str] = set()
    for name in sorted(named | above, key=lambda name: name.split("/")):
        if name.rpartition("/")[0] in blocked:
            blocked.add(name)
            continue
        path = f"{root}/{name}"
        kind = _kind(root, path) if os.path.lexists(path) else ""
        if name in above and kind != "directory":
            blocked.add(name)  # a link has taken a directory's place: Git sees nothing below it
        if kind and (name in named or name not in blocked):
            yield _Item(name, path, kind)


def _slashes(name: str) -> Iterator[int]:
    return (place for place, letter in enumerate(name) if letter == "/")


def _kind(root: str, path: str) -> str:
    """Return an entry's kind; empty for a socket or pipe, which nothing is built from."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if _stays_inside(root, path):
                return "link"
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                raise InvalidSource(
                    f"{path} links to a directory outside the project",
                    hint="what is outside is not in the key; copy it in, "
                    "or ask for the directory above",
                )
    except OSError as error:
        raise InvalidSource(f"{path} cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        return "directory"
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
