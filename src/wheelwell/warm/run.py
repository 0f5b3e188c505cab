"""The run of a warm-up: jobs started as soon as they may, outcomes told as they come."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.protocols import Cancellation, Reporter
from wheelwell.schedule import Job, Room, Schedule, Start
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.errand import Errand, Here
from wheelwell.warm.policy import Policy
from wheelwell.warm.underway import Underway

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that is wanted, for one Python."""

    wanted: Wanted
    python: str

    @property
    def name(self) -> str:
        """What tells it from every other task."""
        return f"{self.wanted.request.text} for {self.python}"


class Watch:
    """Is told of a warm-up as it goes on. Every method is empty here: override some."""

    def started(self, task: Task, cores: int) -> None:
        """A task began, that may keep so many cores busy."""

    def reporter(self, task: Task) -> Reporter:  # noqa: ARG002
        """Return what is told of the steps of a task, from the thread that does it."""
        return Reporter()


class Withdrawal:
    """Whether a warm-up is no longer wanted: the caller says so, or has left. Threads share it."""

    def __init__(self, asked: Cancellation | None) -> None:
        self._asked = asked
        self._left = threading.Event()

    def is_set(self) -> bool:
        """Say whether nobody wants it any longer."""
        return self._left.is_set() or (self._asked is not None and self._asked.is_set())

    def set(self) -> None:
        """Say that the caller has left."""
        self._left.set()


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One warm-up."""

    cache: WheelCache
    executor: Executor
    room: Room
    policy: Policy
    choices: Choices
    watch: Watch
    withdrawal: Withdrawal
    attendance: Attendance
    is_dry: bool = False
    """Whether nothing is built."""

    wheelhouse: str = ""
    """A directory that is there, and gets every wheel, upstream's too; empty for none."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do all tasks, and yield what becomes of each as soon as it is known.

        Where the caller stops to listen, what runs is ended and nothing is left running.
        """
        known = {task.name: task for task in tasks}
        for name, task in list(known.items()):
            table = self.cache.table_of(task.wanted.request.name)
            if table.is_skipped:
                del known[name]
                request = task.wanted.request.text
                result = Result.SKIPPED
                yield Outcome(request=request, python=task.python, result=result, why=table.why)
        schedule = Schedule(map(self._job, known.values()), self.room)
        again: set[str] = set()
        underway = Underway(self.executor)
        try:
            while True:
                for start in schedule.start():
                    task = known[start.job.name]
                    self.watch.started(task, start.cores)
                    underway.begin(self._errand(task, start))
                if not underway:
                    return
                for errand, outcome in underway.ended():
                    name = errand.task.name
                    self._tell(errand.task, outcome.warnings)
                    if outcome.failure is Failure.MEMORY and name not in again:
                        again.add(name)
                        schedule.again(name)
                        continue
                    blocked = schedule.ended(name, is_good=outcome.is_good)
                    yield outcome
                    yield from (_blocked(known[each], by=name) for each in blocked)
                if self.withdrawal.is_set():  # errands in other processes see only this
                    self.attendance.end()
        finally:
            self.withdrawal.set()
            self.attendance.end()
            underway.leave()

    def _job(self, task: Task) -> Job:
        project = task.wanted.request.name
        seconds, memory = self.cache.expected(project)
        is_alone = self.cache.table_of(project).is_exclusive
        return Job(name=task.name, seconds=seconds, memory=memory, is_alone=is_alone)

    def _errand(self, task: Task, start: Start) -> Errand:
        return Errand(
            task=task,
            start=start,
            policy=self.policy,
            choices=self.choices,
            is_dry=self.is_dry,
            wheelhouse=self.wheelhouse,
            here=Here(
                cache=self.cache,
                reporter=self.watch.reporter(task),
                cancel=self.withdrawal,
                attendance=self.attendance,
            ),
        )

    def _tell(self, task: Task, warnings: Sequence[str]) -> None:
        """Tell of what was warned of in another process."""
        if warnings:
            reporter = self.watch.reporter(task)
            for warning in warnings:
                reporter.warned(warning)


def _blocked(task: Task, *, by: str) -> Outcome:
    return Outcome(
        request=task.wanted.request.text,
        python=task.python,
        result=Result.BLOCKED,
        blocked_by=by,
    )
