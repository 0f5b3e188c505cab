"""An errand: one task of a warm-up as an executor gets it, to be called wherever that likes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.errors import WheelwellError
from wheelwell.missing import RequirementsMissing
from wheelwell.options import Choices
from wheelwell.outcome import Outcome, Result, failure_of
from wheelwell.protocols import Cancellation, Reporter
from wheelwell.schedule import Start
from wheelwell.warm.asking import Asking
from wheelwell.warm.policy import Policy, has_fitting
from wheelwell.warm.task import Postponed, Task
from wheelwell.warm.wheelhouse import Wheelhouse
from wheelwell.wheel import Origin, Wheel

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.warm.attendance import Attendance
    from wheelwell.warm.sent import Sent


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """What an errand uses of the process that it is done in."""

    cache: WheelCache
    reporter: Reporter
    cancel: Cancellation

    attendance: Attendance | None = None
    """By which others see that somebody waits; None where nobody sends the errand on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """One task. Called, it returns what became of it; pickled, it comes out as a `Sent`."""

    task: Task
    start: Start
    """What the schedule said of it: its cores, and for who places it its memory and urgency."""

    policy: Policy
    choices: Choices
    is_dry: bool = False
    wheelhouse: Wheelhouse | None = None
    """Where what it comes to is collected."""

    is_deferring: bool = True
    """Whether it comes to `Postponed` where build requirements have to be built first."""

    here: Here

    def __call__(self) -> Outcome | Postponed:
        """Do it; what goes wrong is its outcome."""
        try:
            return outcome_of(self.task, self._answer)
        except RequirementsMissing as missing:
            requests = tuple(map(self.here.cache.request, missing.pins))
            return Postponed(requirements=requests, project=missing.project, as_of=missing.as_of)

    def __reduce__(self) -> tuple[Callable[[Sent], Sent], tuple[Sent]]:
        return _arrived, (self.sent(),)

    def sent(self) -> Sent:
        """Return it as it goes to another process: values, and none that is secret."""
        from wheelwell.warm.sent import sent  # most executors are of threads

        return sent(self)

    def _answer(self, outcome: Outcome) -> Outcome:
        request, cache = self.task.wanted.request, self.here.cache
        choices: Choices = {
            **self.choices,
            "interpreter": self.task.python,
            "reporter": self.here.reporter,
            "cancel": self.here.cancel,
            "jobs": self.start.cores,
            "is_deferring": self.is_deferring,
        }
        if self.task.needed_by:
            return self._supplied(outcome, choices)
        if is_upstream(self.task, self.policy, cache, choices):
            outcome = replace(outcome, result=Result.UPSTREAM)
            if not self.wheelhouse or self.is_dry:
                return outcome
            choices["prefer_binary"] = True
            asking = Asking(cache=cache, wanted=self.task.wanted, choices=choices)
            return self.wheelhouse.collect(replace(outcome, wheel=asking.wheel()), asking)
        may_build = self.policy.may_build(request.name)
        if self.is_dry or not may_build:
            choices["build"] = False
        asking = Asking(cache=cache, wanted=self.task.wanted, choices=choices)
        if self.is_dry and may_build:
            found = None if choices.get("rebuild") else asking.lookup()
            result = Result.WANTED if found is None else Result.HIT
            return replace(outcome, result=result, wheel=found)
        wheel = asking.wheel()
        outcome = replace(outcome, result=_result(wheel), wheel=wheel)
        return self.wheelhouse.collect(outcome, asking) if self.wheelhouse else outcome

    def _supplied(self, outcome: Outcome, choices: Choices) -> Outcome:
        """Have a build requirement that no index has a wheel of."""
        request, task = self.task.wanted.request, self.task
        if not self.policy.may_build(request.name):
            choices["build"] = False
        wheel = self.here.cache.supply(request, as_of=task.as_of, **choices)
        return replace(outcome, result=_result(wheel), wheel=wheel)


def is_upstream(task: Task, policy: Policy, cache: WheelCache, choices: Choices) -> bool:
    """Say whether upstream's wheel of what is wanted will do. Raises `SourceError`."""
    wanted = task.wanted
    if policy.must_build(wanted.request.name) and not wanted.request.is_wheel:
        return False
    if wanted.filenames or wanted.is_told:
        return has_fitting(wanted.filenames, cache.interpreter(task.python).tags)
    return cache.is_upstream(wanted.request, **choices)


def outcome_of(task: Task, came: Exception | Callable[[Outcome], Outcome]) -> Outcome:
    """Return what is made of an outcome that has failed so far, or what an error comes to."""
    started = time.perf_counter()
    outcome = Outcome(
        request=task.wanted.request.text,
        python=task.python,
        needed_by=task.needed_by,
        as_of=task.as_of,
        result=Result.FAILED,
    )
    try:
        if isinstance(came, Exception):
            raise came
        outcome = came(outcome)
    except WheelwellError as error:
        outcome = replace(outcome, failure=failure_of(error), error=error)
    except OSError as error:
        told = WheelwellError(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
        outcome = replace(outcome, failure=failure_of(error), error=told)
    return replace(outcome, seconds=time.perf_counter() - started)


def _result(wheel: Wheel) -> Result:
    return Result.BUILT if wheel.origin in {Origin.BUILT, Origin.EPHEMERAL} else Result.HIT


def _arrived(sent: Sent) -> Sent:
    return sent
