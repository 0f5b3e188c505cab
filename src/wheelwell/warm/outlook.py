"""The outlook: sources are fetched ahead of their builds, and tell how long these may take.

A build whose source is here does not wait for the network when its turn has come, and the longest
go first though nobody has built them yet. It is done beside the builds, by a few threads of its
own, for what may have to be built and has not begun. What goes wrong is not told: the build itself
will meet it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from wheelwell.errors import WheelwellError
from wheelwell.warm.task import Task

_AT_ONCE = 4
"""How many sources are fetched at the same time."""

Look = Callable[[Task], float | None]
"""Fetches the source of a task, and returns a guess of its seconds; None where it has none."""


class Outlook:
    """Looks ahead at tasks, each source once. One thread uses it, as a context manager."""

    def __init__(self, look: Look) -> None:
        """`look` is called in other threads, and may raise `WheelwellError` and `OSError`."""
        self._look = look
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wheelwell-outlook")
        self._underway: dict[Future[float | None], list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def begin(self, tasks: Iterable[Task]) -> None:
        """Begin to look at tasks, in their order."""
        alike: dict[str, list[Task]] = {}
        for task in tasks:
            alike.setdefault(task.wanted.request.text, []).append(task)
        for group in alike.values():
            future = self._threads.submit(self._look, group[0])
            self._underway[future] = [task.name for task in group]

    def told(self) -> dict[str, float]:
        """Return the guesses that came since the last call, by the tasks' names; never waits."""
        found: dict[str, float] = {}
        for future in [each for each in self._underway if each.done()]:
            names = self._underway.pop(future)
            guess = _result(future)
            if guess is not None:
                found |= dict.fromkeys(names, guess)
        return found


def _result(future: Future[float | None]) -> float | None:
    try:
        return future.result()
    except (WheelwellError, OSError):
        return None
