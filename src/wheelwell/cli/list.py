"""`wheelwell list`: the entries, one a line."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import opened, patterns
from wheelwell.cli.selecting import selected, selection_of
from wheelwell.cli.tables import printable, table
from wheelwell.quantities import as_age, as_size
from wheelwell.selection import Selection, built_at

if TYPE_CHECKING:
    from wheelwell.store.inventory import Stored

_HEAD = ("NAME", "VERSION", "TAGS", "SIZE", "BUILT", "IN", "USED", "SOURCE", "")

ORDERS: dict[str, Callable[[Stored], Any]] = {
    "name": lambda stored: (stored.record.inputs["name"], stored.record.filename),
    "size": lambda stored: -stored.size,
    "used": lambda stored: -stored.used,
    "built": lambda stored: -built_at(stored.record),
    "seconds": lambda stored: -stored.record.observed.seconds,
}
"""What entries may be sorted by: the largest, or the latest, first."""


def show_list(arguments: argparse.Namespace) -> int:
    """Print what is in the cache; exit with 3 where a pattern was given and means nothing."""
    upkeep = opened(arguments)
    found: Iterable[Stored] = selected(upkeep, selection_of(arguments), *patterns(arguments))
    count = 0
    if arguments.json and arguments.sort is None:  # a large cache is told as it is read
        for stored in found:
            count += 1
            print_json(as_json(stored))
    else:
        chosen = sorted(found, key=ORDERS[arguments.sort or "name"])
        count = len(chosen)
        _print(chosen, arguments)
    if not count and not arguments.json:
        is_all = not arguments.patterns and selection_of(arguments) == Selection()
        print("the cache is empty" if is_all else "no entry matches", file=sys.stderr)
    return exits.DONE if count or not arguments.patterns else exits.NOT_IN_CACHE


def as_json(stored: Stored) -> dict[str, Any]:
    """Return what `list --json` tells of an entry."""
    record, observed = stored.record, stored.record.observed
    return {
        "name": record.inputs["name"],
        "version": record.inputs["version"],
        "filename": record.filename,
        "path": stored.entry.path,
        "key": record.key,
        "sha256": record.sha256,
        "bytes": stored.size,
        "built_at": observed.built_at,
        "seconds": observed.seconds,
        "used_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stored.used)),
        "python": observed.python,
        "source": observed.origin,
        "degraded": record.degraded,
    }


def _print(chosen: list[Stored], arguments: argparse.Namespace) -> None:
    if arguments.json:
        for stored in chosen:
            print_json(as_json(stored))
    elif arguments.format == "abspath":
        for stored in chosen:
            print(stored.entry.path)
    elif chosen:
        width = os.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in table([_HEAD, *map(_row, chosen)], width=width, right={3, 4, 5, 6}):
            print(line)
        total = as_size(sum(stored.size for stored in chosen))
        print(f"{len(chosen)} wheel{'s' if len(chosen) != 1 else ''}, {total}", file=sys.stderr)


def _row(stored: Stored) -> tuple[str, ...]:
    record, now = stored.record, time.time()
    name, version = str(record.inputs["name"]), str(record.inputs["version"])
    tags = "-".join(record.filename.removesuffix(".whl").split("-")[-3:])
    return tuple(
        printable(text)
        for text in (
            name,
            version,
            tags,
            as_size(stored.size),
            f"{as_age(now - built_at(record))} ago",
            f"{record.observed.seconds:.1f} s",
            f"{as_age(now - stored.used)} ago",
            record.observed.origin.rpartition("/")[2] or record.observed.origin,
            "degraded" if record.degraded == "yes" else "",
        )
    )
