"""Outcomes of a warm-up: what became of each thing that was wanted, and why it failed."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

from wheelwell.digest import Sha256
from wheelwell.errors import (
    BuildError,
    BuildKilled,
    BuildTimeout,
    Cancelled,
    EnvironmentFailed,
    FarmError,
    InvalidWheel,
    Lost,
    WheelwellError,
)
from wheelwell.wheel import Wheel


class Result(enum.StrEnum):
    """What became of something that was wanted."""

    BUILT = "built"
    HIT = "hit"
    """It was there."""

    UPSTREAM = "upstream"
    """Upstream has a wheel that fits: nothing has to be built."""

    WANTED = "wanted"
    """It would be built, if this were not a dry run."""

    SKIPPED = "skipped"
    """The project's table says that it is left out, or a switch."""

    FAILED = "failed"
    BLOCKED = "blocked"
    """Something that it needs has failed."""


class Failure(enum.StrEnum):
    """What kind of failure it was, and so whose it is to mend."""

    SOURCE = "source"
    """There is none, or it cannot be had, or is not what it should be."""

    ENVIRONMENT = "environment"
    """The build requirements cannot be installed."""

    COMPILE = "compile"
    """The backend failed, as where a header is missing."""

    WHEEL = "wheel"
    """What was built is no good wheel."""

    MEMORY = "memory"
    TIME = "time"
    """It took longer than it may."""

    INTERRUPTED = "interrupted"
    CACHE = "cache"
    """The cache directory, or something else of this machine, did not do."""


_KILLED = re.compile(
    r"Killed signal terminated program|signal: 9, SIGKILL|Cannot allocate memory|out of memory",
    re.IGNORECASE,
)
"""How compilers say that the system ended them for want of memory."""


def failure_of(error: Exception) -> Failure:
    """Return what kind of failure an error is."""
    kinds: list[tuple[type[Exception], Failure]] = [
        (Cancelled, Failure.INTERRUPTED),
        (FarmError, Failure.INTERRUPTED),
        (Lost, Failure.INTERRUPTED),
        (BuildTimeout, Failure.TIME),
        (EnvironmentFailed, Failure.ENVIRONMENT),
        (InvalidWheel, Failure.WHEEL),
    ]
    for kind, failure in kinds:
        if isinstance(error, kind):
            return failure
    if isinstance(error, BuildKilled):  # nobody but the system sends that without a word
        return Failure.MEMORY if "SIGKILL" in error.message else Failure.INTERRUPTED
    if isinstance(error, BuildError):
        return Failure.MEMORY if _KILLED.search("\n".join(error.lines)) else Failure.COMPILE
    return Failure.SOURCE if isinstance(error, WheelwellError) else Failure.CACHE


def name_of(request: str, python: str, needed_by: str, as_of: str) -> str:
    """Return what tells something that is wanted from everything else."""
    use = " to build with" if needed_by else ""
    return f"{request}{f' as of {as_of}' if as_of else ''}{use} for {python}"


def subject_of(request: str, needed_by: str) -> str:
    """Return how something that is wanted is shown."""
    return f"{request} (needed by {needed_by})" if needed_by else request


@dataclass(frozen=True, kw_only=True, slots=True)
class Sdist:
    """A source archive in a wheelhouse."""

    filename: str
    sha256: Sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one request for one Python."""

    request: str
    """What was wanted, without credentials."""

    python: str
    """For which Python, as it was asked for; empty for the default."""

    result: Result
    wheel: Wheel | None = None
    """The wheel, where one was built or was there."""

    failure: Failure | None = None
    error: WheelwellError | None = None
    blocked_by: str = ""
    """The request that has failed, for the same Python, and without which it cannot be built."""

    why: str = ""
    """Why it is skipped: what the project's table says, or which switch."""

    note: str = ""
    """What should be known about it, though it is good."""

    sdist: Sdist | None = None
    """Its source archive, where that was put into a wheelhouse."""

    needed_by: str = ""
    """For a build requirement, the project that needed it first; empty for what was asked for."""

    as_of: str = ""
    """The instant as of which a build requirement was resolved; empty for now."""

    seconds: float = 0.0
    """How long it took now."""

    warnings: tuple[str, ...] = ()
    """What was warned of in another process, where nobody could be told at once."""

    @property
    def name(self) -> str:
        """What tells it from every other outcome, which is the name of its task."""
        return name_of(self.request, self.python, self.needed_by, self.as_of)

    @property
    def is_good(self) -> bool:
        """Whether it can be installed without a build, or nothing is known that keeps it."""
        return self.result not in {Result.FAILED, Result.BLOCKED}

    @property
    def is_degraded(self) -> bool:
        """Whether its wheel has less than its source can give."""
        return self.wheel is not None and self.wheel.degraded == "yes"

    @property
    def saves(self) -> float:
        """The seconds that the next one to ask need not wait."""
        record = self.wheel.record if self.wheel else None
        return record.observed.seconds if record else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what a report tells of it."""
        error = self.error
        return {
            "request": self.request,
            "python": self.python,
            "result": self.result.value,
            "needed_by": self.needed_by,
            "seconds": round(self.seconds, 3),
            "wheel": self.wheel.to_json() if self.wheel else None,
            "failure": self.failure.value if self.failure else None,
            "blocked_by": self.blocked_by,
            "why": self.why,
            "note": self.note,
            "sdist": {"filename": self.sdist.filename, "sha256": self.sdist.sha256}
            if self.sdist
            else None,
            "error": None
            if error is None
            else {
                "code": error.code,
                "message": error.message,
                "hint": error.hint,
                "log": error.log,
            },
        }
