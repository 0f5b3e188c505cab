"""The run of a warm-up: jobs started as soon as they may, outcomes told as they come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.errors import DamagedWheel, WheelwellError
from wheelwell.export.copying import copy
from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Failure, Outcome, Result, failure_of
from wheelwell.protocols import Reporter
from wheelwell.schedule import Job, Room, Schedule, Standing
from wheelwell.warm.policy import Policy, has_fitting
from wheelwell.wheel import Origin, Wheel

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

    def started(self, task: Task, cores: int, seconds: float | None) -> None:
        """A task began, perhaps once more, that may keep so many cores busy.

        `seconds` is how long the last build of its project took; None where nobody knows.
        """

    def progressed(self, standing: Standing) -> None:
        """Something began or ended: so far is all of it."""

    def reporter(self, task: Task) -> Reporter:  # noqa: ARG002
        """Return what is told of the steps of a task, from the thread that does it."""
        return Reporter()


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One warm-up."""

    cache: WheelCache
    executor: Executor
    room: Room
    policy: Policy
    choices: Choices
    watch: Watch
    cancel: threading.Event
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
        running: dict[Future[Outcome], str] = {}
        try:
            while True:
                for start in schedule.start():
                    task = known[start.job.name]
                    self.watch.started(task, start.cores, start.job.seconds)
                    running[self.executor.submit(self._do, task, start.cores)] = task.name
                self.watch.progressed(schedule.standing)
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    name = running.pop(future)
                    outcome = future.result()
                    if outcome.failure is Failure.MEMORY and name not in again:
                        again.add(name)
                        schedule.again(name)
                        continue
                    blocked = schedule.ended(name, is_good=outcome.is_good)
                    yield outcome
                    by = known[name].wanted.request.text
                    yield from (_blocked(known[each], by=by) for each in blocked)
        finally:
            if running:
                self.cancel.set()
                wait(running)

    def _job(self, task: Task) -> Job:
        project = task.wanted.request.name
        seconds, memory = self.cache.expected(project)
        is_alone = self.cache.table_of(project).is_exclusive
        return Job(name=task.name, seconds=seconds, memory=memory, is_alone=is_alone)

    def _do(self, task: Task, cores: int) -> Outcome:
        """Do one task; what goes wrong is its outcome."""
        started = time.perf_counter()
        outcome = Outcome(
            request=task.wanted.request.text, python=task.python, result=Result.FAILED
        )
        try:
            outcome = self._answer(task, cores, outcome)
        except WheelwellError as error:
            outcome = replace(outcome, failure=failure_of(error), error=error)
        except OSError as error:
            told = WheelwellError(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
            outcome = replace(outcome, failure=failure_of(error), error=told)
        return replace(outcome, seconds=time.perf_counter() - started)

    def _answer(self, task: Task, cores: int, outcome: Outcome) -> Outcome:
        request, project = task.wanted.request, task.wanted.request.name
        choices: Choices = {
            **self.choices,
            "interpreter": task.python,
            "reporter": self.watch.reporter(task),
            "cancel": self.cancel,
            "jobs": cores,
        }
        if not self.policy.must_build(project) and self._is_upstream(task, choices):
            found = None
            if self.wheelhouse and not self.is_dry:
                choices["prefer_binary"] = True
                found = self._collected(self.cache.get(request, **choices), task, choices)
            return replace(outcome, result=Result.UPSTREAM, wheel=found)
        if self.is_dry or not self.policy.may_build(project):
            choices["build"] = False
        if self.is_dry and self.policy.may_build(project):
            found = None if choices.get("rebuild") else self.cache.lookup(request, **choices)
            result = Result.WANTED if found is None else Result.HIT
            return replace(outcome, result=result, wheel=found)
        wheel = self.cache.get(request, **choices)
        is_built = wheel.origin in {Origin.BUILT, Origin.EPHEMERAL}
        if self.wheelhouse:
            wheel = self._collected(wheel, task, choices)
        return replace(outcome, result=Result.BUILT if is_built else Result.HIT, wheel=wheel)

    def _collected(self, wheel: Wheel, task: Task, choices: Choices) -> Wheel:
        """Copy a wheel to the wheelhouse, and return it; one that is damaged is built again."""
        try:
            self._copy(wheel)
        except DamagedWheel:
            self.cache.set_aside(wheel)
            wheel = self.cache.get(task.wanted.request, **choices)
            self._copy(wheel)
        return wheel

    def _copy(self, wheel: Wheel) -> None:
        target = f"{self.wheelhouse}/{wheel.filename}"
        copy(str(wheel.path), target, sha256=wheel.sha256, is_forced=True)

    def _is_upstream(self, task: Task, choices: Choices) -> bool:
        if task.wanted.filenames:
            tags = self.cache.interpreter(task.python).tags
            return has_fitting(task.wanted.filenames, tags)
        return self.cache.is_upstream(task.wanted.request, **choices)


def _blocked(task: Task, *, by: str) -> Outcome:
    return Outcome(
        request=task.wanted.request.text,
        python=task.python,
        result=Result.BLOCKED,
        blocked_by=by,
    )
