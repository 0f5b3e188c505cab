"""Space: whether a disk is full, asked of the system or heard from a program."""

from __future__ import annotations

import os

from wheelwell.quantities import as_size

_LEAST = 1 << 20
"""With fewer free bytes than this, a build that failed is taken to have failed for want of them."""

_SAID = ("No space left on device", "Disk quota exceeded")
"""How programs say it (`ENOSPC`, `EDQUOT`); a build's language is fixed."""


def is_full(path: str) -> bool:
    """Say whether the disk that holds `path` has next to no room, for bytes or for files."""
    try:
        status = os.statvfs(path)
    except OSError:
        return False
    has_no_inodes = status.f_files > 0 and status.f_favail == 0
    return status.f_bavail * status.f_frsize < _LEAST or has_no_inodes


def is_told(said: str) -> bool:
    """Say whether a program complains of a full disk."""
    return any(words in said for words in _SAID)


def room(path: str) -> str:
    """Say how full the disk is that holds `path`; empty where that cannot be told."""
    try:
        status = os.statvfs(path)
    except OSError:
        return ""
    if status.f_files > 0 and status.f_favail == 0:
        return f"no more files fit on it, of {status.f_files}"
    free, size = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
    return f"{as_size(free)} of {as_size(size)} are free"
