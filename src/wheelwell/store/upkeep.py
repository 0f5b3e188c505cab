"""Upkeep: what a cache's keeper does with it: see, pin, shrink, check and empty it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wheelwell.pattern import Pattern
from wheelwell.store import inventory
from wheelwell.store.inventory import Stored
from wheelwell.store.layout import Layout


class Upkeep:
    """Looks after the store in one cache directory. Processes share it with those that build."""

    def __init__(self, layout: Layout, *, warn: Callable[[str], None]) -> None:
        self.layout = layout
        self._warn = warn

    def entries(self, *patterns: Pattern) -> Iterator[Stored]:
        """Yield the entries that one of the patterns means; without patterns, all."""
        projects = {pattern.project for pattern in patterns} or {""}
        for project in [""] if "" in projects else sorted(projects):
            for stored in inventory.entries(self.layout, project=project, damaged=self._damaged):
                if not patterns or any(pattern.matches(stored.record) for pattern in patterns):
                    yield stored

    def _damaged(self, directory: str, why: str) -> None:
        self._warn(f"the entry {directory} is damaged ({why}); `wheelwell verify` sets it aside")
