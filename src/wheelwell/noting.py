"""Noting: what of a request's outcome goes into the journal. No path, URL or secret does."""

from __future__ import annotations

from wheelwell.errors import BuildError, NotInCache, WheelwellError
from wheelwell.protocols import Journal
from wheelwell.wheel import Origin, Wheel

_HITS = (Origin.LOCAL, Origin.LAYER)


def note_wheel(journal: Journal, wheel: Wheel) -> None:
    """Note that a wheel was there, with what its build had taken; or that it was built."""
    if wheel.record is None:
        return  # upstream's: this cache had no part in it
    journal.note(
        "hit" if wheel.origin in _HITS else "build",
        project=wheel.name,
        seconds=wheel.record.observed.seconds,
        size=wheel.record.stamp.size,
    )


def note_error(journal: Journal, project: str, error: WheelwellError, *, seconds: float) -> None:
    """Note that a wheel did not build, or was not there and not to be built."""
    if isinstance(error, BuildError):
        if error.failed_at is not None:
            return  # it was noted when it failed
        journal.note("failure", project=project, seconds=seconds)
    elif isinstance(error, NotInCache):
        journal.note("miss", project=project)
