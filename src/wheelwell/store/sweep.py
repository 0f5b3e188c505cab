"""Sweeping: removing what nobody will ever use, which needs no plan and no limit.

Leftovers of dead writers, builders, removers and holders; builds that no record names; what was
set aside long ago; buckets of older layouts; facts that nobody found out anew for more than a year.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell import buckets
from wheelwell.store import holds, inside, inventory, lease, removal, slots, staging, survey
from wheelwell.store.disk import Damaged
from wheelwell.store.inventory import Build
from wheelwell.store.layout import RECORD, Layout

KEPT = 30 * 86400.0
"""How long, in seconds, what was set aside is kept: damaged entries, logs of failed builds,
plans of warm-ups."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One sweep of a cache."""

    layout: Layout
    now: float
    """In seconds since 1970."""

    since: float
    """What was used since then must stay: when the oldest running build began, or earlier."""

    clear: Callable[[Path], None]
    """Ends the processes that a dead builder left in a slot."""

    is_dry: bool = False
    """Whether nothing is removed, but only told."""

    def run(self) -> Iterator[Swept]:
        """Sweep all that may be swept, yielding each thing once it is gone."""
        layout = self.layout
        for part in (
            self._leftovers,
            self._builds,
            self._environments,
            self._set_aside,
            self._forgotten,
        ):
            try:
                yield from part()
            except OSError:
                if not self.is_dry:  # who may only read tells of what he can see
                    raise
        if not self.is_dry:
            slots.prune(layout)
            _retire(layout)

    def _leftovers(self) -> Iterator[Swept]:
        for path in staging.leftovers(self.layout):
            yield from self._removed("staging", path)
        for path in slots.leftovers(self.layout):
            yield from self._slot(path)
        for path in holds.leftovers(self.layout):
            yield from self._removed("holds", path)

    def _set_aside(self) -> Iterator[Swept]:
        layout = self.layout
        places = {
            "quarantine": layout.quarantine,
            "failures": layout.failures,
            "plans": layout.plans,
        }
        for kind, directory in places.items():
            for path in _older(directory, self.now - KEPT):
                yield from self._removed(kind, path)

    def _forgotten(self) -> Iterator[Swept]:
        for path in superseded(self.layout):
            if _newest(path) < self.now - SUPERSEDED:
                yield from self._removed("superseded", path)
        for bucket in buckets.FACTS:
            for path in _older(f"{self.layout.root}/{bucket}", self.now - FORGOTTEN):
                yield from self._removed("facts", path)

    def _slot(self, path: str) -> Iterator[Swept]:
        size = survey.size_of(path)
        if self.is_dry or slots.clear_leftover(self.layout, path, clear=self.clear):
            yield Swept(kind="slots", path=path, size=size)

    def _builds(self) -> Iterator[Swept]:
        """Finish removals, and remove builds that no record names and nobody used since."""
        for directory in inventory.keys(self.layout):
            if not self.is_dry:
                removal.finish(self.layout, directory, keep=self._keep)
            for build in _unnamed(directory):
                if self._keep(build):
                    continue
                if self.is_dry or removal.remove(self.layout, build.path, keep=self._keep).size:
                    yield Swept(kind="builds", path=build.path, size=build.size)
            if not self.is_dry:
                removal.prune(directory, below=self.layout.wheels)

    def _keep(self, build: Build) -> str:
        return removal.USED if build.used >= self.since else ""

    def _environments(self) -> Iterator[Swept]:
        """Remove environments that were never finished, by makers that died."""
        for name in inside.names(self.layout.environments):
            home = f"{self.layout.environments}/{name}"
            held = lease.try_acquire(self.layout.lease(f"environment-{name}"))
            if held is None:
                continue
            with held:
                for token in inside.names(home):
                    path = f"{home}/{token}"
                    if not any(map(os.path.lexists, survey.marks(path))):
                        yield from self._removed("environments", path)
                if not self.is_dry:
                    removal.prune(home, below=self.layout.environments)

    def _removed(self, kind: str, path: str) -> Iterator[Swept]:
        size = survey.size_of(path)
        if self.is_dry or inside.erase(path):
            yield Swept(kind=kind, path=path, size=size)


def superseded(layout: Layout) -> Iterator[str]:
    """Yield the buckets of older layouts."""
    ours = {m[1]: int(m[2]) for m in map(_BUCKET.fullmatch, buckets.ALL) if m}
    for name in inside.directories(f"{layout.root}/."):
        found = _BUCKET.fullmatch(name)
        if found and int(found[2]) < ours.get(found[1], 0):
            yield f"{layout.root}/{name}"


def _unnamed(directory: str) -> list[Build]:
    """Return the builds in the directory of a key that its record does not name.

    Where the record cannot be read, it may name any of them. A single build is taken to be the
    one that it names, unread: if it is not, the entry is damaged, and that is no leftover.
    """
    if len(inside.directories(directory)) < 2 and os.path.lexists(f"{directory}/{RECORD}"):
        return []
    try:
        stored = inventory.look(directory)
    except Damaged:
        return []
    named = stored.record.build if stored else ""
    return [each for each in inventory.builds(directory) if os.path.basename(each.path) != named]


def _retire(layout: Layout) -> None:
    """Remove the lock files that nobody holds."""
    for name in inside.names(layout.leases):
        path = f"{layout.leases}/{name}"
        if (held := lease.try_acquire(path)) is not None:
            with held:
                lease.retire(path)


def _older(directory: str, than: float) -> Iterator[str]:
    for name in inside.names(directory):
        path = f"{directory}/{name}"
        with contextlib.suppress(OSError):
            if os.lstat(path).st_mtime < than:
                yield path


def _newest(path: str) -> float:
    """Return when something in a directory, or in those right below it, was last written."""
    times = [0.0]
    for place in [path, *(f"{path}/{name}" for name in inside.names(path))]:
        with contextlib.suppress(OSError):
            times.append(os.lstat(place).st_mtime)
    return max(times)
