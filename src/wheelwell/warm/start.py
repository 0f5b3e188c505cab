"""The start of a warm-up: what is wanted for which Python, and the threads that do it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Outcome
from wheelwell.schedule import Room
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.elastic import Elastic
from wheelwell.warm.plan import Kept
from wheelwell.warm.policy import Policy
from wheelwell.warm.run import Run, Watch, Withdrawal
from wheelwell.warm.selection import Selection
from wheelwell.warm.task import Task
from wheelwell.warm.wheelhouse import Wheelhouse

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

_MEMORY_KEPT = 0.1
"""What part of the machine's memory is left to others."""


def tasks_of(
    cache: WheelCache, wanted: Iterable[Wanted], interpreters: Sequence[str]
) -> list[Task]:
    """Return what is to be done: each request for each Python that its marker admits.

    Raises `UsageError`.
    """
    found = list(wanted)
    for python in interpreters:
        cache.interpreter(python)
    return [
        Task(wanted=each, python=python)
        for python in interpreters
        for each in found
        if cache.is_wanted(each.request, interpreter=python)
    ]


def outcomes(
    cache: WheelCache,
    tasks: Sequence[Task],
    *,
    choices: Choices,
    executor: Executor | None = None,
    room: Room | None = None,
    policy: Policy | None = None,
    watch: Watch | None = None,
    is_dry: bool = False,
    selection: Selection | None = None,
    wheelhouse: Wheelhouse | None = None,
    kept: Kept | None = None,
) -> Generator[Outcome, None, None]:
    """Return the outcomes of a warm-up as they come; with `is_dry` nothing is built.

    `kept` is the plan that is gone on with.
    """
    chosen = room or room_of_machine()
    run = Run(
        cache=cache,
        executor=executor or ThreadPoolExecutor(chosen.slots, thread_name_prefix="wheelwell-warm"),
        room=executor.room if isinstance(executor, Elastic) and not room else lambda: chosen,
        policy=policy or Policy(),
        choices=choices,
        watch=watch or Watch(),
        withdrawal=Withdrawal(choices.get("cancel")),
        attendance=Attendance(cache),
        is_dry=is_dry,
        selection=selection or Selection(),
        wheelhouse=wheelhouse,
        kept=kept,
    )
    return _told(run, tasks, is_own=executor is None)


def _told(run: Run, tasks: Sequence[Task], *, is_own: bool) -> Generator[Outcome, None, None]:
    """Yield the outcomes of a run, whose threads end with it where they are its own."""
    with run.executor if is_own else contextlib.nullcontext():
        yield from run.outcomes(tasks)


def room_of_machine(*, slots: int | None = None) -> Room:
    """Return the cores that this process may use, and most of the machine's memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        memory = 0
    return Room(slots=slots or cores, cores=cores, memory=int(memory * (1 - _MEMORY_KEPT)))
