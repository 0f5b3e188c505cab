"""`wheelwell stats`: what the cache was good for, by day and by project."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import opened
from wheelwell.cli.tables import table
from wheelwell.quantities import as_age, as_size
from wheelwell.request import normalize
from wheelwell.statistics import Statistics, Sums, date_of

_HEAD = ("HITS", "BUILDS", "FAILED", "SAVED", "BUILT IN")
_BLOCKS = " ▏▎▍▌▋▊▉█"
_MOST = 20
"""Of the projects, how many are shown."""


def stats(arguments: argparse.Namespace) -> int:
    """Print sums of what happened; with `--json` one object."""
    projects = [normalize(name) for name in arguments.projects]
    told = opened(arguments).statistics(*projects, days=arguments.days)
    if arguments.json:
        print_json(told.to_json())
    elif not told.days:
        print("nothing happened yet" if not arguments.projects else "nothing is known of that")
    else:
        for line in _lines(told, by=arguments.by):
            print(line)
    return exits.DONE


def _lines(told: Statistics, *, by: str | None) -> Iterator[str]:
    total = told.total
    rate = f"{total.hit_rate:.0%}" if total.hit_rate is not None else "-"
    misses = f"{total.misses} misses ({total.builds} built, {total.failures} failed)"
    yield f"{total.hits} hits, {misses}: {rate} hits"
    yield f"{_span(total.seconds_saved)} saved, {_span(total.seconds_built)} spent on builds"
    yield f"{as_size(total.bytes_served)} served, {as_size(total.bytes_built)} built"
    if total.removals:
        yield f"{total.removals} wheels removed ({as_size(total.bytes_removed)})"
    if by != "project":
        yield ""
        days = [(date_of(day), sums) for day, sums in sorted(told.days.items())]
        yield from _plot("DAY", days)
    if by != "day":
        yield ""
        ranked = sorted(told.projects.items(), key=lambda each: -each[1].seconds_saved)
        yield from _plot("PROJECT", ranked[:_MOST])
        if len(ranked) > _MOST:
            yield f"and {len(ranked) - _MOST} more projects"


def _plot(head: str, rows: list[tuple[str, Sums]]) -> Iterator[str]:
    """Yield a table of sums, with a bar for the seconds that were saved."""
    most = max((sums.seconds_saved for _, sums in rows), default=0.0)
    cells = [(head, *_HEAD), *((name, *_cells(sums)) for name, sums in rows)]
    lines = [*table(cells, right={1, 2, 3, 4, 5})]
    room = shutil.get_terminal_size().columns - max(map(len, lines)) - 2
    wide = max(map(len, lines))
    yield lines[0]
    for line, (_, sums) in zip(lines[1:], rows, strict=True):
        bar = _bar(sums.seconds_saved / most, min(room, 40)) if most and room > 4 else ""
        yield f"{line.ljust(wide)}  {bar}".rstrip()


def _cells(sums: Sums) -> tuple[str, ...]:
    counts = (sums.hits, sums.builds, sums.failures)
    return (*map(str, counts), _span(sums.seconds_saved), _span(sums.seconds_built))


def _bar(part: float, width: int) -> str:
    """Return a bar of a part of a width: in eighths of a block where the terminal has them."""
    try:
        _BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#" * round(part * width)
    eighths = round(part * width * 8)
    return _BLOCKS[8] * (eighths // 8) + _BLOCKS[eighths % 8].strip()


def _span(seconds: float) -> str:
    """Return a time span as people read it, with one decimal where it is short."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return as_age(seconds) if seconds >= 2 * 3600 else f"{seconds / 60:.0f} min"
