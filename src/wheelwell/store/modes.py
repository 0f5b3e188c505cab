"""Modes: what is made in a directory whose group may write, the group may write too.

A cache that several users share is known by its own mode, 2770, and hands that on to all that is
made in it, whatever the umask is. In any other cache modes are left to the umask: nobody but the
owner may enter it.
"""

from __future__ import annotations

import os
import stat

SHARED = 0o2770
"""Of a directory that a group shares: what is made in it belongs to that group."""

_FILE = 0o660


def is_shared(directory: str) -> bool:
    """Say whether a group shares a directory."""
    try:
        return os.stat(directory).st_mode & 0o2020 == 0o2020
    except OSError:
        return False


def share(path: str) -> None:
    """Let the group have what was just made, where it shares the directory that it was made in.

    Raises `OSError`.
    """
    if is_shared(os.path.dirname(path)):
        status = os.lstat(path)
        os.chmod(path, SHARED if stat.S_ISDIR(status.st_mode) else _FILE)


def share_tree(path: str) -> None:
    """Let the group have what was made with all that is in it, its programs executable."""
    if not is_shared(os.path.dirname(path)):
        return
    os.chmod(path, SHARED)
    for place, directories, files in os.walk(path):
        for name in directories:
            if not os.path.islink(f"{place}/{name}"):
                os.chmod(f"{place}/{name}", SHARED)
        for name in files:
            status = os.lstat(f"{place}/{name}")
            if stat.S_ISREG(status.st_mode):
                executable = 0o110 if status.st_mode & 0o100 else 0
                os.chmod(f"{place}/{name}", _FILE | executable)


def make_directory(path: str) -> None:
    """Make a directory. Raises `OSError`, `FileExistsError` where it is there."""
    os.mkdir(path)
    share(path)
