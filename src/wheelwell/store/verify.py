"""Verifying: every byte that is stored read again, and what is wrong set aside."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from wheelwell.digest import is_sha256
from wheelwell.record import Record
from wheelwell.store import inside, inventory, lease
from wheelwell.store.disk import Damaged, hash_file, quarantine
from wheelwell.store.inventory import Stored
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.removal import BUSY

_CHUNK = 1 << 20

Check = Callable[[Stored], list[str]]
"""Says what is wrong with the content of a stored wheel, whose hash is right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """One thing that was read again."""

    kind: str
    """`wheels` or `sources`."""

    name: str
    """The file name of the wheel or archive, as far as that is known."""

    path: str
    """The file that was read, or the one that is wrong."""

    size: int = 0
    """In bytes."""

    fault: str = ""
    """What is wrong, as a clause; empty where nothing is."""

    expected: str = ""
    """The SHA-256 that it should have, where it has another."""

    found: str = ""
    """The SHA-256 that it has, where it should have another."""

    moved: str = ""
    """Where what is wrong was set aside; empty where nothing is, or it could not be moved."""

    record: Record | None = None
    """Of a wheel, as far as it can be read."""


def wheels(layout: Layout, stored: Iterator[Stored], *, check: Check) -> Iterator[Verified]:
    """Read the wheels of entries, and the logs; set aside what is wrong."""
    for each in stored:
        seen = _wheel(each, check)
        yield from again(layout, each.directory, check=check) if seen.fault else [seen]


def again(layout: Layout, directory: str, *, check: Check) -> Iterator[Verified]:
    """Read an entry that seemed wrong once more, while nobody changes it; set aside what is wrong.

    It may have been built anew, or removed. What is being built is left to that.
    """
    try:
        held = lease.try_acquire(layout.lease(os.path.basename(directory)))
    except OSError as error:  # as where the cache is only read
        if (seen := _examined(directory, check)) and seen.fault:
            yield replace(seen, fault=f"{seen.fault} (it stays there: {error.strerror})")
        return
    if held is None:
        seen = _examined(directory, check)
        if seen is not None and seen.found:
            yield replace(seen, fault=f"{seen.fault} ({BUSY})")
        return
    with held:
        seen = _examined(directory, check)
        if seen is None:
            return
        yield _set_aside(layout, directory, seen) if seen.fault else seen


def _examined(directory: str, check: Check) -> Verified | None:
    try:
        stored = inventory.look(directory)
    except Damaged as damage:
        project = os.path.basename(os.path.dirname(os.path.dirname(directory)))
        path = f"{directory}/{RECORD}"
        return Verified(kind="wheels", name=project, path=path, fault=str(damage))
    return None if stored is None else _wheel(stored, check)


def sources(layout: Layout) -> Iterator[Verified]:
    """Read the source archives; remove what is wrong, which is fetched again when it is needed."""
    for sha256 in inside.names(layout.sources):
        for name in inside.names(f"{layout.sources}/{sha256}"):
            path = f"{layout.sources}/{sha256}/{name}"
            seen = _archive(path, sha256, name)
            if seen.fault:
                seen = replace(seen, moved=_move_source(layout, path))
            yield seen


def _wheel(stored: Stored, check: Check) -> Verified:
    record, path = stored.record, stored.entry.path
    seen = Verified(kind="wheels", name=record.filename, path=path, size=stored.size, record=record)
    try:
        if os.path.islink(path):
            return replace(seen, fault="it is a link")
        found = hash_file(path)
    except OSError as error:
        return replace(seen, fault=f"it cannot be read: {error.strerror}")
    if found != record.sha256:
        fault = "its content changed since it was stored"
        return replace(seen, fault=fault, expected=record.sha256, found=found)
    if problems := check(stored):
        return replace(seen, fault="; ".join(problems))
    if fault := _fault_of_log(stored.entry.log):
        return replace(seen, path=stored.entry.log, fault=fault)
    return seen


def _fault_of_log(path: str) -> str:
    try:
        with gzip.open(path) as file:
            while file.read(_CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return f"the build log cannot be read: {error}"
    return ""


def _set_aside(layout: Layout, directory: str, seen: Verified) -> Verified:
    """Move an entry to the quarantine. The caller holds the lease of its key."""
    moved = quarantine(layout, directory)
    if moved.is_gone:
        return replace(seen, moved=moved.target)
    return replace(seen, fault=f"{seen.fault} (and it could not be moved: {moved.why_not})")


def _archive(path: str, sha256: str, name: str) -> Verified:
    seen = Verified(kind="sources", name=name, path=path)
    try:
        if os.path.islink(path):
            return replace(seen, fault="it is a link")
        seen = replace(seen, size=os.lstat(path).st_size)
        found = hash_file(path)
    except OSError as error:
        return replace(seen, fault=f"it cannot be read: {error.strerror}")
    if is_sha256(sha256) and found == sha256:
        return seen
    fault = "its content changed since it was fetched"
    return replace(seen, fault=fault, expected=sha256, found=found)


def _move_source(layout: Layout, path: str) -> str:
    target = f"{layout.quarantine}/{os.path.basename(os.path.dirname(path))[:16]}-source"
    while os.path.lexists(target):
        target += "."
    try:
        inside.make_directories(layout.quarantine, below=layout.root)
        os.rename(os.path.dirname(path), target)
    except OSError:
        return ""
    return target
