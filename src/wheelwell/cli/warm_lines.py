"""Plain lines of a warm-up: what stays, on a terminal and in the log of a CI job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wheelwell.cli.warm_state import Busy, State
from wheelwell.cli.warm_view import COUNTED, doing
from wheelwell.outcome import Outcome, Result
from wheelwell.quantities import as_age

LONG = 30.0
"""After how many seconds a task is told of though it does not build yet."""

SILENCE = 300.0
"""After how many seconds without a line it is said what still goes on: many a CI ends a job that is
silent for ten minutes."""

_MOST = 8
"""How many tasks are named that still go on."""

_NAMED = 3
"""How many tasks are named that were interrupted."""


def of_outcome(outcome: Outcome, name: str, state: State) -> str:
    """Return the line of an outcome, once the state knows of it."""
    width = len(str(state.total))
    counted = f"[{state.count:{width}}/{state.total}]"
    word = "FAILED" if outcome.result is Result.FAILED else COUNTED[outcome.result]
    took = f" in {outcome.seconds:.1f} s" if outcome.result is Result.BUILT else ""
    degraded = "degraded" if outcome.is_degraded else ""
    why = outcome.failure or outcome.why or outcome.blocked_by or outcome.note or degraded
    return f"{counted} {word:9} {name}{took}{f': {why}' if why else ''}"


def begun(busy: Busy) -> str:
    """Return the line of a task that goes on."""
    return f"{doing(busy) or 'working on'} {busy.name}"


def due(state: State, now: float, silence: float) -> tuple[list[str], State]:
    """Return what there is to say after so many seconds without a line, and the state then.

    That is a step before the build that takes long, once, and all that goes on, every few minutes.
    """
    late = {n: e for n, e in state.running.items() if not e.is_told and e.seconds(now) >= LONG}
    for task in late:
        state = state.told(task)
    lines = [begun(busy) for busy in late.values()]
    if not lines and silence >= SILENCE:
        lines = [*_still([*state.running.values()], now)]
    return lines, state


def _still(running: Sequence[Busy], now: float) -> Iterator[str]:
    for busy in running[:_MOST]:
        times = [as_age(busy.seconds(now))]
        if busy.before is not None and busy.is_like_before:
            times.append(f"last time {as_age(busy.before)}")
        yield f"still {begun(busy)} ({', '.join(times)})"
    if len(running) > _MOST:
        yield f"and {len(running) - _MOST} more"


def interrupted(state: State) -> str:
    """Return what was interrupted, and how it goes on."""
    names = [busy.name for busy in state.running.values()]
    named = names if len(names) <= _NAMED else names[: _NAMED - 1]
    if len(named) < len(names):
        named.append(f"{len(names) - len(named)} more")
    what = f"{' and '.join(filter(None, (', '.join(named[:-1]), named[-1])))} " if named else ""
    was = f"{what}{'was' if len(names) == 1 else 'were'} not finished, " if names else ""
    return f"{was}{state.count} of {state.total} done; the same command goes on from there"
