"""Leases: the right to do one thing, held by one holder at a time, across threads and processes.

A lease is an advisory lock (`flock`) on a file that only its holder may unlink (`retire`): filelock
looks, once it has a lock, whether the file still is the one of that name. The lock belongs to the
open file: a child process that inherited the descriptor holds the lease too, until it is gone,
whatever became of its parent.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from wheelwell.errors import Cancelled
from wheelwell.store import inside, modes
from wheelwell.store.opening import at_once

POLL = 0.05
"""How often, in seconds, a waiter looks whether the lease is free."""


_VANISHED = 100
"""How often a lease's directory may be taken away while it is being locked."""


class Lease:
    """One lease, held. Leaving the `with` block gives it back."""

    def __init__(self, lock: FileLock, descriptor: int) -> None:
        self._lock = lock
        self._descriptor = descriptor
        self._is_held = True

    def fileno(self) -> int:
        """Return the descriptor, for a child process to inherit."""
        return self._descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._is_held:  # the number of its descriptor may be another file's by now
            return
        self._is_held = False
        # Closed, not unlocked, for that would take it from a supervisor that is still at work:
        # what `release` unlocks is the null device, which takes the descriptor's place.
        null = os.open(os.devnull, os.O_RDWR)
        try:
            os.dup2(null, self._descriptor, inheritable=False)
        finally:
            os.close(null)
        self._lock.release()


def acquire(
    path: str,
    *,
    waiting: Callable[[str], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Lease:
    """Return the lease at `path`, as soon as its holder gives it back or dies.

    `waiting` is called once, with what is known of the holder, where there is one. Raises
    `Cancelled` when `is_cancelled` says so, and `OSError` where locks do not work.
    """
    if lease := try_acquire(path):
        return lease
    if waiting is not None:
        waiting(holder(path))
    lease = _acquire(path, timeout=-1, is_cancelled=is_cancelled)
    if lease is None:
        raise Cancelled("cancelled while another build of the same wheel was waited for")
    return lease


def try_acquire(path: str) -> Lease | None:
    """Return the lease at `path`, or None while somebody holds it."""
    return _acquire(path, timeout=0, is_cancelled=lambda: False)


def is_held(path: str) -> bool:
    """Say whether somebody holds the lease at `path`; it is not taken, and nothing is written.

    A shared lock tells: any number may ask at once, and none is another's holder. Raises `OSError`
    where there is no answer.
    """
    try:
        descriptor = at_once(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def retire(path: str) -> None:
    """Remove the file of a lease that the caller holds, and that nobody will want again soon."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def holder(path: str) -> str:
    """Say who holds the lease at `path`, as far as the holder wrote it down."""
    try:
        with open(path, encoding="utf-8", opener=at_once) as file:
            note = json.load(file)
        seconds = max(0, round(time.time() - note["since"]))
        return f"process {int(note['pid'])}, for {seconds} s"
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "another process"


def _acquire(path: str, *, timeout: float, is_cancelled: Callable[[], bool]) -> Lease | None:
    tries = 0
    while True:
        try:
            directory = os.path.dirname(path)
            inside.make_directories(directory, below=os.path.dirname(directory))
            return _locked(path, timeout=timeout, is_cancelled=is_cancelled)
        except (FileNotFoundError, FileExistsError):
            # A collector may take the directory away, which is empty, before the file is in it.
            tries += 1
            if tries == _VANISHED:
                raise
        except IsADirectoryError:
            os.rmdir(path)  # damage, of which nothing is lost; raises where something is in it


def _locked(path: str, *, timeout: float, is_cancelled: Callable[[], bool]) -> Lease | None:
    descriptors: list[int] = []
    # A fresh object each time: one that threads share would let the second of them in.
    # Never the soft lock: it is a file's existence, which outlives a holder that is killed.
    mode = 0o660 if modes.is_shared(os.path.dirname(path)) else 0o600
    lock = FileLock(path, fallback_to_soft=False, mode=mode, on_acquired=descriptors.append)
    try:
        lock.acquire(timeout=timeout, poll_interval=POLL, cancel_check=is_cancelled)
    except Timeout:
        return None
    except OSError as error:
        # `flock` is about a descriptor, but it is the disk that has none.
        error.filename = path if error.filename is None else error.filename
        raise
    _sign(descriptors[-1])
    return Lease(lock, descriptors[-1])


def _sign(descriptor: int) -> None:
    note = json.dumps({"pid": os.getpid(), "since": round(time.time())}).encode()
    with contextlib.suppress(OSError):  # it only helps those who wait to see why
        if os.fstat(descriptor).st_nlink != 1:
            return  # it has another name: that may be somebody's file
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)
