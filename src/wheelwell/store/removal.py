"""Removal: the one way in which an entry goes away, so that nobody is handed what is going.

    <build>.going     made: from now on nobody begins to hold the build
    record.json       unlinked, where it names the build: nobody finds it any longer
    used? held?       looked at only now; if so, all is as it was before
    (synced)          for what is moved first must not be what a disk remembers first
    <build>/          moved to the staging area, and removed there
    <build>.going     removed, with directories that are empty

A reader that finds an entry marks it as used, and looks again whether its record is still there:
either it sees that the record is gone, or the remover sees that it was used. What a killed remover
left is finished by the next (`finish`). All of it is done under the lease of the key.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wheelwell.digest import is_sha256
from wheelwell.store import holds, inside, inventory, lease
from wheelwell.store.inventory import Build
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.lease import Lease
from wheelwell.store.opening import at_once
from wheelwell.store.staging import staged

BUSY = "it is being built"
HELD = "somebody holds it"
USED = "it was used just now"
GONE = "it is gone already"

Keep = Callable[[Build], str]
"""Says why a build must stay, in a clause; empty where it may go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """How a removal went."""

    size: int = 0
    """The bytes that were freed."""

    why_not: str = ""
    """Why the build is still there, as a clause; empty where it is gone."""


def remove(layout: Layout, build: str, *, keep: Keep = lambda _build: "") -> Removed:
    """Remove a build by its directory, with the record that names it.

    It stays where its key is being built, where it is held, and where `keep` says so. Raises
    `OSError`, and what is left is no entry then.
    """
    directory = os.path.dirname(build)
    with _leased(layout, directory) as held:
        if held is None:
            return Removed(why_not=BUSY)
        return _remove(layout, build, keep)


def clear(layout: Layout, directory: str) -> Removed:
    """Remove all that is in the directory of a key, whether it is an entry or damaged.

    It stays where the key is being built, or somebody holds a build. Raises `OSError`.
    """
    with _leased(layout, directory) as held:
        if held is None:
            return Removed(why_not=BUSY)
        done = [_remove(layout, each.path, lambda _: "") for each in inventory.builds(directory)]
        size = sum(each.size for each in done)
        if any(each.why_not == HELD for each in done):
            return Removed(size=size, why_not=HELD)
        with staged(layout) as trash, contextlib.suppress(FileNotFoundError):
            os.rename(directory, f"{trash}/key")
        prune(os.path.dirname(directory), below=layout.wheels)
        return Removed(size=size)


def finish(layout: Layout, directory: str, *, keep: Keep = lambda _build: "") -> int:
    """Finish the removals in the directory of a key whose removers died; return the bytes freed."""
    freed = 0
    for name in inside.names(directory):
        if name.endswith(".going"):
            build = f"{directory}/{name.removesuffix('.going')}"
            freed += remove(layout, build, keep=keep).size
    return freed


def prune(directory: str, *, below: str) -> None:
    """Remove a directory and those above it, as far as `below`, while they are empty."""
    with contextlib.suppress(OSError):
        while directory.startswith(f"{below}/"):
            os.rmdir(directory)
            directory = os.path.dirname(directory)


def _remove(layout: Layout, build: str, keep: Keep) -> Removed:
    going = holds.going(build)
    found = inventory.build_of(build)
    if found is None:
        return _tidy(layout, build, GONE)
    hidden = _hide(build, going)
    why = keep(inventory.build_of(build) or found)
    why = why or (HELD if holds.is_held(layout, build) else "")
    if why:
        _show(build, going)
        return Removed(why_not=why)
    inside.sync(os.path.dirname(build))
    with staged(layout) as trash:  # whoever is killed here leaves no half of it in its place
        os.rename(build, f"{trash}/build")
        _tidy(layout, build, "")
    return Removed(size=found.size + hidden)


def _hide(build: str, going: str) -> int:
    """Let nobody find or begin to hold a build; return the size of the record that named it."""
    record = f"{os.path.dirname(build)}/{RECORD}"
    if _names(record, build):
        size = os.lstat(record).st_size
        os.rename(record, going)  # one step: there is no moment at which neither is there
        return size
    if not os.path.lexists(going):
        os.close(os.open(going, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return 0


def _show(build: str, going: str) -> None:
    """Take back what `_hide` did."""
    record = f"{os.path.dirname(build)}/{RECORD}"
    if _names(going, build) and not os.path.lexists(record):
        os.rename(going, record)
    else:
        os.unlink(going)


def _tidy(layout: Layout, build: str, why_not: str) -> Removed:
    """Remove what told of a build that is gone."""
    directory = os.path.dirname(build)
    record = f"{directory}/{RECORD}"
    for path in [holds.going(build), *([record] if _names(record, build) else [])]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    prune(directory, below=layout.wheels)
    return Removed(why_not=why_not)


def _names(record: str, build: str) -> bool:
    """Say whether a record names a build; a file that is no record names none."""
    try:
        with open(record, encoding="utf-8", opener=at_once) as file:
            return f'"build": "{os.path.basename(build)}"' in file.read()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _leased(layout: Layout, directory: str) -> Iterator[Lease | None]:
    """Hold the lease of the key of a directory for the block, if nobody has it."""
    key = os.path.basename(directory)
    assert is_sha256(key), directory
    path = layout.lease(key)
    held = lease.try_acquire(path)
    if held is None:
        yield None
        return
    with held:
        yield held
        if not os.path.lexists(directory):
            lease.retire(path)
