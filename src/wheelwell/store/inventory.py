"""The inventory: every entry on disk, one after the other, however many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wheelwell.digest import is_sha256
from wheelwell.key import Key
from wheelwell.record import Record
from wheelwell.store import inside
from wheelwell.store.disk import Damaged, Foreign, read_record
from wheelwell.store.entry import Entry, entry_of
from wheelwell.store.layout import RECORD, Layout


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An entry as its record tells it. Its wheel was not looked at."""

    record: Record
    directory: str
    """Of the key: `record.json` is in it, with the build that the record names."""

    size: int
    """Of the record and of all in the build's directory, in bytes."""

    used: float
    """When it was last handed out, or else stored, in seconds since 1970."""

    @property
    def entry(self) -> Entry:
        """The same, as a lookup gives it."""
        return entry_of(self.directory, self.record)


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """The directory of one build; a key may have some that its record names no longer."""

    path: str
    size: int
    """Of all in it, in bytes."""

    used: float
    """When it was last handed out, or else stored, in seconds since 1970."""


def entries(
    layout: Layout,
    *,
    project: str = "",
    damaged: Callable[[str, str], None] = lambda _directory, _why: None,
) -> Iterator[Stored]:
    """Yield the entries of one project, or of all, ordered by project, source and key.

    `damaged` is called with the directory of each that cannot be read, and why.
    """
    for directory in keys(layout, project=project, damaged=damaged):
        try:
            if (stored := look(directory)) is not None:
                yield stored
        except Foreign:
            continue
        except Damaged as damage:
            damaged(directory, str(damage))


def keys(
    layout: Layout,
    *,
    project: str = "",
    damaged: Callable[[str, str], None] = lambda _directory, _why: None,
) -> Iterator[str]:
    """Yield the directories of the keys of one project, or of all, in order.

    `damaged` is called with what cannot be looked into, or is something else, and why.
    """
    for above in _directories([layout.wheels], damaged):
        names = [each for each in above if not project or os.path.basename(each) == project]
        for sources in _directories(names, damaged):
            for found in _directories(sources, damaged):
                yield from (each for each in found if is_sha256(os.path.basename(each)))


def _directories(places: Iterable[str], damaged: Callable[[str, str], None]) -> Iterator[list[str]]:
    """Yield what directories are in each of some places."""
    for place in places:
        try:
            names, others = inside.listing(place)
        except FileNotFoundError:
            continue
        except OSError as error:
            damaged(place, f"it cannot be looked into: {error.strerror}")
            continue
        for name in others:
            damaged(f"{place}/{name}", "it is no directory")
        yield [f"{place}/{name}" for name in names]


def look(directory: str) -> Stored | None:
    """Return the entry in the directory of a key, or None where no record is. Raises `Damaged`."""
    before = _status(directory)
    while before is not None:
        try:
            return _read(directory, before)
        except Damaged:
            now = _status(directory)
            if now == before:
                raise
            before = now  # it was removed, or built anew, while we looked
    return None


def _status(directory: str) -> tuple[int, int, float] | None:
    """Return what tells one record from the next: inode, size and time; None where none is."""
    try:
        status = os.lstat(f"{directory}/{RECORD}")
    except FileNotFoundError:
        return None
    except OSError:
        return 0, 0, 0.0
    return status.st_ino, status.st_size, status.st_mtime


def _read(directory: str, status: tuple[int, int, float]) -> Stored:
    record = read_record(f"{directory}/{RECORD}", Key(os.path.basename(directory)))
    build = build_of(f"{directory}/{record.build}")
    if build is None:
        raise Damaged("its build is not there")
    _, size, written = status
    return Stored(
        record=record,
        directory=directory,
        size=size + build.size,
        used=max(build.used, written),  # a killed publisher marked only the record
    )


def builds(directory: str) -> list[Build]:
    """Return what builds are in the directory of a key, whether its record names them or not."""
    found = (build_of(f"{directory}/{name}") for name in inside.directories(directory))
    return [build for build in found if build is not None]


def build_of(path: str) -> Build | None:
    """Return what is known of the build in a directory, or None where there is none."""
    try:
        used = os.lstat(path).st_mtime
        with os.scandir(path) as found:
            size = sum(each.stat(follow_symlinks=False).st_size for each in found)
    except OSError:
        return None
    return Build(path=path, size=size, used=used)
