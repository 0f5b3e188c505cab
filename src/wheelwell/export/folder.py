"""A flat directory of wheels, as `pip install --find-links` takes it."""

from __future__ import annotations

import os

from wheelwell.export.copying import copy
from wheelwell.export.item import Exported, Item, exported
from wheelwell.export.taken import Taken


class Folder:
    """Wheels side by side in one directory, made where it is not there."""

    def __init__(self, directory: str, *, is_forced: bool = False) -> None:
        self._directory = os.path.abspath(directory)
        self._is_forced = is_forced
        self._taken = Taken()

    def put(self, item: Item) -> Exported:
        """Copy a wheel there."""
        path = f"{self._directory}/{item.record.filename}"
        self._taken.take(path, item)
        os.makedirs(self._directory, exist_ok=True)
        try:
            sha256 = item.record.sha256
            is_new = copy(item.wheel, path, sha256=sha256, is_forced=self._is_forced)
        except BaseException:
            self._taken.give_back(path, item)
            raise
        return exported(item, path, is_new=is_new)

    def finish(self) -> None:
        """Do nothing: every wheel is complete in itself."""

    def abandon(self) -> None:
        """Do nothing: what is there is whole."""
