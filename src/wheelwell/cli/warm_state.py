"""The state of a warm-up that is shown: what runs, what is done, how much is left. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wheelwell.outcome import Result
from wheelwell.schedule import Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """Something that goes on."""

    what: str
    """The request that is built."""

    python: str = ""
    """The name of the Python that it is for."""

    since: float
    """When its step began, by the clock."""

    cores: int = 0
    """How many it may keep busy; 0 where that is not known."""

    before: float | None = None
    """How many seconds the last build of the same project took; None where nobody knows."""

    step: str = ""
    """What is done, as a `Reporter` is told; empty where nobody tells."""

    is_told: bool = False
    """Whether it was told of by a plain line."""

    @property
    def name(self) -> str:
        """What is built, for which Python."""
        return f"{self.what} for {self.python}" if self.python else self.what

    def seconds(self, now: float) -> float:
        """Return for how long its step has lasted."""
        return max(now - self.since, 0.0)

    @property
    def is_like_before(self) -> bool:
        """Whether its time can be held against that of the last build."""
        return self.before is not None and self.step in {"", "building"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """How long a warm-up will still take."""

    seconds: float
    is_all_known: bool
    """Whether that of everything is known; else it is at least so long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How a warm-up stands."""

    running: Mapping[str, Busy] = field(default_factory=dict)
    """By the name of the task, in the order in which they began."""

    done: Mapping[Result, int] = field(default_factory=dict)
    total: int = 0
    """How many outcomes there will be, as far as that is known."""

    standing: Standing = field(default_factory=Standing)
    """What the schedule said last."""

    slots: int = 1
    """How many tasks may run at once."""

    @property
    def count(self) -> int:
        """How many outcomes there are."""
        return sum(self.done.values())

    def started(self, task: str, busy: Busy) -> State:
        """Return the state once a task began, perhaps once more."""
        others = {name: each for name, each in self.running.items() if name != task}
        return replace(self, running={**others, task: busy})

    def stepped(self, task: str, step: str, now: float) -> State:
        """Return the state once a step of a task began; one that does not run is left aside."""
        if task not in self.running:
            return self
        return self._with(task, replace(self.running[task], step=step, since=now))

    def told(self, task: str) -> State:
        """Return the state once a task was told of."""
        if task not in self.running:
            return self
        return self._with(task, replace(self.running[task], is_told=True))

    def ended(self, task: str, result: Result) -> State:
        """Return the state once there is an outcome; a task that never began may have one."""
        running = {name: each for name, each in self.running.items() if name != task}
        done = {**self.done, result: self.done.get(result, 0) + 1}
        return replace(self, running=running, done=done)

    def progressed(self, standing: Standing) -> State:
        """Return the state once the schedule said how far it is."""
        running = {n: each for n, each in self.running.items() if n in standing.running}
        total = self.count + len(standing.running) + standing.queued
        return replace(self, running=running, total=total, standing=standing)

    def left(self, now: float) -> Left | None:
        """Return how long it will still take; None where next to nothing is known of that."""
        known = [busy for busy in self.running.values() if busy.before is not None]
        if self.standing.queued == self.standing.unknown and not known:
            return None
        each = [
            max((busy.before or 0.0) - (busy.seconds(now) if busy.is_like_before else 0.0), 0.0)
            for busy in known
        ]
        seconds = max(self.standing.seconds_left + sum(each) / self.slots, *each, 0.0)
        is_all_known = not self.standing.unknown and len(known) == len(self.running)
        return Left(seconds=seconds, is_all_known=is_all_known) if seconds else None

    def _with(self, task: str, busy: Busy) -> State:
        return replace(self, running={**self.running, task: busy})
