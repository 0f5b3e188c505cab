"""Wholeness: what must be true of a store after anything whatever happened to its users."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from support.stored import place_of, publish
from support.upkeep import DAY, keeper, tree
from wheelwell.limits import Limits
from wheelwell.store import inventory
from wheelwell.store.disk import hash_file, open_store
from wheelwell.store.layout import LOG, RECORD, Layout


def assert_whole(root: str, *, about: str, is_damage_allowed: bool = False) -> None:
    """Check that what is found is whole, that a build can be stored, and that all can be tidied.

    With `is_damage_allowed` an entry may be damaged, if that is noticed.
    """
    told: list[str] = []
    store = open_store(root, warn=told.append)
    layout = store.layout
    if not is_damage_allowed:
        faults = [seen for seen in keeper(layout).verify() if seen.fault]
        assert not faults, (about, faults)
    elif found := store.find(place_of()):
        assert hash_file(found.path) == found.record.sha256, about
    with store.lease(place_of(), waiting=pytest.fail, is_cancelled=lambda: False):
        store.recover(place_of())
        entry = publish(store, b"the next")
    assert store.find(place_of()) == entry, about
    let_age(layout)
    keeper(layout).collect(Limits())
    left = leftovers(layout)
    assert not left, (about, left)
    assert store.find(place_of()) is not None, about
    assert is_damage_allowed or not told, (about, told)


def let_age(layout: Layout) -> None:
    """Let everything be of yesterday but the last month's quarantine."""
    at = time.time() - DAY
    for path in Path(layout.wheels).glob("*/*/*/*/"):
        if path.stat().st_mtime > 0:
            os.utime(path, (at, at))


def leftovers(layout: Layout) -> set[str]:
    """Return what is there and belongs to nothing."""
    found = {
        f"{name}/{path}"
        for name in ("staging", "leases", "holds", "slots")
        for path in tree(f"{layout.root}/{name}")
    }
    for directory in inventory.keys(layout):
        stored = inventory.look(directory)
        assert stored is not None, directory
        build = stored.record.build
        wanted = {RECORD, build, f"{build}/{stored.record.filename}", f"{build}/{LOG}"}
        found |= {f"{directory}/{path}" for path in tree(directory) - wanted}
    return found
