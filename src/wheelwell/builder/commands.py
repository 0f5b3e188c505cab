"""Commands: the files of programs, and what tells that one of them has become another."""

from __future__ import annotations

import os


def is_command(path: str) -> bool:
    """Say whether a program can be started by that path."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def stamp(path: str) -> tuple[int, ...]:
    """Return what changes where a file or directory does; empty where there is none.

    Links are followed. A directory's stamp changes where names in it come or go.
    """
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns, status.st_ino)
