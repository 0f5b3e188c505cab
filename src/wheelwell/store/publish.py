"""Publishing: a finished build becomes an entry, all at once."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
from dataclasses import replace

from wheelwell.record import Record
from wheelwell.store import atomic, inside, modes
from wheelwell.store.entry import stamp_of, write_record
from wheelwell.store.layout import LOG, RECORD, Layout
from wheelwell.store.staging import staged

_CHUNK = 1 << 20


def publish(layout: Layout, directory: str, record: Record, *, wheel: str, log: str) -> Record:
    """Store a wheel and its log in the entry `directory`; return the record as it was written.

        staging/…/<build>/ {wheel, log}  written and synced
              | rename
        <directory>/<build>/             there, but no record names it: readers see what was before
              | record.json replaced by rename
        <directory>/record.json          names <build>: readers see the new wheel

    Raises `OSError`; what is visible is then as it was before.
    """
    record = replace(record, build=atomic.token())
    try:
        with staged(layout) as staging:
            ready = f"{staging}/{record.build}"
            modes.make_directory(ready)
            _copy(wheel, f"{ready}/{record.filename}")
            _compress(log, f"{ready}/{LOG}")
            inside.sync(ready)
            record = replace(record, stamp=stamp_of(f"{ready}/{record.filename}"))
            os.utime(ready, (0, 0))  # nobody was handed it: a sweep may know it by that
            atomic.move(ready, f"{directory}/{record.build}", below=layout.root)
        inside.sync(directory)
        write_record(layout, directory, record)
        os.utime(f"{directory}/{record.build}")
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = directory  # it is about a descriptor: say whose
        _withdraw(layout, directory, record)
        raise
    return record


def _withdraw(layout: Layout, directory: str, record: Record) -> None:
    """Remove a build that no record came to name."""
    try:
        inside.check(directory, below=layout.root)
    except OSError:
        return  # it never came to be there
    with contextlib.suppress(OSError), open(f"{directory}/{RECORD}", encoding="utf-8") as file:
        if f'"{record.build}"' in file.read():
            return
    shutil.rmtree(f"{directory}/{record.build}", ignore_errors=True)
    with contextlib.suppress(OSError):  # it holds other builds, or never was
        os.rmdir(directory)


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as reader, open(target, "xb") as writer:
        modes.share(target)
        shutil.copyfileobj(reader, writer, _CHUNK)
        writer.flush()
        os.fsync(writer.fileno())


def _compress(source: str, target: str) -> None:
    with open(source, "rb") as reader, open(target, "xb") as writer:
        modes.share(target)
        with gzip.GzipFile(filename="", mode="wb", fileobj=writer, mtime=0) as packer:
            shutil.copyfileobj(reader, packer, _CHUNK)
        writer.flush()
        os.fsync(writer.fileno())
