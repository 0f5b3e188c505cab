"""Timing: acts that are run by turns, so that a busy machine is busy for all of them alike."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Sample(NamedTuple):
    """What one act took, in seconds."""

    wall: float

    cpu: float
    """User and system time, that of its processes too: what a busy machine hardly changes."""

    memory: int = 0
    """What a command held in memory at most, in bytes."""


Act = Callable[[], Sample]
"""Prepares what it needs, then does one thing, and tells what that alone took."""


class Failed(Exception):
    """A command that is measured ended with an error; `str` is what it said."""


def command(
    *argv: str | os.PathLike[str],
    environ: Mapping[str, str],
    cwd: str | os.PathLike[str],
) -> Sample:
    """Run a command to its end. Raises `Failed`."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, env=environ, cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)  # its own usage, and that of its children
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise Failed(f"{' '.join(map(str, argv))}\n{said.read().decode(errors='replace')}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def call(function: Callable[[], object]) -> Sample:
    """Call a function; the processes that it waits for count too."""
    cpu, began = _cpu(), time.perf_counter()
    function()
    return Sample(time.perf_counter() - began, _cpu() - cpu)


def by_turns(
    acts: Mapping[str, Act], *, rounds: int, is_cold: bool = True
) -> dict[str, list[Sample]]:
    """Run A B C A B C …; where all is cold, a first round, which warms caches, is not counted."""
    for act in acts.values() if is_cold else ():
        act()
    samples: dict[str, list[Sample]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            samples[name].append(act())
    return samples


def each_call(
    functions: Mapping[str, Callable[[], object]], *, batches: int, size: int
) -> dict[str, list[int]]:
    """Call quick functions in batches by turns; return what each call took, in nanoseconds."""
    now = time.perf_counter_ns
    taken: dict[str, list[int]] = {name: [] for name in functions}
    for batch in range(batches + 1):
        for name, function in functions.items():
            gc.collect()
            found = []
            for _ in range(size):
                began = now()
                function()
                found.append(now() - began)
            if batch:  # the first one warms caches
                taken[name] += found
    return taken


def median(samples: Sequence[Sample]) -> Sample:
    """Return the median of wall times, and that of CPU times."""
    return Sample(
        statistics.median(sample.wall for sample in samples),
        statistics.median(sample.cpu for sample in samples),
    )


def least(samples: Sequence[Sample]) -> Sample:
    """Return the least wall time, and the least CPU time."""
    return Sample(min(sample.wall for sample in samples), min(sample.cpu for sample in samples))


def show_samples(samples: Mapping[str, Sequence[Sample]], *, base: str) -> None:
    """Print a line an act, with the ratio of its CPU time to that of the act `base`."""
    unit = median(samples[base]).cpu
    rows = []
    for name, found in samples.items():
        usual = median(found)
        ratio = f"{usual.cpu / unit:.2f}"
        rows.append([name, _ms(least(found).wall), _ms(usual.wall), _ms(usual.cpu), ratio])
    show(["", "wall min", "wall median", "user+sys median", f"÷ {base}"], rows)


def show(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, figures to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())
    print()


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _cpu() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)
