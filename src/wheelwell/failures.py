"""Failures that are remembered: what did not build is not tried again while nothing has changed.

A failure is remembered by the build's key, so that another source, setting or toolchain is another
matter, with how the system looked: a header that was installed since may be what was missing. Only
what the build itself does wrong is remembered: not a lack of memory, not an index that is away, not
a signal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.buckets import FAILED
from wheelwell.errors import BackendFailed, BuildError, BuildTimeout, InvalidWheel
from wheelwell.key import Key
from wheelwell.outcome import Failure, failure_of
from wheelwell.protocols import Memory

_KINDS: Mapping[str, type[BuildError]] = {
    kind.code: kind for kind in (BackendFailed, BuildTimeout, InvalidWheel)
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What a failure holds for."""

    system: str
    """A digest of how the system looks."""

    timeout: float | None
    """How long the build may take, in seconds; None for as long as it takes."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Remembers failures. Threads and processes share it."""

    memory: Memory
    now: Callable[[], float]
    """Returns the present, in seconds since 1970."""

    def note(self, key: Key, error: BuildError, circumstances: Circumstances) -> None:
        """Remember a failure, if it is one that would come again."""
        if type(error) is not _KINDS.get(error.code) or failure_of(error) is Failure.MEMORY:
            return
        fact = {
            "code": error.code,
            "message": error.message.partition("\n  | ")[0],
            "lines": list(error.lines),
            "requirements": dict(error.requirements),
            "hint": error.hint,
            "log": error.log,
            "as_of": error.as_of,
            "failed_at": self.now(),
            "system": circumstances.system,
            "timeout": circumstances.timeout,
        }
        self.memory.remember(FAILED, key, fact)

    def recall(
        self, key: Key, circumstances: Callable[[], Circumstances], *, since: float
    ) -> BuildError | None:
        """Return how a build failed since an instant, in seconds since 1970, or None.

        None too where the system looks otherwise now, or the build may take longer.
        """
        fact = self.memory.recall(FAILED, key)
        if fact is None:
            return None
        try:
            if not since <= fact["failed_at"] <= self.now():
                return None
            present = circumstances()
            if fact["system"] != present.system or _is_longer(present, fact):
                return None
            return _error(fact)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # damage is a miss


def _is_longer(circumstances: Circumstances, fact: Mapping[str, Any]) -> bool:
    """Say whether a build that took too long has more time now."""
    if fact["code"] != BuildTimeout.code:
        return False
    return circumstances.timeout is None or circumstances.timeout > fact["timeout"]


def _error(fact: Mapping[str, Any]) -> BuildError:
    log = fact["log"]
    error = _KINDS[fact["code"]](
        str(fact["message"]),
        lines=tuple(map(str, fact["lines"])),
        requirements={str(name): str(version) for name, version in fact["requirements"].items()},
        hint=str(fact["hint"]),
        log=str(log) if log and os.path.isfile(log) else None,
    )
    error.as_of = str(fact["as_of"])
    error.failed_at = float(fact["failed_at"])
    return error
