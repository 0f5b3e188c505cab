"""A tar of whole entries, for another cache to import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from wheelwell.bundled import Packed
from wheelwell.errors import DamagedWheel, ExportConflict
from wheelwell.export.copying import hash_file, replacing
from wheelwell.export.item import Exported, Item, exported

if TYPE_CHECKING:
    from wheelwell.export.means import Means


class Tar:
    """One tar, in a file or on a stream. It is written in the end, sorted: all at once."""

    def __init__(self, target: str | BinaryIO, means: Means, *, is_forced: bool = False) -> None:
        self._target = target
        self._means = means
        self._is_forced = is_forced
        self._items: dict[str, tuple[Item, Mapping[str, Any]]] = {}

    def put(self, item: Item) -> Exported:
        """Look whether an entry is whole; what a hit of it needs is looked up now."""
        if (found := hash_file(item.wheel)) != item.record.sha256:
            raise DamagedWheel(item.wheel, expected=item.record.sha256, found=found)
        os.stat(item.log)
        is_new = item.record.key not in self._items
        if is_new:
            facts = self._means.facts(item.record, item.request)
            self._items[item.record.key] = (item, facts)
        path = os.path.abspath(self._target) if isinstance(self._target, str) else ""
        return exported(item, path, is_new=is_new)

    def finish(self) -> None:
        """Write the tar."""
        if not isinstance(self._target, str):
            self._write(self._target)
            self._target.flush()
            return
        os.makedirs(os.path.dirname(os.path.abspath(self._target)), exist_ok=True)
        with replacing(self._target, is_wanted=self._is_wanted) as file:
            self._write(file)

    def abandon(self) -> None:
        """Do nothing: nothing was written."""

    def _write(self, stream: BinaryIO) -> None:
        self._means.pack(
            stream,
            [
                Packed(record=item.record, wheel=item.wheel, log=item.log, facts=facts)
                for item, facts in self._items.values()
            ],
        )

    def _is_wanted(self, written: str) -> bool:
        """Say whether a tar is to take its place; an equal one that is there stays."""
        assert isinstance(self._target, str)
        if self._is_forced or not os.path.lexists(self._target):
            return True
        if os.path.isfile(self._target) and hash_file(self._target) == hash_file(written):
            return False
        raise ExportConflict(
            f"{self._target} is there already, and is another file", hint="--force replaces it"
        )
