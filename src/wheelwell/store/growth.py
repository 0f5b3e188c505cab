"""Growth: how large a cache is, without measuring it after every build; and what follows of it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelwell.limits import Limits
from wheelwell.quantities import as_size
from wheelwell.store import atomic, inside, lease, modes, survey
from wheelwell.store.entry import Entry
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once, to_append

if TYPE_CHECKING:
    from wheelwell.store.upkeep import Upkeep

LARGE = 20 * 10**9
"""From how many bytes on a cache without a limit is told of."""

_MEASURED_FOR = 86400.0
"""How long, in seconds, a measurement is good: not all that grows is counted."""

_ROOM = 0.9
"""To what part of its limit a cache is collected, so that not every build has to collect."""


def grow(
    layout: Layout,
    entry: Entry,
    *,
    upkeep: Upkeep,
    limits: Limits,
    warn: Callable[[str], None],
) -> None:
    """Count a new entry; collect where the cache has passed its limit, or warn where it has none.

    What goes wrong here is told as a warning: a build does not fail of it.
    """
    try:
        measured, is_new = _measured(layout)
        size = measured if is_new else measured + _add(layout, entry)
        if is_new:
            DiskJournal(layout).roll_up(now=time.time())
        is_too_large = limits.size is not None and size > limits.size
        if is_too_large or (is_new and limits.age is not None):
            _collect(layout, upkeep, limits, warn, is_too_large=is_too_large)
        elif limits.size is None and size > LARGE and is_new:
            warn(
                f"the cache in {layout.root} holds {as_size(size)} and has no limit: "
                "`wheelwell gc --limit 20GB` shrinks it, and `limit` in wheelwell.toml keeps it so"
            )
    except OSError as error:
        warn(f"the cache in {layout.root} could not be measured and shrunk: {error.strerror}")


def _collect(
    layout: Layout,
    upkeep: Upkeep,
    limits: Limits,
    warn: Callable[[str], None],
    *,
    is_too_large: bool,
) -> None:
    held = lease.try_acquire(layout.lease("collect"))
    if held is None:
        return  # another process does it
    with held:
        room = int(limits.size * _ROOM) if is_too_large and limits.size is not None else limits.size
        done = upkeep.collect(replace(limits, size=room))
        _measure(layout)
    if done.freed and limits.size is not None and is_too_large:
        freed, limit = as_size(done.freed), as_size(limits.size)
        warn(f"the cache had passed its limit of {limit}: {freed} of it were removed")
    if limits.size is not None and done.size > limits.size:
        warn(
            f"the cache holds {as_size(done.size)}, and its limit is {as_size(limits.size)}: "
            "what is left was used within the hour or is pinned"
        )


def _measured(layout: Layout) -> tuple[int, bool]:
    """Return how large the cache is, or was not long ago, and whether that was measured now."""
    try:
        with open(_path(layout, "measured.json"), encoding="utf-8", opener=at_once) as file:
            told = json.load(file)
        size, at = int(told["bytes"]), float(told["at"])
        if 0 <= time.time() - at < _MEASURED_FOR:
            return size, False
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        pass  # it is measured now
    return _measure(layout), True


def _measure(layout: Layout) -> int:
    size = survey.size_of_cache(layout)
    inside.make_directories(layout.size, below=layout.root)
    for name in ("added", "measured.json"):
        inside.erase(_path(layout, name))
    data = json.dumps({"bytes": size, "at": time.time()}).encode()
    atomic.write(_path(layout, "measured.json"), data, layout=layout, durable=False)
    return size


def _add(layout: Layout, entry: Entry) -> int:
    """Note the size of an entry; return what was added since the measurement, with it."""
    size = survey.size_of(os.path.dirname(entry.path))
    inside.make_directories(layout.size, below=layout.root)
    descriptor = to_append(_path(layout, "added"))
    with open(descriptor, "r+b", buffering=0) as file:
        with contextlib.suppress(OSError):  # another user's, who has done it
            modes.share(_path(layout, "added"))
        file.write(b"%d\n" % size)
        file.seek(0)
        return sum(int(line) for line in file.read().split() if line.isdigit())


def _path(layout: Layout, name: str = "") -> str:
    return f"{layout.size}/{name}"
