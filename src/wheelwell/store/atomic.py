"""Writing so that a reader sees all of it or nothing, whenever the machine stops."""

from __future__ import annotations

import os

from wheelwell.store import inside, modes
from wheelwell.store.layout import Layout
from wheelwell.store.staging import staged


def token() -> str:
    """Return a new name that no other process takes."""
    return os.urandom(8).hex()


def write(path: str, data: bytes, *, layout: Layout, durable: bool) -> None:
    """Replace the file `path` by one that holds `data`.

    With `durable`, it is also there after a power loss. Raises `OSError`; nothing is left then.
    """
    inside.check(os.path.dirname(path), below=layout.root)
    with staged(layout) as directory:
        new = f"{directory}/{os.path.basename(path)}"
        with open(new, "xb") as file:
            modes.share(new)
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(new, path)
    if durable:
        inside.sync(os.path.dirname(path))


def sync_file(path: str) -> None:
    """Return when the file's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(ready: str, target: str, *, below: str) -> None:
    """Move a file or directory to `target`, whose directory is made durably."""
    while True:
        try:
            inside.make_directories(os.path.dirname(target), below=below, durable=True)
            os.replace(ready, target)
        except FileNotFoundError:
            if not os.path.lexists(ready):
                raise
            continue  # a collector took an empty directory above away just now
        return
