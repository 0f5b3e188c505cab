"""Staging: directories in which things are written, each locked while its writer lives.

So what a dead writer left is known exactly: it is what nobody holds. The lock is a lease on a file
in the directory, which goes with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wheelwell.store import inside, modes
from wheelwell.store.layout import Layout

if TYPE_CHECKING:
    from wheelwell.store.lease import Lease

_LOCK = "lock"


@contextlib.contextmanager
def staged(layout: Layout) -> Iterator[str]:
    """Give a new directory, of which nothing is left when the block is. Raises `OSError`."""
    path = ""
    try:  # an interrupt may come when it is there already
        while True:  # a collector may take a directory for a dead writer's before it is locked
            path = f"{layout.staging}/{os.urandom(8).hex()}"
            inside.make_directories(layout.staging, below=layout.root)
            modes.make_directory(path)
            if held := _taken(path):
                break
        with held:
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def leftovers(layout: Layout) -> Iterator[str]:
    """Yield what dead writers left, each while nobody can take it for a new writer's."""
    for name in inside.names(layout.staging):
        path = f"{layout.staging}/{name}"
        if not os.path.isdir(path) or os.path.islink(path):
            yield path  # nobody writes such
        elif held := _taken(path):
            with held:
                yield path


def _taken(path: str) -> Lease | None:
    """Return the right to a directory in the staging area, or None while its writer lives.

    One that is gone is made again: it is the caller's then.
    """
    from wheelwell.store import lease  # not on the way to a hit

    return lease.try_acquire(f"{path}/{_LOCK}")
