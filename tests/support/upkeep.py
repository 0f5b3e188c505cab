"""Upkeep for tests: entries made old, and a keeper that looks at no wheel's content."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from support.stored import place_of, publish
from support.values import PURE
from wheelwell.key import Keyed
from wheelwell.store.disk import Store
from wheelwell.store.entry import Entry
from wheelwell.store.inventory import Stored
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.upkeep import Upkeep

HOUR = 3600.0
DAY = 24 * HOUR


def keeper(
    layout: Layout,
    *,
    warn: Callable[[str], None] = lambda _: None,
    check: Callable[[Stored], list[str]] = lambda _: [],
) -> Upkeep:
    """Return what looks after a store whose wheels need not be real ones."""
    return Upkeep(layout, check=check, clear=lambda _: None, warn=warn)


def stored(
    store: Store, content: bytes = b"wheel", *, keyed: Keyed = PURE, age: float = 0
) -> Entry:
    """Store a wheel that was last used so many seconds ago, and return its entry as found."""
    let_age(publish(store, content, keyed=keyed), age)
    entry = store.find(place_of(keyed))
    assert entry is not None
    return entry


def let_age(entry: Entry, age: float) -> None:
    """Let an entry be one that was last used so many seconds ago."""
    at = time.time() - age
    build = os.path.dirname(entry.path)
    for path in (build, f"{os.path.dirname(build)}/{RECORD}"):
        os.utime(path, (at, at))


def tree(root: str | Path) -> set[str]:
    """Return the paths of all that is below a directory, relative to it."""
    return {str(path.relative_to(root)) for path in Path(root).rglob("*")}
