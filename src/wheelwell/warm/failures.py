"""Failures of a warm-up: each told once for all its Pythons, with what it kept from being tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wheelwell.outcome import Failure, Outcome, Result, subject_of

_LINES = 4
"""How many telling lines of a log a summary shows."""

_BLOCKED = 8
"""How many requests are named that were not tried."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """One failure, of one request for the Pythons for which it failed alike."""

    request: str
    """What failed, and for a build requirement who needed it first."""

    pythons: tuple[str, ...]
    """By the names under which they are shown."""

    failure: Failure | None
    message: str
    """What happened, in one line."""

    lines: tuple[str, ...]
    """What the log says of it, no more than a few lines."""

    hint: str
    """What would mend it; empty where nobody knows."""

    blocked: tuple[str, ...]
    """The requests that were not tried because of it, each once."""

    logs: tuple[str, ...]

    @property
    def subject(self) -> str:
        """What failed, and for which Pythons."""
        return " for ".join(filter(None, (self.request, ", ".join(self.pythons))))

    def text(self) -> list[str]:
        """Return all of it in lines for people."""
        kind = f"{self.failure}: " if self.failure else ""
        return [
            f"{self.subject}: {kind}{self.message}",
            *(f"  | {line}" for line in self.lines),
            *([f"  try: {self.hint}"] if self.hint else []),
            *([f"  not tried because of it: {listed(self.blocked)}"] if self.blocked else []),
            *(f"  log: {log}" for log in self.logs),
        ]


def troubles(outcomes: Iterable[Outcome], names: Mapping[str, str]) -> list[Trouble]:
    """Return the failures among outcomes; `names` are those of Pythons, by how they were asked for.

    What failed for several Pythons with the same words is one.
    """
    all_outcomes = list(outcomes)
    blocked: dict[tuple[str, str], list[str]] = {}
    for each in all_outcomes:
        if each.result is Result.BLOCKED:
            blocked.setdefault((each.blocked_by, each.python), []).append(each.request)
    alike: dict[tuple[str, ...], list[Outcome]] = {}
    for each in all_outcomes:
        if each.result is Result.FAILED:
            alike.setdefault(_words(each), []).append(each)
    return [_trouble(group, names, blocked) for group in alike.values()]


def listed(requests: Sequence[str]) -> str:
    """Return requests in one line, not too long a one."""
    rest = len(requests) - _BLOCKED
    return ", ".join(requests[:_BLOCKED]) + (f" and {rest} more" if rest > 0 else "")


def _words(outcome: Outcome) -> tuple[str, ...]:
    error = outcome.error
    return (
        outcome.request,
        outcome.failure or "",
        error.message if error else "",
        error.hint if error else "",
    )


def _trouble(
    group: Sequence[Outcome],
    names: Mapping[str, str],
    blocked: Mapping[tuple[str, str], Sequence[str]],
) -> Trouble:
    first = group[0]
    message, *rest = first.error.message.splitlines() if first.error else ["it failed"]
    lines = [line.strip().removeprefix("| ") for line in rest]
    kept = lines if len(lines) <= _LINES else [*lines[: _LINES - 1], lines[-1]]
    behind = (request for each in group for request in blocked.get((each.request, each.python), ()))
    return Trouble(
        request=subject_of(first.request, first.needed_by),
        pythons=tuple(filter(None, (names.get(each.python, each.python) for each in group))),
        failure=first.failure,
        message=message,
        lines=tuple(kept),
        hint=first.error.hint if first.error else "",
        blocked=tuple(dict.fromkeys(behind)),
        logs=tuple(dict.fromkeys(_logs(group))),
    )


def _logs(group: Iterable[Outcome]) -> Iterator[str]:
    return (each.error.log for each in group if each.error and each.error.log)
