"""The run of a warm-up: jobs started as soon as they may, outcomes told as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wheelwell.errors import EnvironmentFailed
from wheelwell.options import Choices
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.protocols import Cancellation, Reporter
from wheelwell.request import Request
from wheelwell.schedule import Cycle, Job, Room, Schedule, Standing, Start
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.errand import Errand, Here, is_upstream, outcome_of
from wheelwell.warm.outlook import Outlook
from wheelwell.warm.plan import Kept
from wheelwell.warm.policy import Policy
from wheelwell.warm.selection import Selection
from wheelwell.warm.task import Postponed, Task
from wheelwell.warm.underway import Underway
from wheelwell.warm.wheelhouse import Wheelhouse

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache


class Watch:
    """Is told of a warm-up as it goes on. Every method is empty here: override some."""

    def started(self, task: Task, cores: int, seconds: float | None) -> None:
        """A task began, perhaps once more, that may keep so many cores busy.

        `seconds` is how long the last build of its project took; None where nobody knows.
        """

    def progressed(self, standing: Standing) -> None:
        """Something began or ended: so far is all of it."""

    def reporter(self, task: Task) -> Reporter:  # noqa: ARG002
        """Return what is told of the steps of a task, from the thread that does or hears of it."""
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
    room: Callable[[], Room]
    """Returns what all jobs together may use now."""

    policy: Policy
    choices: Choices
    watch: Watch
    withdrawal: Withdrawal
    attendance: Attendance
    is_dry: bool = False
    """Whether nothing is built."""

    selection: Selection = field(default_factory=Selection)
    """What is done of all that is wanted."""

    wheelhouse: Wheelhouse | None = None
    """What gets every wheel, upstream's too."""

    kept: Kept | None = None
    """Where it is written down what is done; None for nowhere."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do all tasks, and yield what becomes of each as soon as it is known.

        Where the caller stops to listen, what runs is ended and nothing is left running.
        """
        is_interrupted = False
        for task, outcome in self._outcomes(tasks):
            if outcome.failure is Failure.INTERRUPTED:
                is_interrupted = True
            elif self.kept is not None:
                self.kept.note(task, outcome)
            yield outcome
        if self.kept is not None and not is_interrupted:
            self.kept.end()

    def _outcomes(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome]]:
        known = {task.name: task for task in tasks}
        for name, task in list(known.items()):
            if (outcome := self._known_before(task)) is not None:
                del known[name]
                yield task, outcome
        course = _Course(self, known, Schedule(map(self.job, known.values()), self.room()))
        underway = Underway(self.executor)
        with Outlook(self._look) as outlook:
            try:
                yield from self._until_over(course, underway, outlook)
            finally:
                self.withdrawal.set()
                self.attendance.end()
                underway.leave()

    def _until_over(
        self, course: _Course, underway: Underway, outlook: Outlook
    ) -> Iterator[tuple[Task, Outcome]]:
        is_ahead = self.is_dry
        while True:
            room = self._room_now()
            course.schedule.resize(room)
            for errand in course.begun():
                underway.begin(errand)
            if not is_ahead:  # what has begun already fetches its source itself
                outlook.begin(course.unknown())
                is_ahead = True
            self.watch.progressed(course.schedule.standing)
            if not underway and (room.slots or not course.schedule.queued):
                return
            for errand, came in underway.ended():
                yield from course.settled(errand.task, came)
            course.schedule.guess(outlook.told())
            if self.withdrawal.is_set():  # errands in other processes see only this
                self.attendance.end()

    def _room_now(self) -> Room:
        """Return what may be used now; what is not wanted any longer waits for nobody."""
        room = self.room()
        return replace(room, slots=max(1, room.slots)) if self.withdrawal.is_set() else room

    def job(self, task: Task) -> Job:
        """Return a task as it is scheduled."""
        project = task.wanted.request.name
        seconds, memory = self.cache.expected(project)
        is_alone = self.cache.table_of(project).is_exclusive
        return Job(name=task.name, seconds=seconds, memory=memory, is_alone=is_alone)

    def errand(self, task: Task, start: Start, *, is_deferring: bool) -> Errand:
        """Return a task as it is done."""
        choices = self.choices
        if choices.get("rebuild") and self._before(task) in {Result.BUILT, Result.HIT}:
            choices = {**choices, "rebuild": False}  # that was done before it was interrupted
        return Errand(
            task=task,
            start=start,
            policy=self.policy,
            choices=choices,
            is_dry=self.is_dry,
            wheelhouse=self.wheelhouse,
            is_deferring=is_deferring,
            here=Here(
                cache=self.cache,
                reporter=self.watch.reporter(task),
                cancel=self.withdrawal,
                attendance=self.attendance,
            ),
        )

    def _look(self, task: Task) -> float | None:
        """Fetch the source of a task that may have to be built, and guess how long that takes."""
        choices: Choices = {
            **self.choices,
            "interpreter": task.python,
            "cancel": self.withdrawal,
            "build": False,
        }
        request = task.wanted.request
        if not self.policy.may_build(request.name):
            return None
        if is_upstream(task, self.policy, self.cache, choices):
            return None
        return self.cache.guess(request, **choices)

    def tell(self, task: Task, warnings: Sequence[str]) -> None:
        """Tell of what was warned of in another process."""
        if warnings:
            reporter = self.watch.reporter(task)
            for warning in warnings:
                reporter.warned(warning)

    def _known_before(self, task: Task) -> Outcome | None:
        """Return what becomes of a task for which nothing has to be done, else None."""
        if (why := self._why_skipped(task.wanted.request)) is not None:
            return _outcome(task, Result.SKIPPED, why=why)
        if self._before(task) is Result.UPSTREAM and not self.wheelhouse:
            return _outcome(task, Result.UPSTREAM)
        return None

    def _why_skipped(self, request: Request) -> str | None:
        """Return why a request is skipped, None where it is not."""
        table = self.cache.table_of(request.name)
        return table.why if table.is_skipped else self.selection.why_not(request) or None

    def _before(self, task: Task) -> Result | None:
        return None if self.kept is None else self.kept.plan.done.get(task.name)


@dataclass(slots=True)
class _Course:
    """A run in its course: what waits, what runs, and what has failed."""

    run: Run
    known: dict[str, Task]
    schedule: Schedule
    again: set[str] = field(default_factory=set)
    """What was tried once more for want of memory."""

    waited: set[str] = field(default_factory=set)
    """What has waited for build requirements: it builds what turns up still on its way."""

    failed: set[str] = field(default_factory=set)

    def begun(self) -> Iterator[Errand]:
        """Yield what is to begin now."""
        for start in self.schedule.start():
            task = self.known[start.job.name]
            self.run.watch.started(task, start.cores, start.job.seconds)
            is_deferring = task.name not in self.waited
            yield self.run.errand(task, start, is_deferring=is_deferring)

    def unknown(self) -> Iterator[Task]:
        """Yield the tasks that have not begun, and of which nobody knows how long they take."""
        for name in self.schedule.unknown:
            yield self.known[name]

    def settled(self, task: Task, came: Outcome | Postponed) -> Iterator[tuple[Task, Outcome]]:
        """Take what an errand came to, and yield the outcomes that follow from it."""
        self.run.tell(task, came.warnings)
        if isinstance(came, Postponed):
            yield from self._postponed(task, came)
        elif came.failure is Failure.MEMORY and task.name not in self.again:
            self.again.add(task.name)
            self.schedule.again(task.name)
        else:
            yield from self._ended(task, came)

    def _postponed(self, task: Task, by: Postponed) -> Iterator[tuple[Task, Outcome]]:
        """Let a task wait for its build requirements, if they may still be had."""
        needed = {each.name: each for each in by.tasks(task.python)}
        if lost := sorted(self.failed.intersection(needed)):
            yield from self._ended(
                task,
                _outcome(task, Result.BLOCKED, blocked_by=self.known[lost[0]].wanted.request.text),
            )
            return
        try:
            self.schedule.postpone(task.name, map(self.run.job, needed.values()))
        except Cycle as cycle:
            error = EnvironmentFailed(
                f"the build requirements need each other, and none has a wheel: {cycle}",
                hint="a wheel of one of them, at an index or by --find-links, opens the circle",
            )
            yield from self._ended(task, outcome_of(task, error))
            return
        self.known |= needed
        self.waited.add(task.name)

    def _ended(self, task: Task, outcome: Outcome) -> Iterator[tuple[Task, Outcome]]:
        blocked = self.schedule.ended(task.name, is_good=outcome.is_good)
        if outcome.result is Result.BUILT:
            self._learn(task)
        yield task, outcome
        if not outcome.is_good:
            self.failed |= {task.name, *blocked}
        for name in blocked:
            other = self.known[name]
            yield other, _outcome(other, Result.BLOCKED, blocked_by=task.wanted.request.text)

    def _learn(self, of: Task) -> None:
        """Let what a build took be known of the same project's other builds."""
        project = of.wanted.request.name
        queued = (self.known[name] for name in self.schedule.unknown)
        self.schedule.learn([self.run.job(each) for each in queued if _project(each) == project])


def _project(task: Task) -> str:
    return task.wanted.request.name


def _outcome(task: Task, result: Result, *, why: str = "", blocked_by: str = "") -> Outcome:
    return Outcome(
        request=task.wanted.request.text,
        python=task.python,
        needed_by=task.needed_by,
        as_of=task.as_of,
        result=result,
        why=why,
        blocked_by=blocked_by,
    )
