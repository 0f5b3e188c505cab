"""Statistics: what the events of a cache's journal come to, by day and by project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

EVENTS = ("hit", "build", "failure", "miss", "removal")
"""What happens to a cache: a wheel was there, was built, did not build, was neither there nor to be
built, or was removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened, once or several times on one day."""

    at: float
    """When, in seconds since 1970."""

    event: str
    """One of `EVENTS`."""

    project: str = ""
    """Normalized (PEP 503); empty for several."""

    count: int = 1
    seconds: float = 0.0
    """Of a hit what its build had taken, and so was saved; of a build or failure what it took."""

    size: int = 0
    """The bytes of the wheel."""

    @property
    def day(self) -> int:
        """The day in UTC, counted from 1970-01-01."""
        return int(self.at // 86400)


@dataclass(slots=True)
class Sums:
    """Sums over events."""

    hits: int = 0
    misses: int = 0
    """Including what was built, or failed to."""

    builds: int = 0
    failures: int = 0
    removals: int = 0
    seconds_saved: float = 0.0
    seconds_built: float = 0.0
    bytes_served: int = 0
    bytes_built: int = 0
    bytes_removed: int = 0

    def add(self, event: Event) -> None:
        """Count an event."""
        count = event.count
        if event.event == "hit":
            self.hits += count
            self.seconds_saved += event.seconds
            self.bytes_served += event.size
        elif event.event == "removal":
            self.removals += count
            self.bytes_removed += event.size
        elif event.event in EVENTS:
            self.misses += count
            self.seconds_built += event.seconds
            self.builds += count if event.event == "build" else 0
            self.failures += count if event.event == "failure" else 0
            self.bytes_built += event.size

    @property
    def hit_rate(self) -> float | None:
        """The part of requests that were hits; None where there were no requests."""
        requests = self.hits + self.misses
        return self.hits / requests if requests else None

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "hits": self.hits,
            "misses": self.misses,
            "builds": self.builds,
            "failures": self.failures,
            "removals": self.removals,
            "hit_rate": None if self.hit_rate is None else round(self.hit_rate, 4),
            "seconds_saved": round(self.seconds_saved, 3),
            "seconds_built": round(self.seconds_built, 3),
            "bytes_served": self.bytes_served,
            "bytes_built": self.bytes_built,
            "bytes_removed": self.bytes_removed,
        }


@dataclass(slots=True)
class Statistics:
    """What happened to a cache."""

    total: Sums = field(default_factory=Sums)
    days: dict[int, Sums] = field(default_factory=dict)
    """By the day, counted from 1970-01-01."""

    projects: dict[str, Sums] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values, the days as dates."""
        return {
            **self.total.to_json(),
            "days": {date_of(day): sums.to_json() for day, sums in sorted(self.days.items())},
            "projects": {name: sums.to_json() for name, sums in sorted(self.projects.items())},
        }


def summed(events: Iterable[Event], *, projects: Iterable[str] = (), since: int = 0) -> Statistics:
    """Sum events up: of some projects or all, and from a day on."""
    wanted = frozenset(projects)
    told = Statistics()
    for event in events:
        if event.day < since or (wanted and event.project not in wanted):
            continue
        told.total.add(event)
        told.days.setdefault(event.day, Sums()).add(event)
        if event.project:
            told.projects.setdefault(event.project, Sums()).add(event)
    return told


def rolled_up(events: Iterable[Event]) -> list[Event]:
    """Return events that come to the same sums, one for each day, kind and project."""
    sums: dict[tuple[int, str, str], Event] = {}
    for event in events:
        name = (event.day, event.event, event.project)
        known = sums.get(name)
        sums[name] = Event(
            at=event.day * 86400.0,
            event=event.event,
            project=event.project,
            count=event.count + (known.count if known else 0),
            seconds=event.seconds + (known.seconds if known else 0.0),
            size=event.size + (known.size if known else 0),
        )
    return [sums[name] for name in sorted(sums)]


def read_event(value: Mapping[str, Any]) -> Event:
    """Read an event as the journal writes it. Raises `ValueError`, also for one of a later version.

    Fields that are not known are ignored.
    """
    try:
        event = Event(
            at=float(value["at"]),
            event=str(value["event"]),
            project=str(value.get("project", "")),
            count=int(value.get("count", 1)),
            seconds=float(value.get("seconds", 0.0)),
            size=int(value.get("bytes", 0)),
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no event: {error!r}") from error
    numbers = (event.at, event.count, event.seconds, event.size)
    if event.event not in EVENTS or not all(0 <= number < 1e18 for number in numbers):
        raise ValueError("an event that means nothing here")
    return event


def date_of(day: int) -> str:
    """Return a day as a date (RFC 3339)."""
    from datetime import date, timedelta

    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
