"""Overlays: a store, a memory and a shelf that are written, over others that are only read."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from wheelwell.buckets import COPIES
from wheelwell.digest import Sha256, sha256_text
from wheelwell.protocols import Memory, Shelf
from wheelwell.record import Record, Stamp
from wheelwell.source import Source
from wheelwell.store.disk import Place, Store
from wheelwell.store.entry import Entry, stamp_of
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.shelf import DiskShelf
from wheelwell.wheel import Origin

if TYPE_CHECKING:
    from wheelwell.store.lease import Lease


class ReadOnlyStore(Store):
    """A store that is only read: nothing is written there, not even a lock."""

    is_written = False

    def __init__(
        self,
        layout: Layout,
        *,
        warn: Callable[[str], None],
        origin: Origin = Origin.LOCAL,
        notes: Memory | None = None,
    ) -> None:
        """`notes` remembers elsewhere which of its wheels were hashed, where they are copies."""
        super().__init__(layout, warn=warn, origin=origin)
        self._notes = notes
        self._damaged: dict[str, dict[str, Any]] = {}

    def find(self, place: Place) -> Entry | None:
        """Return the entry at `place`, unless its wheel was read, and found to be damaged."""
        entry = super().find(place)
        return None if entry is None or self._is_damaged(entry.path) else entry

    def set_aside(self, wheel: str) -> None:
        """Remember elsewhere that a wheel is damaged: it stays where it is."""
        with contextlib.suppress(OSError):
            note = {"sha256": "", **asdict(stamp_of(wheel))}
            self._damaged[wheel] = note
            if self._notes is not None:
                self._notes.remember(COPIES, sha256_text(wheel), note)

    def _is_damaged(self, wheel: str) -> bool:
        note = self._damaged.get(wheel)
        if note is None and self._notes is not None:
            note = self._notes.recall(COPIES, sha256_text(wheel))
        if not isinstance(note, dict) or note.get("sha256") != "":
            return False
        return note == {"sha256": "", **asdict(stamp_of(wheel))}

    def publish(self, place: Place, record: Record, *, wheel: str, log: str) -> Entry:  # noqa: ARG002
        _refuse(self.layout)

    def lease_named(
        self,
        name: str,  # noqa: ARG002
        *,
        waiting: Callable[[str], None],  # noqa: ARG002
        is_cancelled: Callable[[], bool],  # noqa: ARG002
    ) -> Lease:
        _refuse(self.layout)

    def use(self, entry: Entry) -> bool:  # noqa: ARG002
        """Leave no mark."""
        return True

    def recover(self, place: Place) -> None:
        """Leave what is damaged where it is."""

    def keep_log(self, log: str, name: str) -> str:  # noqa: ARG002
        return ""

    def _reexamine(self, directory: str, entry: Entry, stamp: Stamp) -> Entry:
        """Hash a copied wheel once, and remember elsewhere that it is as it should be."""
        name, note = sha256_text(entry.path), {"sha256": entry.record.sha256, **asdict(stamp)}
        if self._notes is not None and self._notes.recall(COPIES, name) == note:
            record = replace(entry.record, stamp=stamp)
            self._restamp(directory, entry.record, record)
            return replace(entry, record=record)
        found = super()._reexamine(directory, entry, stamp)
        if self._notes is not None:
            self._notes.remember(COPIES, name, note)
        return found

    def _restamp(self, directory: str, old: Record, new: Record) -> None:  # noqa: ARG002
        """Remember for this process, at least, that a copied wheel is as it should be."""
        path = f"{directory}/{RECORD}"
        status = os.stat(path)
        self._read[path] = ((status.st_mtime_ns, status.st_ino), new)


class OverlayStore(Store):
    """A store through which others are read: what is written, the upper one writes."""

    def __init__(
        self, upper: Store, lower: Sequence[Store], *, warn: Callable[[str], None]
    ) -> None:
        super().__init__(upper.layout, warn=warn, origin=upper.origin)
        self._upper = upper
        self._all = (upper, *lower)
        self.is_written = upper.is_written

    def find(self, place: Place) -> Entry | None:
        """Return the entry of the first store that has it, the upper one first."""
        return next(filter(None, (store.find(place) for store in self._all)), None)

    def others(self, place: Place) -> Iterator[Entry]:
        """Yield those of all stores, the upper one's first."""
        for store in self._all:
            yield from store.others(place)

    def records(self, project: str, source: Source | None = None) -> Iterator[Record]:
        """Yield those of all stores, the upper one's first."""
        for store in self._all:
            yield from store.records(project, source)

    def use(self, entry: Entry) -> bool:
        """Mark an entry of the upper store as used; the others are not written."""
        is_upper = entry.path.startswith(f"{self._upper.layout.root}/")
        return not is_upper or self._upper.use(entry)

    def set_aside(self, wheel: str) -> None:
        """Let the store that a wheel is in set it aside."""
        for store in self._all:
            if wheel.startswith(f"{store.layout.root}/"):
                store.set_aside(wheel)

    def recover(self, place: Place) -> None:
        self._upper.recover(place)

    def publish(self, place: Place, record: Record, *, wheel: str, log: str) -> Entry:
        return self._upper.publish(place, record, wheel=wheel, log=log)

    def lease_named(
        self, name: str, *, waiting: Callable[[str], None], is_cancelled: Callable[[], bool]
    ) -> Lease:
        return self._upper.lease_named(name, waiting=waiting, is_cancelled=is_cancelled)

    def keep_log(self, log: str, name: str) -> str:
        return self._upper.keep_log(log, name)


class OverlayMemory:
    """Remembers in the upper memory, and recalls from the lower too."""

    def __init__(self, upper: Memory | None, *lower: Memory) -> None:
        self._upper = upper
        self._all = lower if upper is None else (upper, *lower)

    def recall(self, bucket: str, name: str) -> Any:
        for memory in self._all:
            if (value := memory.recall(bucket, name)) is not None:
                return value
        return None

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        if self._upper is not None:
            self._upper.remember(bucket, name, value)


class OverlayShelf:
    """Keeps archives on the upper shelf, and finds those of the lower too."""

    def __init__(self, upper: Shelf, *lower: Shelf) -> None:
        self._upper = upper
        self._all = (upper, *lower)

    def find(self, sha256: Sha256) -> Path | None:
        return next(filter(None, (shelf.find(sha256) for shelf in self._all)), None)

    def reserve(self) -> Path:
        return self._upper.reserve()

    def put(self, staged: Path, sha256: Sha256) -> Path:
        return self._upper.put(staged, sha256)

    def discard(self, reserved: Path) -> None:
        self._upper.discard(reserved)


class ReadOnlyShelf:
    """A shelf from which archives are only taken."""

    def __init__(self, shelf: DiskShelf, layout: Layout) -> None:
        self._shelf = shelf
        self._layout = layout

    def find(self, sha256: Sha256) -> Path | None:
        return self._shelf.locate(sha256)

    def reserve(self) -> Path:
        _refuse(self._layout)

    def put(self, staged: Path, sha256: Sha256) -> Path:  # noqa: ARG002
        _refuse(self._layout)

    def discard(self, reserved: Path) -> None:
        """Leave it: there can be none."""


def _refuse(layout: Layout) -> NoReturn:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), layout.root)
