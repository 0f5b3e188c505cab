"""Bundles: tars of whole entries, written in one way only, and read without trust.

    bundle.json                  {"schema": 1}
    <key>/record.json            without what is this machine's: its stamp, its build's name
    <key>/facts.json             what a hit needs besides, so that it needs no network
    <key>/build.log.gz
    <key>/<wheel>                in the end: by then it is known what it must be

Only plain files (ustar), sorted by key, with fixed times, owners and modes: the same entries make
the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO

from wheelwell.bundled import Packed
from wheelwell.digest import canonical
from wheelwell.errors import DamagedWheel, ExportError
from wheelwell.record import Record, Stamp
from wheelwell.store.layout import LOG, RECORD

SCHEMA = 1
"""The version of the form. A reader refuses any other."""

HEAD = "bundle.json"
FACTS = "facts.json"
LONG_NAME = "wheel.whl"
"""What a wheel is called in a bundle where its own name is longer than ustar has room for."""

MOST_WHEEL = 0o77777777777
"""Of a wheel in a bundle, in bytes: what ustar has room for, 8 GiB."""

MOST_TEXT = 16 << 20
"""Of a record, or of the facts, in bytes."""

_NAME = 100
_BUILD = "0" * 16


def pack(stream: BinaryIO, entries: Iterable[Packed]) -> None:
    """Write a bundle. Raises `OSError`, `ExportError`; what was written is of no use then."""
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        _add_text(tar, HEAD, canonical({"schema": SCHEMA}) + "\n")
        for entry in sorted(entries, key=lambda each: each.record.key):
            _add_entry(tar, entry)


def member_name(record: Record) -> str:
    """Return what the wheel of a record is called in a bundle."""
    return record.filename if len(record.filename.encode()) <= _NAME else LONG_NAME


def _add_entry(tar: tarfile.TarFile, entry: Packed) -> None:
    record, directory = entry.record, entry.record.key
    _add_text(tar, f"{directory}/{RECORD}", _portable(record).to_text())
    _add_text(tar, f"{directory}/{FACTS}", json.dumps(entry.facts, sort_keys=True) + "\n")
    with open(entry.log, "rb") as log:
        tar.addfile(_member(f"{directory}/{LOG}", os.fstat(log.fileno()).st_size), log)
    with open(entry.wheel, "rb") as wheel:
        size = os.fstat(wheel.fileno()).st_size
        if size > MOST_WHEEL:
            raise ExportError(f"{entry.wheel} is larger than a tar has room for")
        hashed = _Hashed(wheel)
        tar.addfile(_member(f"{directory}/{member_name(record)}", size), hashed)  # type: ignore[arg-type]
    if (found := hashed.hasher.hexdigest()) != record.sha256:
        raise DamagedWheel(entry.wheel, expected=record.sha256, found=found)


def _portable(record: Record) -> Record:
    """Return a record without what holds on this machine alone."""
    stamp = Stamp(size=record.stamp.size, mtime_ns=0, ctime_ns=0, inode=0)
    return replace(record, build=_BUILD, stamp=stamp)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode(errors="surrogateescape")
    if len(data) > MOST_TEXT:
        raise ExportError(f"{name} is larger than {MOST_TEXT >> 20} MiB")
    tar.addfile(_member(name, len(data)), io.BytesIO(data))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)  # of nobody, of 1970
    member.size = size
    member.mode = 0o644
    return member


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hasher = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.hasher.update(data)
        return data
