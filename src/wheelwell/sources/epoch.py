"""The instants between which a build's clock stands: those that a zip can tell."""

from __future__ import annotations

EARLIEST = 315532800
"""1980-01-01, in seconds since 1970: a zip can tell no earlier time."""

LATEST = 4354819198
"""2107-12-31: a zip can tell no later time."""


def clamped(instant: int) -> int:
    """Return the instant that is nearest to `instant` and can be told."""
    return min(max(instant, EARLIEST), LATEST)
