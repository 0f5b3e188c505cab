"""An errand in another process than the one that waits for it: values only, and a cache there."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wheelwell.errors import WheelwellError
from wheelwell.options import Choices
from wheelwell.outcome import Failure, Outcome
from wheelwell.protocols import Reporter
from wheelwell.schedule import Start
from wheelwell.secret_variables import names_alone, set_here
from wheelwell.urls import without_passwords
from wheelwell.warm.attendance import Absence
from wheelwell.warm.errand import Errand, Here, outcome_of
from wheelwell.warm.policy import Policy
from wheelwell.warm.task import Postponed, Task
from wheelwell.warm.wheelhouse import Wheelhouse

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

Opening = Callable[[Callable[[str], None]], "WheelCache"]
"""Opens the cache that is meant; what it is given is told of warnings."""

_KEPT = 8
"""How many caches a process keeps open: one for each configuration that came lately."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """An errand as it travels. Called, it is done here, in a cache that this process keeps."""

    task: Task
    start: Start
    policy: Policy
    choices: Choices
    is_dry: bool
    wheelhouse: Wheelhouse | None

    opening: Opening
    is_deferring: bool
    sender: str
    """By what it is seen whether somebody waits for the outcome still."""

    def __call__(
        self, began: Callable[[str, str], None] = lambda _, __: None
    ) -> Outcome | Postponed:
        """Do it; what goes wrong is its outcome, and so is what was warned of.

        `began` hears of its steps, as a `Reporter` does.
        """
        try:
            opened = _opened(self.opening)
        except (WheelwellError, OSError) as error:
            outcome = outcome_of(self.task, error)
            return replace(outcome, failure=Failure.CACHE)
        cache = opened.cache
        heard = _Heard(began)
        here = Here(cache=cache, reporter=heard, cancel=Absence(cache, self.sender))
        errand = Errand(
            task=self.task,
            start=self.start,
            policy=self.policy,
            choices=_filled(self.choices),
            is_dry=self.is_dry,
            wheelhouse=self.wheelhouse,
            is_deferring=self.is_deferring,
            here=here,
        )
        came = errand()
        return replace(came, warnings=(*opened.take(), *heard.warnings))


def sent(errand: Errand) -> Sent:
    """Return an errand as it travels. Raises `Cancelled` where nobody waits for it any longer."""
    wanted = errand.task.wanted
    request = replace(wanted.request, url=without_passwords(wanted.request.url))
    files = tuple(each._replace(url=without_passwords(each.url)) for each in wanted.files)
    attendance = errand.here.attendance
    assert attendance is not None, "an errand that came from elsewhere goes no further"
    return Sent(
        task=replace(errand.task, wanted=replace(wanted, request=request, files=files)),
        start=errand.start,
        policy=errand.policy,
        choices=_without_secrets(errand.choices),
        is_dry=errand.is_dry,
        wheelhouse=errand.wheelhouse,
        is_deferring=errand.is_deferring,
        opening=errand.here.cache.opening,
        sender=attendance.path(),
    )


def _without_secrets(choices: Choices) -> Choices:
    """Return choices as they travel: without what only this process can be told or asked."""
    found = choices.copy()
    found.pop("reporter", None)
    found.pop("cancel", None)
    if settings := found.get("settings"):
        found["settings"] = replace(settings, secrets=names_alone(settings.secrets))
    return found


def _filled(choices: Choices) -> Choices:
    settings = choices.get("settings")
    if not settings or not settings.secrets:
        return choices
    return {
        **choices,
        "settings": replace(settings, secrets=set_here(settings.secrets, os.environ)),
    }


class _Heard(Reporter):
    """Keeps what is warned of, for who waits elsewhere."""

    def __init__(self, began: Callable[[str, str], None]) -> None:
        self.warnings: list[str] = []
        self._began = began

    def began(self, step: str, subject: str) -> None:
        self._began(step, subject)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@dataclass(slots=True)
class _Opened:
    """A cache that this process keeps open, and what was warned of while no errand listened."""

    opening: Opening
    warnings: deque[str] = field(default_factory=deque)
    cache: WheelCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = self.opening(self.warnings.append)

    def take(self) -> Iterator[str]:
        """Yield what was warned of; whoever comes first gets it."""
        while self.warnings:
            yield self.warnings.popleft()


_lock = threading.Lock()
_kept: list[_Opened] = []


def _opened(opening: Opening) -> _Opened:
    """Return the cache that is meant, opened once in this process."""
    with _lock:
        for each in _kept:
            if each.opening == opening:
                return each
        del _kept[: 1 - _KEPT]
        _kept.append(_Opened(opening))
        return _kept[-1]
