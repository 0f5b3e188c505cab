"""Holds: what somebody uses, and no collector takes away meanwhile.

A hold is a locked file `holds/<build>/<token>`. Its holder locks it first and then looks whether
the build is still to stay; a remover says first that it is not, and then looks for holds. So at
least one of them sees the other, and no lock is taken by the many who hold nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from wheelwell.store import inside, lease
from wheelwell.store.layout import Layout


@contextlib.contextmanager
def held(layout: Layout, build: str) -> Iterator[bool]:
    """Hold a build, by its path, for the block; say whether it is there to be held.

    Raises `OSError` where it cannot be locked.
    """
    directory = _holds(layout, build)
    path = f"{directory}/{os.urandom(8).hex()}"
    inside.make_directories(directory, below=layout.root)
    own = lease.acquire(path)
    with own:
        try:
            yield os.path.isdir(build) and not os.path.lexists(going(build))
        finally:
            _forget(path)


def is_held(layout: Layout, build: str) -> bool:
    """Say whether somebody holds a build; what dead holders left is removed."""
    directory = _holds(layout, build)
    inside.make_directories(layout.holds, below=layout.root)
    names = inside.names(directory)
    dead = [_is_dead(f"{directory}/{name}") for name in names]  # all of them: each is swept
    return not all(dead)


def leftovers(layout: Layout) -> Iterator[str]:
    """Yield the directories of what nobody holds any longer."""
    for name in inside.names(layout.holds):
        if not is_held(layout, name):
            yield f"{layout.holds}/{name}"


def going(build: str) -> str:
    """Return the path of the file that says that a build is about to be removed."""
    return f"{build}.going"


def _holds(layout: Layout, build: str) -> str:
    return f"{layout.holds}/{os.path.basename(build)}"


def _is_dead(path: str) -> bool:
    held = lease.try_acquire(path)
    if held is None:
        return False
    with held:
        _forget(path)
    return True


def _forget(path: str) -> None:
    with contextlib.suppress(OSError):  # one that stays is found to be a dead holder's
        os.unlink(path)
        os.rmdir(os.path.dirname(path))
