"""Overlays: a store, a memory and a shelf that are written, over others that are only read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from wheelwell.digest import Sha256
from wheelwell.protocols import Memory, Shelf
from wheelwell.record import Record
from wheelwell.source import Source
from wheelwell.store.disk import Place, Store
from wheelwell.store.entry import Entry
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.shelf import DiskShelf

if TYPE_CHECKING:
    from wheelwell.store.lease import Lease


class ReadOnlyStore(Store):
    """A store that is only read: nothing is written there, not even a lock."""

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

    def _restamp(self, directory: str, old: Record, new: Record) -> None:  # noqa: ARG002
        """Remember for this process, at least, that a copied wheel is as it should be."""
        path = f"{directory}/{RECORD}"
        status = os.stat(path)
        self._read[path] = ((status.st_mtime_ns, status.st_ino), new)


class OverlayStore(Store):
    """A store that is written, through which others are read."""

    def __init__(
        self, upper: Store, lower: Sequence[Store], *, warn: Callable[[str], None]
    ) -> None:
        super().__init__(upper.layout, warn=warn, origin=upper.origin)
        self._lower = tuple(lower)

    def find(self, place: Place) -> Entry | None:
        """Return the entry of the first store that has it, the written one first."""
        if (entry := super().find(place)) is not None:
            return entry
        for store in self._lower:
            if (entry := store.find(place)) is not None:
                return entry
        return None

    def use(self, entry: Entry) -> bool:
        """Mark an entry of the written store as used; the others are not written."""
        return not entry.path.startswith(f"{self.layout.root}/") or super().use(entry)

    def others(self, place: Place) -> Iterator[Entry]:
        """Yield those of all stores, the written one's first."""
        yield from super().others(place)
        for store in self._lower:
            yield from store.others(place)

    def records(self, project: str, source: Source | None = None) -> Iterator[Record]:
        """Yield those of all stores, the written one's first."""
        yield from super().records(project, source)
        for store in self._lower:
            yield from store.records(project, source)


class OverlayMemory:
    """Remembers in the upper memory, and recalls from the lower too."""

    def __init__(self, upper: Memory | None, lower: Memory) -> None:
        self._upper = upper
        self._lower = lower

    def recall(self, bucket: str, name: str) -> Any:
        if self._upper is not None and (value := self._upper.recall(bucket, name)) is not None:
            return value
        return self._lower.recall(bucket, name)

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        if self._upper is not None:
            self._upper.remember(bucket, name, value)


class OverlayShelf:
    """Keeps archives on the upper shelf, and finds those of the lower too."""

    def __init__(self, upper: Shelf, lower: Shelf) -> None:
        self._upper = upper
        self._lower = lower

    def find(self, sha256: Sha256) -> Path | None:
        return self._upper.find(sha256) or self._lower.find(sha256)

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
