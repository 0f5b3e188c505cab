"""`wheelwell list`: the entries, one a line."""

from __future__ import annotations

import argparse
import operator
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import configured, opened, patterns
from wheelwell.cli.selecting import selected, selection_of
from wheelwell.cli.tables import printable, table
from wheelwell.errors import UsageError
from wheelwell.quantities import as_age, as_size
from wheelwell.selection import Selection, built_at

if TYPE_CHECKING:
    from wheelwell.store.inventory import Stored
    from wheelwell.store.upkeep import Upkeep

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
    kinds = arguments.kinds or ["wheels"]
    if kinds != ["wheels"] and (arguments.patterns or selection_of(arguments) != Selection()):
        raise UsageError("only wheels are chosen by pattern, age and build")
    if "wheels" not in kinds:
        return _show_others(upkeep, kinds, arguments)
    found = selected(upkeep, selection_of(arguments), *patterns(arguments))
    if arguments.json:
        count = _print_each(found, arguments.sort, as_json, print_json)
    elif arguments.format == "abspath":
        count = _print_each(found, arguments.sort or "name", lambda each: each.entry.path, print)
    else:
        count = _print_table(found, arguments.sort or "name")
    if not count and not arguments.json:
        is_all = not arguments.patterns and selection_of(arguments) == Selection()
        print("the cache is empty" if is_all else "no entry matches", file=sys.stderr)
    if (layers := configured(arguments).layers) and not arguments.json:
        print(f"what is in layers is not listed: {', '.join(layers)}", file=sys.stderr)
    if len(kinds) > 1:
        _show_others(upkeep, kinds, arguments)
    return exits.DONE if count or not arguments.patterns else exits.NOT_IN_CACHE


def _show_others(upkeep: Upkeep, kinds: Sequence[str], arguments: argparse.Namespace) -> int:
    """Print what there is of other kinds than wheels."""
    found = list(upkeep.others(*(kind for kind in kinds if kind != "wheels")))
    now = time.time()
    if arguments.json:
        for each in found:
            told = {"kind": each.kind, "name": each.name, "path": each.path, "bytes": each.size}
            print_json({**told, "used_at": _instant(each.used)})
    elif arguments.format == "abspath":
        for each in found:
            print(each.path)
    elif found:
        rows = [
            (each.kind, printable(each.name), as_size(each.size), f"{as_age(now - each.used)} ago")
            for each in found
        ]
        for line in table([("KIND", "NAME", "SIZE", "USED"), *rows], right={2, 3}):
            print(line)
    return exits.DONE


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
        "used_at": _instant(stored.used),
        "python": observed.python,
        "source": observed.origin,
        "degraded": record.degraded,
    }


def _print_each(
    found: Iterable[Stored],
    sort: str | None,
    shown: Callable[[Stored], Any],
    tell: Callable[[Any], None],
) -> int:
    """Print entries one by one, as they are read where they need no order; return how many."""
    told = (shown(stored) for stored in found) if sort is None else _sorted(found, sort, shown)
    count = 0
    for count, each in enumerate(told, 1):  # noqa: B007
        tell(each)
    return count


def _print_table(found: Iterable[Stored], sort: str) -> int:
    """Print entries as a table; return how many there are."""
    size = 0

    def row(stored: Stored) -> tuple[str, ...]:
        nonlocal size
        size += stored.size
        return _row(stored)

    rows = _sorted(found, sort, row)
    if rows:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in table([_HEAD, *rows], width=width, right={3, 4, 5, 6}):
            print(line)
        total = as_size(size)
        print(f"{len(rows)} wheel{'s' if len(rows) != 1 else ''}, {total}", file=sys.stderr)
    return len(rows)


def _sorted(found: Iterable[Stored], sort: str, shown: Callable[[Stored], Any]) -> list[Any]:
    """Return what is shown of entries, in order: of many, the records would fill the memory."""
    order = ORDERS[sort]
    pairs = [(order(stored), shown(stored)) for stored in found]
    pairs.sort(key=operator.itemgetter(0))
    return [each for _, each in pairs]


def _instant(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


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
