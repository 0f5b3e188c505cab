"""Attendance: by which errands in other processes see that somebody waits for them still."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wheelwell.errors import Cancelled

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.store.presence import Presence

_OFTEN = 1.0
"""How often, in seconds, an errand asks at most whether it is still wanted."""


class Attendance:
    """One who waits for errands, from when the first of them leaves the process. Threads share it.

    A lease that this process holds: it is gone with it, whatever ended that.
    """

    def __init__(self, cache: WheelCache) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._presence: Presence | None = None
        self._is_over = False

    def path(self) -> str:
        """Return what others look by. Raises `Cancelled` where it is over."""
        with self._lock:
            if self._is_over:
                raise Cancelled("nobody waits for it any longer")
            if self._presence is None:
                self._presence = self._cache.attend()
            return self._presence.path

    def end(self) -> None:
        """Let every errand that is elsewhere end soon. May be called again."""
        with self._lock:
            self._is_over = True
            if self._presence is not None:
                self._presence.end()


class Absence:
    """Whether the one who attends by a path is gone: a `Cancellation`. Threads share it."""

    def __init__(self, cache: WheelCache, path: str) -> None:
        self._cache = cache
        self._path = path
        self._asked = -_OFTEN
        self._is_gone = False

    def is_set(self) -> bool:
        """Say whether nobody waits any longer; that is looked up once a second at most."""
        now = time.monotonic()
        if not self._is_gone and now - self._asked >= _OFTEN:
            self._asked = now
            try:
                self._is_gone = not self._cache.is_present(self._path)
            except OSError:
                return False  # a disk that does not answer says nothing about who waits
        return self._is_gone
