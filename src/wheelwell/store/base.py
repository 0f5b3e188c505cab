"""Bases: what one cache rests on, its store with its memory and its shelf of archives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wheelwell.protocols import Journal, Memory, Plans, Shelf
from wheelwell.store.disk import Store
from wheelwell.store.journal import DiskJournal, NoJournal
from wheelwell.store.layout import Layout
from wheelwell.store.memory import DiskMemory
from wheelwell.store.overlay import (
    OverlayMemory,
    OverlayShelf,
    OverlayStore,
    ReadOnlyShelf,
    ReadOnlyStore,
)
from wheelwell.store.plans import DiskPlans, NoPlans
from wheelwell.store.shelf import DiskShelf
from wheelwell.wheel import Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """What one cache rests on."""

    store: Store
    memory: Memory
    shelf: Shelf
    journal: Journal
    plans: Plans

    @property
    def root(self) -> str:
        """The directory that is written, where one is."""
        return self.store.layout.root


def written(store: Store) -> Base:
    """Return a store's base, all of it written."""
    return Base(
        store=store,
        memory=DiskMemory(store.layout),
        shelf=DiskShelf(store.layout),
        journal=DiskJournal(store.layout),
        plans=DiskPlans(store.layout),
    )


def only_read(
    root: str,
    *,
    warn: Callable[[str], None],
    origin: Origin = Origin.LOCAL,
    notes: Memory | None = None,
) -> Base:
    """Return the base in the directory `root`, none of it written.

    `notes` remembers elsewhere which of its wheels were hashed, where they are copies.
    """
    layout = Layout(root)
    return Base(
        store=ReadOnlyStore(layout, warn=warn, origin=origin, notes=notes),
        memory=OverlayMemory(None, DiskMemory(layout)),
        shelf=ReadOnlyShelf(DiskShelf(layout), layout),
        journal=NoJournal(),
        plans=NoPlans(),
    )


def overlaid(upper: Base, *lower: Base, warn: Callable[[str], None]) -> Base:
    """Return a base that is written as `upper` is, and through which the others are read."""
    return Base(
        store=OverlayStore(upper.store, [each.store for each in lower], warn=warn),
        memory=OverlayMemory(upper.memory, *(each.memory for each in lower)),
        shelf=OverlayShelf(upper.shelf, *(each.shelf for each in lower)),
        journal=upper.journal,
        plans=upper.plans,
    )
