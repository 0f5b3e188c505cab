"""Names that are taken: no two builds of one export may have the same file name."""

from __future__ import annotations

from wheelwell.difference import differences, named
from wheelwell.errors import ExportConflict
from wheelwell.export.item import Item


class Taken:
    """Which wheel has which place in one export."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def take(self, path: str, item: Item) -> None:
        """Let a path be of an item. Raises `ExportConflict` where it is another wheel's."""
        first = self._items.setdefault(path, item)
        if first.record.sha256 == item.record.sha256:
            return
        found = differences(first.record.inputs, item.record.inputs)
        told = ", ".join(named(each.field) for each in found) or "it was built again"
        raise ExportConflict(
            f"another build of {item.record.filename} is exported already\n"
            f"  exported {first.record.key}\n  left out {item.record.key}\n"
            f"  they differ in: {told}",
            hint="no directory or index can hold both under one name: export them to two places, "
            "or into a tar",
            is_other_build=True,
        )

    def give_back(self, path: str, item: Item) -> None:
        """Let a path be free again, where the item did not get there."""
        if self._items.get(path) is item:
            del self._items[path]
