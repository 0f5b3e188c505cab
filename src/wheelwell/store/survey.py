"""The survey: everything in a cache that a collector may weigh, and what it must leave."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from wheelwell.buckets import (
    ENVIRONMENTS,
    KINDS,
    REPOSITORIES,
    RESPONSES,
    SOURCES,
    WHEELS,
)
from wheelwell.collection import Candidate
from wheelwell.pattern import Pattern
from wheelwell.store import inside, inventory, lease
from wheelwell.store.inventory import Stored
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once

READY = "environment.json"
"""What makes a directory below `environments-v1` an environment, which is used by its time."""

SPOILED = f"{READY}.spoiled"
"""What it is called once a build has written into the environment."""

_BYTES_A_SECOND = 2e6
"""How fast things are taken to come from an index."""

_SECONDS_A_BUILD = 3.0
"""What a build takes beside its hooks: its source and its environment."""


WEIGHED = frozenset({WHEELS, SOURCES, REPOSITORIES, RESPONSES, ENVIRONMENTS})
"""The buckets whose things are looked at, and go, one by one: something may be in use."""


def busy_since(layout: Layout, *, now: float) -> float:
    """Return when the oldest build that still runs began; `now` where none does."""
    since = now
    for project in inside.names(layout.slots):
        for number in inside.names(f"{layout.slots}/{project}"):
            # One with nothing in it is not even looked at: a build may want it just now.
            if inside.names(f"{layout.slots}/{project}/{number}"):
                since = min(since, _since(layout.lease(f"slot-{project}-{number}"), now))
    return since


def wheels(
    layout: Layout, pinned: Iterable[Pattern], *, damaged: Callable[[str, str], None]
) -> Iterator[Candidate]:
    """Yield the entries. One that is held or being built is known only when it is removed."""
    pins = tuple(pinned)
    for stored in inventory.entries(layout, damaged=damaged):
        pin = next((pin for pin in pins if pin.matches(stored.record)), None)
        yield candidate_of(stored, kept=f"it is pinned ({pin.text})" if pin else "")


def candidate_of(stored: Stored, *, kept: str = "") -> Candidate:
    """Return an entry as a collector weighs it."""
    record = stored.record
    return Candidate(
        kind="wheels",
        name=record.filename,
        path=f"{stored.directory}/{record.build}",
        size=stored.size,
        used=stored.used,
        seconds=_SECONDS_A_BUILD + max(record.observed.seconds, 0.0),
        kept=kept,
    )


def rest(layout: Layout, *, since: float) -> Iterator[Candidate]:
    """Yield all but the entries. What was used since then, a build that runs may still use."""
    for each in itertools.chain(_sources(layout), _environments(layout), _shared(layout)):
        is_used = each.used >= since
        yield replace(each, kept="a build that runs may use it") if is_used else each


def kinds_of(layout: Layout, kinds: Collection[str]) -> Iterator[Candidate]:
    """Yield what there is of some kinds but wheels: one by one, or else by buckets."""
    yield from (each for each in rest(layout, since=math.inf) if each.kind in kinds)
    for kind in kinds:
        for bucket in KINDS[kind]:
            if bucket not in WEIGHED:
                path = f"{layout.root}/{bucket}"
                yield from _candidate(kind, bucket, path, mark=path)


def _sources(layout: Layout) -> Iterator[Candidate]:
    for name in inside.names(layout.sources):
        directory = f"{layout.sources}/{name}"
        archive = min(inside.names(directory), default="")
        mark = f"{directory}/{archive}" if archive else directory
        yield from _candidate("sources", archive or name, directory, mark=mark)


def _environments(layout: Layout) -> Iterator[Candidate]:
    """Yield the build environments that were finished."""
    for name in inside.names(layout.environments):
        for token in inside.names(f"{layout.environments}/{name}"):
            path = f"{layout.environments}/{name}/{token}"
            for mark in filter(os.path.lexists, marks(path)):
                shown, lease = f"{name[:12]}/{token}", f"environment-{name}"
                yield from _candidate("environments", shown, path, mark=mark, lease=lease)


def _shared(layout: Layout) -> Iterator[Candidate]:
    """Yield the Git repositories, and what servers answered."""
    for name in inside.names(layout.repositories):
        path = f"{layout.repositories}/{name}"
        yield from _candidate("sources", f"git {name[:16]}", path, mark=path, lease=f"git-{name}")
    for name in inside.names(layout.responses):
        path = f"{layout.responses}/{name}"
        yield from _candidate("http", name[:16], path, mark=path)


def size_of(path: str) -> int:
    """Return the bytes of a file, or of all files below a directory; links are not followed."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode):
            return status.st_size
    except OSError:
        return 0
    size, above = 0, [path]
    while above:
        with contextlib.suppress(OSError), os.scandir(above.pop()) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    above.append(each.path)
                else:
                    size += each.stat(follow_symlinks=False).st_size
    return size


def size_of_cache(layout: Layout) -> int:
    """Return the bytes of a cache, but for what running processes work on."""
    working = {os.path.basename(layout.slots), os.path.basename(layout.staging)}
    names = inside.names(f"{layout.root}/.")
    return sum(size_of(f"{layout.root}/{name}") for name in names if name not in working)


def marks(environment: str) -> tuple[str, str]:
    """Return the files of which a finished environment has one: its time is when it was used."""
    return f"{environment}/{READY}", f"{environment}/{SPOILED}"


def _candidate(
    kind: str, name: str, path: str, *, mark: str, lease: str = ""
) -> Iterator[Candidate]:
    try:
        used = os.lstat(mark).st_mtime
    except OSError:
        return  # it is gone
    size = size_of(path)
    yield Candidate(
        kind=kind,
        name=name,
        path=path,
        size=size,
        used=used,
        seconds=0.0 if mark.endswith(SPOILED) else 1.0 + size / _BYTES_A_SECOND,
        mark=mark,
        lease=lease,
    )


def _since(path: str, now: float) -> float:
    """Return since when a lease is held; `now` where nobody holds it."""
    try:
        held = lease.try_acquire(path)
    except OSError:
        return _began(path)  # who may not lock cannot tell
    if held is None:
        return _began(path)
    with held:
        return now


def _began(path: str) -> float:
    """Return when the holder of a lease took it, as it wrote down; else that its file is of."""
    try:
        with open(path, encoding="utf-8", opener=at_once) as file:
            return float(json.load(file)["since"]) - 1.0  # it is rounded
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
