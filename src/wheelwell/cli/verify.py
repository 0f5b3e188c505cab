"""`wheelwell verify`: everything read again, what is wrong set aside, and built again if asked."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from wheelwell.cli import exits, print_json, show_error
from wheelwell.cli.opened import configured, opened, patterns, warn
from wheelwell.cli.progress import Progress
from wheelwell.compose.cache import open_cache
from wheelwell.errors import WheelwellError
from wheelwell.quantities import as_size

if TYPE_CHECKING:
    from wheelwell.record import Record
    from wheelwell.store.verify import Verified


def verify(arguments: argparse.Namespace) -> int:
    """Read everything again; exit with 5 where something is wrong."""
    count = size = 0
    wrong: list[Verified] = []
    upkeep, meant = opened(arguments), patterns(arguments)
    for seen in upkeep.verify(*meant):
        count += 1
        size += seen.size
        if seen.fault:
            wrong.append(seen)
            _tell(seen, json=arguments.json)
    healed = _rebuild(arguments, wrong, list(upkeep.lost(*meant))) if arguments.rebuild else 0
    if meant and not count and not healed:
        print(f"no entry matches {', '.join(each.text for each in meant)}", file=sys.stderr)
        return exits.NOT_IN_CACHE
    if arguments.json:
        print_json({"read": count, "bytes": size, "wrong": len(wrong), "rebuilt": healed})
    elif not arguments.quiet:
        rebuilt = f", {healed} built again" if healed else ""
        print(f"{count} files read ({as_size(size)}), {len(wrong)} wrong{rebuilt}")
    return exits.UNSOUND if wrong else exits.DONE


def _tell(seen: Verified, *, json: bool) -> None:
    if json:
        print_json(
            {
                "kind": seen.kind,
                "name": seen.name,
                "path": seen.path,
                "fault": seen.fault,
                "expected": seen.expected,
                "found": seen.found,
                "moved": seen.moved,
            }
        )
        return
    print(f"{seen.name}: {seen.fault}", file=sys.stderr)
    print(f"  file: {seen.path}", file=sys.stderr)
    if seen.expected:
        print(f"  expected {seen.expected}\n  found    {seen.found}", file=sys.stderr)
    if seen.moved:
        print(f"  moved to {seen.moved}", file=sys.stderr)


def _rebuild(arguments: argparse.Namespace, wrong: list[Verified], lost: list[Record]) -> int:
    """Build again what was wrong, now or before; return how much of it was."""
    for seen in wrong:
        if seen.record is None and seen.kind == "wheels":
            warn(f"{seen.name}: its record cannot be read, so nothing tells what to build")
    records = {each.record.key: each.record for each in wrong if each.record is not None}
    records |= {record.key: record for record in lost}
    if not records:
        return 0
    progress = Progress(quiet=arguments.quiet)
    healed = 0
    with open_cache(configuration=configured(arguments), warn=progress.warned) as cache:
        for record in records.values():
            try:
                with progress:
                    cache.rebuild(record, reporter=progress)
                healed += 1
            except WheelwellError as error:
                show_error(error, subject=record.filename)
    return healed
