"""Filling: a store of as many entries as wanted, written as a build would leave them."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from support.values import CPYTHON_313, PURE, record_of
from wheelwell.digest import sha256_chunks, sha256_text
from wheelwell.key import Keyed
from wheelwell.source import Archive
from wheelwell.store.disk import open_store
from wheelwell.store.entry import stamp_of
from wheelwell.store.layout import LOG, RECORD, Layout

PROJECT, VERSION = 50, 5
"""How many entries a project has, and a version of it: one for each Python."""

WHEEL = b"not a wheel, but as good as one for who does not look into it"
DAYS = 365
EVENTS_A_DAY = 100

_LOG = gzip.compress(b"built\n", mtime=0)


def fill(root: Path, count: int) -> None:
    """Fill the store in a directory with entries that were used over a year, and a journal."""
    layout = open_store(str(root), warn=print).layout
    now = time.time()
    for number, keyed in enumerate(_builds(count)):
        _write(layout, keyed, number, used=now - 7200 - (number * 7919 % DAYS) * 86400)
    _write_journal(Path(layout.journal), now)


def _builds(count: int) -> Iterator[Keyed]:
    for number in range(count):
        project, rest = divmod(number, PROJECT)
        version, python = divmod(rest, VERSION)
        yield replace(
            PURE,
            name=f"project-{project}",
            version=f"{version}.0",
            source=Archive(sha256=sha256_text(f"{project} {version}")),
            interpreter=replace(
                CPYTHON_313,
                version=f"3.{10 + python}.0",
                soabi=f"cpython-3{10 + python}-x86_64-linux-gnu",
            ),
        )


def _write(layout: Layout, keyed: Keyed, number: int, *, used: float) -> None:
    """Write an entry, without the care that an entry of a user deserves."""
    token = f"{number:016x}"
    directory = layout.entry(keyed.name, keyed.source, keyed.key())
    filename = f"{keyed.name.replace('-', '_')}-{keyed.version}-py3-none-any.whl"
    build = f"{directory}/{token}"
    os.makedirs(build)
    Path(build, filename).write_bytes(WHEEL)
    Path(build, LOG).write_bytes(_LOG)
    record = record_of(
        keyed,
        build=token,
        filename=filename,
        sha256=sha256_chunks([WHEEL]),
        stamp=stamp_of(f"{build}/{filename}"),
    )
    record = replace(record, observed=replace(record.observed, seconds=float(number % 97)))
    Path(directory, RECORD).write_text(record.to_text())
    for path in (build, f"{directory}/{RECORD}"):
        os.utime(path, (used, used))


def _write_journal(directory: Path, now: float) -> None:
    directory.mkdir()
    for day in range(DAYS):
        at = now - day * 86400
        date = time.strftime("%Y-%m-%d", time.gmtime(at))
        event = {"event": "hit", "count": 1, "seconds": 1.5, "bytes": 0}
        lines = [
            json.dumps({"at": at, "project": f"project-{number}", **event})
            for number in range(EVENTS_A_DAY)
        ]
        Path(directory, f"{date}.jsonl").write_text("\n".join(lines) + "\n")
