"""Opening what is in a cache, without waiting for a FIFO or changing somebody else's file."""

from __future__ import annotations

import errno
import os


def at_once(path: str, flags: int) -> int:
    """Open a file, as `open` takes it for its `opener`; a FIFO is an empty file then."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def to_append(path: str) -> int:
    """Open a file that grows, made where it is not there, to read it and to append to it.

    Raises `OSError`, also where it has another name: that may be somebody's file.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    if os.fstat(descriptor).st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EMLINK, "it has another name, and is not written to", path)
    return descriptor
