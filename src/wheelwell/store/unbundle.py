"""Reading bundles: each entry that is whole is handed on; of every other it is said what is wrong.

Names, kinds, order and sizes are checked before anything is written, and everything is written in
the staging area. Whether a record tells the truth about its wheel is for others to see.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from wheelwell.bundled import Unpacked, Unusable
from wheelwell.digest import is_sha256
from wheelwell.errors import InvalidBundle
from wheelwell.record import Record
from wheelwell.store.bundle import FACTS, HEAD, MOST_TEXT, MOST_WHEEL, SCHEMA, member_name
from wheelwell.store.layout import LOG, RECORD, Layout
from wheelwell.store.members import Member, members
from wheelwell.store.staging import staged

MOST_LOG = 1 << 30
"""Of a build's log that is unpacked, in bytes; no build may print half as much."""

_SHOWN = 120


class Refused(Exception):
    """A member is not what it should be; `str` says how."""


def unpack(layout: Layout, stream: BinaryIO) -> Iterator[Unpacked | Unusable]:
    """Yield what is in a bundle, whole or not usable.

    Raises `InvalidBundle` where it is none, or cannot be read on; what came before was good.
    """
    found = members(stream)
    _check_head(found)
    seen: set[str] = set()
    with staged(layout) as staging:
        entry: _Entry | None = None
        for member in found:
            key = member.name.partition("/")[0]
            if entry is None or entry.key != key:
                yield from _ended(entry)
                entry = _Entry(key, f"{staging}/{len(seen)}", is_double=key in seen)
                seen.add(key)
            try:
                done = entry.take(member)
            except Refused as refusal:
                yield Unusable(name=_shown(member.name), why=str(refusal))
                continue
            if done is not None:
                yield done
                shutil.rmtree(entry.directory)
        yield from _ended(entry)


class _Entry:
    """An entry that is being read: its members come in one order."""

    def __init__(self, key: str, directory: str, *, is_double: bool) -> None:
        self.key = key
        self.directory = directory
        self.is_over = False
        """Whether it was handed on, or refused: what else comes of it is skipped."""
        self._is_double = is_double
        self._is_whole = False
        self._record: Record | None = None
        self._facts: dict[str, Any] | None = None
        self._has_log = False

    def take(self, member: Member) -> Unpacked | None:
        """Take the next member; return the entry when it is whole. Raises `Refused`."""
        if self.is_over:
            self._check_rest()
            return None
        try:
            return self._take(member, member.name.partition("/")[2])
        except (Refused, ValueError, RecursionError, zlib.error) as error:
            self.is_over = True
            shutil.rmtree(self.directory, ignore_errors=True)
            raise Refused(str(error)) from error

    def _take(self, member: Member, name: str) -> Unpacked | None:
        self._check(member)
        if self._record is None:
            self._expect(name, RECORD)
            self._record = self._read_record(member)
        elif self._facts is None:
            self._expect(name, FACTS)
            self._facts = _object(_text(member))
        elif not self._has_log:
            self._expect(name, LOG)
            self._unpack_log(member)
        else:
            self._expect(name, member_name(self._record))
            self._write_wheel(member, self._record)
            self.is_over = self._is_whole = True
            return Unpacked(
                record=self._record, facts=self._facts, wheel=self._wheel, log=self._log
            )
        return None

    def _check_rest(self) -> None:
        """Say once that more comes of an entry that was whole."""
        if self._is_whole:
            self._is_whole = False
            raise Refused("its entry was whole before")

    def _check(self, member: Member) -> None:
        if not is_sha256(self.key) or member.name.count("/") != 1:
            raise Refused("no entry has a file of this name")
        if self._is_double:
            raise Refused("this entry came before")
        if not member.is_file:
            raise Refused("it is no plain file")

    def _expect(self, name: str, expected: str) -> None:
        if name != expected:
            raise Refused(f"{expected} should come here")

    def _read_record(self, member: Member) -> Record:
        record = Record.from_text(_text(member).decode())
        if record.key != self.key:
            raise Refused("its record is of another key")
        if len(os.fsencode(record.filename)) > os.pathconf("/", "PC_NAME_MAX"):
            raise Refused("no file can have the name of its wheel")
        os.mkdir(self.directory)
        os.mkdir(f"{self.directory}/wheel")
        return record

    @property
    def _log(self) -> str:
        return f"{self.directory}/log"

    @property
    def _wheel(self) -> str:
        assert self._record is not None
        return f"{self.directory}/wheel/{self._record.filename}"

    def _unpack_log(self, member: Member) -> None:
        unpacker, size = zlib.decompressobj(wbits=31), 0
        with open(self._log, "xb") as file:
            for chunk in member.chunks():
                while chunk and not unpacker.eof:
                    text = unpacker.decompress(chunk, 1 << 20)
                    chunk = unpacker.unconsumed_tail  # noqa: PLW2901
                    size += file.write(text)
                    if size > MOST_LOG:
                        raise Refused(f"its log is larger than {MOST_LOG >> 20} MiB")
        if not unpacker.eof or unpacker.unused_data:
            raise Refused("its log is no gzip file, or is not all of it")
        self._has_log = True

    def _write_wheel(self, member: Member, record: Record) -> None:
        if member.size > MOST_WHEEL:
            raise Refused(f"its wheel is larger than {MOST_WHEEL >> 30} GiB")
        hasher = hashlib.sha256()
        with open(self._wheel, "xb") as file:
            for chunk in member.chunks():
                hasher.update(chunk)
                file.write(chunk)
        if (found := hasher.hexdigest()) != record.sha256:
            raise Refused(f"its wheel hashes to {found}, not {record.sha256}")


def _ended(entry: _Entry | None) -> Iterator[Unusable]:
    """Say what is wrong with an entry of which nothing more comes."""
    if entry is not None and not entry.is_over:
        shutil.rmtree(entry.directory, ignore_errors=True)
        yield Unusable(name=_shown(entry.key), why="it is not all there")


def _check_head(found: Iterator[Member]) -> None:
    try:
        head = next(found, None)
    except InvalidBundle as error:
        raise InvalidBundle("it is no tar of entries of wheelwell") from error
    if head is None or head.name != HEAD or not head.is_file or head.size > MOST_TEXT:
        raise InvalidBundle("it is no tar of entries of wheelwell")
    try:
        schema = _object(head.read()).get("schema")
    except (Refused, ValueError, RecursionError) as error:
        raise InvalidBundle(f"its {HEAD} cannot be read: {error}") from error
    if schema != SCHEMA:
        raise InvalidBundle(
            f"it is of version {schema!r}, and this wheelwell reads version {SCHEMA}",
            hint="export it again with the wheelwell that is here",
        )


def _text(member: Member) -> bytes:
    if member.size > MOST_TEXT:
        raise Refused(f"it is larger than {MOST_TEXT >> 20} MiB")
    return member.read()


def _object(text: bytes) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise Refused("it is no JSON object")
    return value


def _shown(name: str) -> str:
    """Return a name that a terminal can be shown."""
    plain = ascii(name)[1:-1]
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
