"""An entry on disk: a build's directory, and the record beside it that names it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from wheelwell.record import Record, Stamp
from wheelwell.store import atomic
from wheelwell.store.layout import LOG, RECORD, Layout
from wheelwell.wheel import Origin


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored wheel, looked at just now."""

    record: Record
    path: str
    """Of the wheel."""

    log: str
    """Of the build's log, gzipped."""

    origin: Origin = Origin.LOCAL
    """What a wheel from there is to its caller."""


def entry_of(directory: str, record: Record, origin: Origin = Origin.LOCAL) -> Entry:
    """Return the entry in `directory` that `record` names."""
    build = f"{directory}/{record.build}"
    return Entry(record, f"{build}/{record.filename}", f"{build}/{LOG}", origin)


def write_record(layout: Layout, directory: str, record: Record) -> None:
    """Let the record of the entry in `directory` be `record`, from one moment to the next."""
    atomic.write(f"{directory}/{RECORD}", record.to_text().encode(), layout=layout, durable=True)


def stamp_of(path: str) -> Stamp:
    """Return what the status of the file `path` says. Raises `OSError`."""
    status = os.lstat(path)  # a wheel is a file: a link in its place is damage
    return Stamp(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )
