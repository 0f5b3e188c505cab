"""Downloads: a file from a server, on from where it broke off if it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from wheelwell.digest import Sha256
from wheelwell.errors import FetchError
from wheelwell.sources import waiting
from wheelwell.sources.exchange import Answer, Exchange, Question
from wheelwell.sources.faults import FAULTS, check_status, fault_of, is_worth_retrying
from wheelwell.sources.freshness import strong_validator
from wheelwell.sources.hashing import Hashers
from wheelwell.urls import without_credentials

CHUNK = 1 << 18
_TRIES = 5
_GAIN = 1 << 20
_TELL_EVERY = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file that was asked for."""

    sha256: Sha256

    path: Path | None
    """Where it was written; None where the one that is held is still good."""


@dataclass(slots=True)
class Taken:
    """What was taken of a file so far, with its digests."""

    file: BinaryIO
    hashes: Sequence[str]
    advanced: Callable[[int, int | None], None]

    total: int | None = None
    """How many bytes it has, where the server says it."""

    done: int = 0
    hashers: Hashers = field(init=False)
    _told: float = 0.0

    def __post_init__(self) -> None:
        self.hashers = Hashers(self.hashes)

    def start_anew(self) -> None:
        """Forget what was taken."""
        self.file.seek(0)
        self.file.truncate()
        self.done, self.total = 0, None
        self.hashers = Hashers(self.hashes)

    def take(self, chunk: bytes) -> None:
        """Take the next bytes. Raises `OSError` where they cannot be written."""
        waiting.check()
        self.file.write(chunk)
        self.hashers.update(chunk)
        self.done += len(chunk)
        if time.monotonic() - self._told > _TELL_EVERY:
            self.advanced(self.done, self.total)
            self._told = time.monotonic()


def take_all(
    exchange: Exchange, question: Question, answer: Answer, taken: Taken, *, timeout: float
) -> Answer:
    """Take the whole body of an answer, with as many further requests as that needs.

    Returns the answer that began the file. Raises `FetchError` where it does not come whole.
    """
    first, tries = answer, _TRIES
    taken.total = _length(answer.headers)
    while True:
        start = taken.done
        try:
            _take(answer, taken, timeout=timeout)
            return first
        except _BrokenOffError as broken:
            tries = _TRIES if taken.done - start >= _GAIN else tries - 1
            if not tries or not broken.is_worth_trying:
                raise broken.fault from None
        finally:
            answer.close()
        waiting.pause(0.25 * 2 ** max(0, _TRIES - 1 - tries))
        answer = _go_on(exchange, question, first, taken)
        if answer.status != 206:
            first = answer


def _go_on(exchange: Exchange, question: Question, first: Answer, taken: Taken) -> Answer:
    """Ask for the rest of a file, or for all of it where it may be another by now."""
    validator = strong_validator(first.headers)
    headers = dict(question.headers)
    if validator and taken.done:
        headers |= {"Range": f"bytes={taken.done}-", "If-Range": validator}
    answer = exchange.ask(replace(question, headers=headers, is_held=lambda _: False))
    if answer.status == 206 and _is_rest(answer.headers, taken):
        return answer
    taken.start_anew()
    if answer.status in {206, 416}:  # not what was asked for: ask as if nothing was there
        answer.close()
        answer = exchange.ask(replace(question, is_held=lambda _: False))
    check_status(answer.status, question.url)
    taken.total = _length(answer.headers)
    return answer


def _is_rest(headers: Mapping[str, str], taken: Taken) -> bool:
    """Say whether a partial answer begins where we stopped, in a file of the same length."""
    unit, _, span = headers.get("content-range", "").partition(" ")
    place, _, total = span.partition("/")
    is_same = taken.total is None or total in {"*", str(taken.total)}
    return unit.lower() == "bytes" and place.partition("-")[0] == str(taken.done) and is_same


class _BrokenOffError(Exception):
    """A body ended before its end."""

    def __init__(self, fault: FetchError, *, is_worth_trying: bool = True) -> None:
        self.fault = fault
        self.is_worth_trying = is_worth_trying


def _take(answer: Answer, taken: Taken, *, timeout: float) -> None:
    for chunk in _chunks(answer, timeout=timeout):
        taken.take(chunk)
    if taken.total is not None and taken.done != taken.total:
        url = without_credentials(answer.url)
        reason = f"{taken.done} of {taken.total} bytes came"
        raise _BrokenOffError(FetchError(url, reason, hint="try again"))


def _chunks(answer: Answer, *, timeout: float) -> Iterator[bytes]:
    assert answer.response is not None
    stream = answer.response.raw.stream(CHUNK, decode_content=False)
    while True:
        try:
            chunk = next(stream, b"")
        except FAULTS as error:
            raise _BrokenOffError(
                fault_of(error, answer.url, timeout), is_worth_trying=is_worth_retrying(error)
            ) from None
        if not chunk:
            return
        yield chunk


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None
