"""`wheelwell show`: all that is known of an entry, or the log of its build."""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wheelwell.cli import exits, print_json
from wheelwell.cli.list import as_json
from wheelwell.cli.opened import opened, patterns, warn
from wheelwell.cli.selecting import selected, selection_of
from wheelwell.cli.tables import printable
from wheelwell.difference import flat
from wheelwell.quantities import as_size

if TYPE_CHECKING:
    from wheelwell.store.inventory import Stored


def show(arguments: argparse.Namespace) -> int:
    """Print the whole record of each entry that is meant."""
    upkeep = opened(arguments)
    pins = upkeep.pins()
    count = 0
    for stored in selected(upkeep, selection_of(arguments), *patterns(arguments)):
        count += 1
        pinned = [pin.text for pin in pins if pin.matches(stored.record)]
        if arguments.log:
            _print_log(stored)
        elif arguments.json:
            record = json.loads(stored.record.to_text())
            print_json(
                {**as_json(stored), "log": stored.entry.log, "pins": pinned, "record": record}
            )
        else:
            print("\n".join([*([""] if count > 1 else []), *_lines(stored, pinned)]), flush=True)
    if not count:
        print("no entry matches", file=sys.stderr)
    return exits.DONE if count else exits.NOT_IN_CACHE


def _print_log(stored: Stored) -> None:
    try:
        with gzip.open(stored.entry.log) as log:
            shutil.copyfileobj(log, sys.stdout.buffer)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        warn(f"{stored.entry.log} is damaged; `wheelwell verify` sets it aside")
    sys.stdout.flush()


def _lines(stored: Stored, pinned: list[str]) -> Iterator[str]:
    record, observed = stored.record, stored.record.observed
    yield printable(record.filename)
    yield from _fields(
        {
            "path": stored.entry.path,
            "log": stored.entry.log,
            "sha256": record.sha256,
            "key": record.key,
            "size": as_size(stored.size),
            "last used": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(stored.used)),
            "pinned": ", ".join(pinned),
        }
    )
    yield "the key is made of"
    yield from _fields(flat(record.inputs))
    yield "the build"
    yield from _fields(
        {
            "built at": observed.built_at,
            "source": observed.origin,
            "took": f"{observed.seconds:.1f} s ({observed.cpu_seconds:.1f} s of CPU)",
            "memory": as_size(observed.peak_memory),
            "python": observed.python,
            "libc": observed.libc,
            "frontend": observed.frontend,
            "wheelwell": observed.wheelwell,
            "with": ", ".join(f"{n} {v}" for n, v in observed.requirements.items()),
        }
    )
    yield "the wheel"
    yield from _fields(
        {
            "degraded": record.degraded,
            "because": "; ".join(record.evidence),
            "native": ", ".join(record.native),
            "needs": _needs(record.needs),
        }
    )


def _needs(needs: Any) -> str:
    if needs is None:
        return "it could not be learned what it needs"
    told = asdict(needs)
    return ", ".join(f"{name} {value}" for name, value in told.items() if value) or "nothing"


def _fields(fields: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each field that says anything."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        if value not in ("", None, [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"  {printable(name).ljust(width)}  {printable(text)}"
