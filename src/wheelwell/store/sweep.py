"""Sweeping: removing what nobody will ever use, which needs no plan and no limit.

Leftovers of dead writers, builders, removers and holders; builds that no record names; what was
set aside long ago; buckets of older layouts; facts that nobody found out anew for more than a year.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell import buckets
from wheelwell.store import holds, inventory, lease, removal, slots, staging, survey
from wheelwell.store.disk import Damaged
from wheelwell.store.inventory import Build
from wheelwell.store.layout import Layout

KEPT = 30 * 86400.0
"""How long, in seconds, what was set aside is kept: damaged entries, logs of failed builds."""

SUPERSEDED = 30 * 86400.0
"""How long nobody must have written into a bucket of an older layout before it goes."""

FORGOTTEN = 400 * 86400.0
"""How long a fact is kept that nobody found out anew."""

_BUCKET = re.compile(r"([a-z]+)-v([0-9]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """Something that was swept, or would be."""

    kind: str
    """What it was: `staging`, `slots`, `builds`, `quarantine`, …"""

    path: str
    size: int
    """In bytes."""


def sweep(
    layout: Layout, *, now: float, since: float, clear: Callable[[Path], None]
) -> Iterator[Swept]:
    """Sweep all that may be swept, yielding each thing once it is gone.

    `since` is when the oldest running build began, or what was used later must stay for another
    reason. `clear` ends the processes that a dead builder left in a slot.
    """
    for path in staging.leftovers(layout):
        yield from _removed("staging", path)
    for path in slots.sweep(layout, clear=clear):
        yield Swept(kind="slots", path=path, size=0)
    for path in holds.sweep(layout):
        yield Swept(kind="holds", path=path, size=0)
    yield from _builds(layout, since)
    yield from _environments(layout)
    for kind, directory in (("quarantine", layout.quarantine), ("failures", layout.failures)):
        for path in _older(directory, now - KEPT):
            yield from _removed(kind, path)
    yield from _buckets(layout, now)
    for bucket in buckets.FACTS:
        for path in _older(f"{layout.root}/{bucket}", now - FORGOTTEN):
            yield from _removed("facts", path)
    _retire(layout)


def _builds(layout: Layout, since: float) -> Iterator[Swept]:
    """Finish removals, and remove builds that no record names and nobody used since."""

    def keep(build: Build) -> str:
        return removal.USED if build.used >= since else ""

    for directory in inventory.keys(layout):
        freed = removal.finish(layout, directory, keep=keep)
        try:
            stored = inventory.look(directory)
        except Damaged:
            continue
        named = stored.record.build if stored else ""
        for build in inventory.builds(directory):
            if os.path.basename(build.path) != named and build.used < since:
                freed += removal.remove(layout, build.path, keep=keep).size
        if freed:
            yield Swept(kind="builds", path=directory, size=freed)
        removal.prune(directory, below=layout.wheels)


def _environments(layout: Layout) -> Iterator[Swept]:
    """Remove environments that were never finished, by makers that died."""
    for name in _names(layout.environments):
        home = f"{layout.environments}/{name}"
        held = lease.try_acquire(layout.lease(f"environment-{name}"))
        if held is None:
            continue
        with held:
            for token in _names(home):
                path = f"{home}/{token}"
                if not any(map(os.path.lexists, survey.marks(path))):
                    yield from _removed("environments", path)
            removal.prune(home, below=layout.environments)


def _buckets(layout: Layout, now: float) -> Iterator[Swept]:
    """Remove buckets of older layouts that nobody uses any longer."""
    ours = {m[1]: int(m[2]) for m in map(_BUCKET.fullmatch, buckets.ALL) if m}
    for name in _names(layout.root):
        found = _BUCKET.fullmatch(name)
        if found and int(found[2]) < ours.get(found[1], 0):
            path = f"{layout.root}/{name}"
            if _newest(path) < now - SUPERSEDED:
                yield from _removed("superseded", path)


def _retire(layout: Layout) -> None:
    """Remove the lock files that nobody holds."""
    for name in _names(layout.leases):
        path = f"{layout.leases}/{name}"
        if (held := lease.try_acquire(path)) is not None:
            with held:
                lease.retire(path)


def _removed(kind: str, path: str) -> Iterator[Swept]:
    size = survey.size_of(path)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
    if not os.path.lexists(path):
        yield Swept(kind=kind, path=path, size=size)


def _older(directory: str, than: float) -> Iterator[str]:
    for name in _names(directory):
        path = f"{directory}/{name}"
        with contextlib.suppress(OSError):
            if os.lstat(path).st_mtime < than:
                yield path


def _newest(path: str) -> float:
    """Return when something in a directory, or in those right below it, was last written."""
    times = [0.0]
    for place in [path, *(f"{path}/{name}" for name in _names(path))]:
        with contextlib.suppress(OSError):
            times.append(os.lstat(place).st_mtime)
    return max(times)


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
