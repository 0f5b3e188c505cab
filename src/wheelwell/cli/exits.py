"""Exit codes, and which of several outcomes decides."""

from __future__ import annotations

from collections.abc import Iterable

DONE = 0
FAILED = 1
USAGE = 2
NOT_IN_CACHE = 3
DEGRADED = 4
UNSOUND = 5
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

_RANK = (FAILED, UNSOUND, DEGRADED, NOT_IN_CACHE, DONE)
"""With several requests, the first of these that came up is the command's."""


class Terminated(BaseException):
    """SIGTERM came."""


class Interrupted(KeyboardInterrupt):
    """SIGINT came. Other than its parent, a weak reference can say whether it is still around."""


def worst(statuses: Iterable[int]) -> int:
    """Return the exit code for several requests: all are tried, and the gravest is told."""
    found = {*statuses}
    return next((status for status in _RANK if status in found), DONE)
