"""The schedule of a warm-up: which job starts next, and what it may use. Values only.

A job may start when all that it comes after has ended well, a slot is free, and what it is known to
need of memory is. Of those that may, the one goes first from which the longest path of work leads
to the end, and of equals the one that was named first. Nothing waits for a round to be over.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

_UNKNOWN = 5.0
"""How many seconds a job counts for of which nothing is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One thing to be done."""

    name: str

    seconds: float | None = None
    """How long it is expected to take; None where nobody knows."""

    guess: float = _UNKNOWN
    """How many seconds it counts for where nobody knows."""

    memory: int = 0
    """How much memory it is expected to take, in bytes; 0 where nobody knows."""

    after: frozenset[str] = frozenset()
    """The names of the jobs that must have ended well before."""

    is_alone: bool = False
    """Whether nothing else may run meanwhile."""

    @property
    def length(self) -> float:
        """How many seconds of work it counts for."""
        return self.guess if self.seconds is None else self.seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What all jobs together may use."""

    slots: int
    """How many may run at once."""

    cores: int
    memory: int = 0
    """In bytes; 0 for no limit."""


@dataclass(frozen=True, slots=True)
class Start:
    """A job that is to start now."""

    job: Job
    cores: int
    """How many it may keep busy."""

    length: float = 0.0
    """The seconds of the longest path of work that begins with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a schedule is."""

    running: frozenset[str] = frozenset()
    """The names of the jobs that run."""

    queued: int = 0
    """How many jobs have not begun, and may still."""

    unknown: int = 0
    """Of how many of these nobody knows how long they take."""

    seconds_left: float = 0.0
    """How long what has not begun will take at least, if all goes as it is expected."""


class Cycle(ValueError):
    """Jobs wait for each other; `names` are those of one circle, in order."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(" → ".join((*names, names[0])))
        self.names = names


@dataclass(slots=True)
class _Running:
    cores: int
    memory: int
    is_alone: bool


class Schedule:
    """Jobs on their way. One thread uses it."""

    def __init__(self, jobs: Iterable[Job], room: Room) -> None:
        """Raises `Cycle`. A name that nobody bears is one that has ended well already."""
        self._jobs = {job.name: job for job in jobs}
        self._room = room
        self._waiting = {
            name: {each for each in job.after if each in self._jobs}
            for name, job in self._jobs.items()
        }
        self._followers: dict[str, list[str]] = {name: [] for name in self._jobs}
        for name, before in self._waiting.items():
            for each in before:
                self._followers[each].append(name)
        self._lengths = _lengths(self._jobs, self._followers)
        self._order = {name: number for number, name in enumerate(self._jobs)}
        self._ready: list[tuple[float, int, str]] = []
        self._running: dict[str, _Running] = {}
        self._done: set[str] = set()  # what has ended well
        for name in [name for name, before in self._waiting.items() if not before]:
            self._push(name)

    @property
    def running(self) -> Collection[str]:
        """The names of the jobs that run."""
        return self._running.keys()

    def resize(self, room: Room) -> None:
        """Let the jobs use another room from now on; what runs goes on."""
        self._room = room

    @property
    def queued(self) -> int:
        """How many jobs have not begun, and may still."""
        return len(self._waiting) + len(self._ready)

    @property
    def unknown(self) -> list[str]:
        """The names of the jobs that have not begun, and of which nobody knows how long they take.

        Those that may begin first come first.
        """
        left = [*(name for _, _, name in sorted(self._ready)), *self._waiting]
        return [name for name in left if self._jobs[name].seconds is None]

    @property
    def seconds_left(self) -> float:
        """How long what has not begun will take at least, if all goes as it is expected."""
        left = self._left
        work = sum(self._jobs[name].length for name in left) / max(1, self._room.slots)
        return max([work, *(self._lengths[name] for name in left)])

    @property
    def standing(self) -> Standing:
        """How far it is, as a value that stays as it is."""
        return Standing(
            running=frozenset(self._running),
            queued=self.queued,
            unknown=len(self.unknown),
            seconds_left=self.seconds_left,
        )

    def start(self) -> Iterator[Start]:
        """Yield what is to start now; each of them runs from then on."""
        chosen = self._chosen()
        for job in chosen:
            free = self._room.cores - sum(each.cores for each in self._running.values())
            left = len(chosen) - chosen.index(job)
            cores = max(1, free // left)
            self._running[job.name] = _Running(cores, job.memory, job.is_alone)
            yield Start(job, cores, self._lengths[job.name])

    def ended(self, name: str, *, is_good: bool) -> list[str]:
        """Say how a job ended; return the names of those that can never start because of it."""
        del self._running[name]
        if is_good:
            self._done.add(name)
            for follower in self._followers[name]:
                if follower in self._waiting:
                    self._waiting[follower].discard(name)
                    if not self._waiting[follower]:
                        self._push(follower)
            return []
        return sorted(self._blocked(name))

    def postpone(self, name: str, before: Iterable[Job]) -> None:
        """Let a job that ran run once more, as soon as others have ended well.

        Those that are not known yet are added; none of them has failed. Raises `Cycle` where one
        waits for the job, which runs on then.
        """
        needed = {job.name: job for job in before}
        for other in needed:
            if path := self._path(other, name):
                raise Cycle((name, *path[:-1]))
        del self._running[name]
        self._waiting[name] = set()
        for other, job in needed.items():
            if other not in self._jobs:
                self._order[other] = len(self._jobs)
                self._jobs[other] = job
                self._followers[other] = []
                self._waiting[other] = set()
            if other not in self._done:
                self._followers[other].append(name)
                self._waiting[name].add(other)
        self._sort()
        for other in [name, *needed]:
            if self._waiting.get(other) == set():
                self._push(other)

    def guess(self, seconds: Mapping[str, float]) -> None:
        """Take what jobs count for of which nobody knows how long they take, by their names."""
        self._know(replace(self._jobs[name], guess=each) for name, each in seconds.items())

    def learn(self, jobs: Iterable[Job]) -> None:
        """Take how long jobs take and what memory, now that it is known."""
        self._know(
            replace(self._jobs[job.name], seconds=job.seconds, memory=job.memory) for job in jobs
        )

    def _know(self, jobs: Iterable[Job]) -> None:
        if found := {job.name: job for job in jobs}:
            self._jobs |= found
            self._sort()

    def again(self, name: str) -> None:
        """Let a job that ran run once more, alone."""
        del self._running[name]
        self._jobs[name] = replace(self._jobs[name], is_alone=True)
        self._push(name)

    def _path(self, start: str, to: str) -> list[str]:
        """Return the way along which a job waits for another; nothing where it does not."""
        if start == to:
            return [start]
        for each in sorted(self._waiting.get(start, ())):
            if path := self._path(each, to):
                return [start, *path]
        return []

    @property
    def _left(self) -> list[str]:
        return [*self._waiting, *(name for _, _, name in self._ready)]

    def _push(self, name: str) -> None:
        self._waiting.pop(name, None)
        heapq.heappush(self._ready, (-self._lengths[name], self._order[name], name))

    def _sort(self) -> None:
        """Put what may start in its order again, where paths became longer or shorter."""
        self._lengths = _lengths(self._jobs, self._followers)
        ready, self._ready = self._ready, []
        for _, _, name in ready:
            self._push(name)

    def _chosen(self) -> list[Job]:
        """Take what may run beside what runs out of the queue, the most urgent first.

        One that needs more than there is keeps those behind it from taking what it waits for.
        """
        chosen: list[Job] = []
        memory = sum(each.memory for each in self._running.values())
        is_alone = any(each.is_alone for each in self._running.values())
        while self._ready and len(self._running) + len(chosen) < self._room.slots:
            job = self._jobs[self._ready[0][2]]
            is_empty = not self._running and not chosen
            fits = not self._room.memory or memory + job.memory <= self._room.memory
            if not is_empty and (is_alone or job.is_alone or not fits):
                break
            heapq.heappop(self._ready)
            chosen.append(job)
            memory += job.memory
            is_alone = job.is_alone
        return chosen

    def _blocked(self, name: str) -> set[str]:
        found: set[str] = set()
        left = [name]
        while left:
            for follower in self._followers[left.pop()]:
                if follower in self._waiting:
                    del self._waiting[follower]
                    found.add(follower)
                    left.append(follower)
        return found


def _lengths(jobs: Mapping[str, Job], followers: Mapping[str, list[str]]) -> dict[str, float]:
    """Return the seconds of the longest path from each job to the end. Raises `Cycle`."""
    lengths: dict[str, float] = {}
    for start in jobs:
        path: list[str] = []
        on_path: set[str] = set()
        left = [(start, False)]
        while left:
            name, is_over = left.pop()
            if is_over:
                path.pop()
                on_path.discard(name)
                after = max((lengths[each] for each in followers[name]), default=0.0)
                lengths[name] = jobs[name].length + after
            elif name in on_path:
                raise Cycle(tuple(path[path.index(name) :]))
            elif name not in lengths:
                path.append(name)
                on_path.add(name)
                left.append((name, True))
                left += [(each, False) for each in followers[name]]
    return lengths
