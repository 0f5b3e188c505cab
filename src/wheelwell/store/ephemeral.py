"""Ephemeral stores: in a temporary directory, of which the wheels that were handed out stay."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable

from wheelwell.errors import Unwritable
from wheelwell.store.disk import Store, open_store
from wheelwell.store.space import is_full
from wheelwell.wheel import Origin

_HINT = "free some space, or name a disk that has some with --cache-dir or TMPDIR"


def open_ephemeral(*, warn: Callable[[str], None], full: str = "") -> Store:
    """Return a new store in a temporary directory, on another disk than the directory `full`.

    Raises `Unwritable`.
    """
    try:
        place = _elsewhere(full) if full else tempfile.gettempdir()
        root = tempfile.mkdtemp(prefix="wheelwell-", dir=place)
        return open_store(root, warn=warn, origin=Origin.EPHEMERAL)
    except OSError as error:
        raise Unwritable(
            f"there is no temporary directory to build in: {error.strerror or error}",
            hint="name one with TMPDIR",
        ) from error


def clear(store: Store) -> None:
    """Leave nothing of an ephemeral store but the wheels and logs that were handed out."""
    layout = store.layout
    for name in os.listdir(layout.root):
        path = f"{layout.root}/{name}"
        if path in {layout.wheels, layout.failures}:
            continue
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    with contextlib.suppress(OSError):  # it is not empty: something was handed out
        os.rmdir(layout.root)


def _elsewhere(full: str) -> str:
    """Return a temporary directory on another disk, that has room."""
    disk = os.stat(_existing(full)).st_dev
    for place in dict.fromkeys([_chosen(), "/tmp", "/var/tmp"]):  # noqa: S108
        with contextlib.suppress(OSError):
            is_usable = os.access(place, os.W_OK | os.X_OK) and not is_full(place)
            if place and os.stat(place).st_dev != disk and is_usable:
                return place
    raise Unwritable(
        f"the disk of {full} is full, and no temporary directory is on another disk with room",
        hint=_HINT,
    )


def _chosen() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return ""


def _existing(path: str) -> str:
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path
