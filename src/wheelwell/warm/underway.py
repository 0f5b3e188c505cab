"""Errands that an executor has: what it loses it is given again, and no outcome is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TYPE_CHECKING

from wheelwell.errors import Lost, WheelwellError
from wheelwell.outcome import Outcome
from wheelwell.warm.errand import outcome_of
from wheelwell.warm.task import Postponed

if TYPE_CHECKING:
    from wheelwell.warm.errand import Errand

_TRIES = 3
"""How often an errand is given to an executor that loses it."""

_TICK = 0.5
"""How long, in seconds, outcomes are waited for at a time."""


class Underway:
    """Errands that were begun, and are not over. One thread uses it.

    Whether an executor keeps what it is given is its own affair, and not believed: it may do a
    thing twice, which the leases make harmless, or lose it, which is tried again.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._running: dict[Future[Outcome | Postponed], tuple[Errand, int]] = {}
        self._refused: list[tuple[Errand, Outcome]] = []

    def __bool__(self) -> bool:
        return bool(self._running or self._refused)

    def begin(self, errand: Errand) -> None:
        """Give an errand to the executor; one that takes nothing any more is its outcome."""
        self._submit(errand, tries=1)

    def ended(self) -> Iterator[tuple[Errand, Outcome | Postponed]]:
        """Yield what has ended, waiting a moment for it; there may be nothing."""
        refused, self._refused = self._refused, []
        yield from refused
        if not self._running and not refused:
            time.sleep(_TICK)  # as where an executor has no room yet
        done, _ = wait(self._running, timeout=0 if refused else _TICK, return_when=FIRST_COMPLETED)
        for future in done:
            errand, tries = self._running.pop(future)
            error = _error_of(future)
            if error is None:
                yield errand, future.result()
            elif isinstance(error, WheelwellError):  # it could not even leave this process
                yield errand, outcome_of(errand.task, error)
            elif tries < _TRIES:
                self._submit(errand, tries=tries + 1)
            else:
                yield errand, _lost(errand, f"was lost {tries} times, at last so: {_told(error)}")

    def leave(self) -> None:
        """Wait until nothing runs any more; what was not begun will not be."""
        running = set(self._running)
        while running:
            for future in running:
                future.cancel()
            _, running = wait(running, timeout=_TICK)

    def _submit(self, errand: Errand, *, tries: int) -> None:
        try:
            future = self._executor.submit(errand)
        except WheelwellError as error:
            self._refused.append((errand, outcome_of(errand.task, error)))
        except Exception as error:  # noqa: BLE001  (each executor has errors of its own)
            why = f"is not taken any more by what does the builds: {_told(error)}"
            self._refused.append((errand, _lost(errand, why)))
        else:
            self._running[future] = errand, tries


def _error_of(future: Future[Outcome | Postponed]) -> BaseException | None:
    """Return what an executor says in place of an outcome, whatever that is."""
    try:
        return future.exception()
    except BaseException as error:  # noqa: BLE001  (a future that was cancelled raises that)
        return error


def _lost(errand: Errand, why: str) -> Outcome:
    return outcome_of(errand.task, Lost(f"{errand.task.name} {why}"))


def _told(error: BaseException) -> str:
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
