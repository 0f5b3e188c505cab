"""The live view of a warm-up: a line for each task that runs, and one for all the rest.

building   grpcio==1.62.0 for 3.12  8:15, last time 12:03, 4 cores
preparing  numpy==1.26.4 for 3.11   12 s, 1 core
[56/90] 1 failed, about 25 min left, 2 running, 32 queued, 12 built, 43 there
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wheelwell.cli.cells import cut, padded, width
from wheelwell.cli.warm_state import Busy, State
from wheelwell.outcome import Result
from wheelwell.quantities import as_age, as_clock

_CALLED = {"identifying": "reading"}
"""What is said of a step, where it is not called as it is."""

COUNTED = {
    Result.BUILT: "built",
    Result.HIT: "there",
    Result.UPSTREAM: "upstream",
    Result.WANTED: "to build",
    Result.BLOCKED: "not tried",
    Result.SKIPPED: "skipped",
}

_NAMES = 24
"""How many cells a name has before what stands beside it is left out."""


@dataclass(frozen=True, slots=True)
class _Paint:
    """Colours, where they are wanted."""

    is_on: bool

    def step(self, text: str) -> str:
        return f"\x1b[36m{text}\x1b[0m" if self.is_on and text else text

    def aside(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self.is_on and text else text

    def bad(self, text: str) -> str:
        return f"\x1b[31m{text}\x1b[0m" if self.is_on and text else text


def draw(
    state: State, *, now: float, size: os.terminal_size, is_colored: bool = False
) -> list[str]:
    """Return the lines of the view, which leave a column and a third of the rows free."""
    paint = _Paint(is_colored)
    columns = max(size.columns - 1, 1)
    room = max(size.lines * 2 // 3, 1) - bool(state.total)
    running = [*state.running.values()]
    kept = running if len(running) <= room else running[: max(room - 1, 1)]
    lines = [*_tasks(kept, now, columns, paint)]
    if len(kept) < len(running):
        lines.append(cut(f"and {len(running) - len(kept)} more", columns))
    summary = [_summary(state, now, columns, paint)] if state.total else []
    return lines[:room] + summary


def _tasks(running: Sequence[Busy], now: float, columns: int, paint: _Paint) -> Iterator[str]:
    """Yield a line for each task; where there is no room, less is said beside the names."""
    steps = [doing(each) for each in running]
    indent = max(map(width, steps), default=0)
    indent += 2 if indent else 0
    longest = max((width(each.name) for each in running), default=0)
    asides: list[str] = []
    room = columns
    for parts in (3, 2, 1):
        asides = [", ".join(_beside(each, now)[:parts]) for each in running]
        room = columns - indent - max(map(width, asides), default=0) - 2
        if room >= min(longest, _NAMES):
            break
    for each, step, aside in zip(running, steps, asides, strict=True):
        name = padded(_named(each, room), min(longest, max(room, 1)))
        line = f"{padded(step, indent)}{name}  {aside}"
        if width(line) > columns:
            yield cut(line, columns)
        else:
            yield f"{paint.step(padded(step, indent))}{name}  {paint.aside(aside)}"


def _named(busy: Busy, room: int) -> str:
    """Return a task's name for so much room: of a long one the Python is told, too."""
    ending = busy.name[len(busy.what) :]
    if width(busy.name) <= room or 3 * width(ending) > 2 * room:
        return busy.name
    return f"{cut(busy.what, room - width(ending))}{ending}"


def doing(busy: Busy) -> str:
    """Return what is done with a task, in a word; empty where nobody tells."""
    return _CALLED.get(busy.step, busy.step)


def _beside(busy: Busy, now: float) -> list[str]:
    """Return what is told of a task, the most telling first."""
    told = [as_clock(busy.seconds(now))]
    if busy.before is not None and busy.is_like_before:
        told.append(f"last time {as_clock(busy.before)}")
    if busy.cores:
        told.append(f"{busy.cores} {'core' if busy.cores == 1 else 'cores'}")
    return told


def _summary(state: State, now: float, columns: int, paint: _Paint) -> str:
    """Return the line for all, as much of it as there is room for, the most telling first."""
    failed = state.done.get(Result.FAILED, 0)
    left = state.left(now)
    counts = [
        (len(state.running), "running"),
        (state.standing.queued, "queued"),
        *((state.done.get(result, 0), word) for result, word in COUNTED.items()),
    ]
    parts = [f"{failed} failed"] if failed else []
    if left:
        parts.append(f"{'about' if left.is_all_known else 'at least'} {as_age(left.seconds)} left")
    parts += [f"{count} {word}" for count, word in counts if count]
    counter = f"[{state.count}/{state.total}]"
    while parts and width(f"{counter} {', '.join(parts)}") > columns:
        del parts[-1]
    if not parts:
        return cut(counter, columns)
    if failed:
        parts[0] = paint.bad(parts[0])
    return f"{counter} {', '.join(parts)}"
