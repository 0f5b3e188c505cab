"""Fetching: pages and files over HTTP, or from this machine, with errors that say what to try."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from wheelwell.digest import Sha256
from wheelwell.errors import FetchError
from wheelwell.indexes import Connection
from wheelwell.options import Options
from wheelwell.protocols import Responses
from wheelwell.sources import waiting
from wheelwell.sources.answers import Answers, Nowhere
from wheelwell.sources.credentials import Credentials
from wheelwell.sources.download import CHUNK, Fetched, Taken, take_all
from wheelwell.sources.exchange import Answer, Exchange, Question
from wheelwell.sources.faults import check_status, translated
from wheelwell.sources.freshness import Stored
from wheelwell.sources.located import Caller
from wheelwell.sources.naming import archive_name, name_in_url

ANYBODY: Caller = Options()
"""Who asks where nobody says so."""

_TRIES_OF_A_PAGE = 3


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a page, and what it is."""

    body: bytes
    content_type: str
    url: str = field(repr=False)
    """Where it was in the end, after redirects."""

    is_current: bool = True
    """Whether its server was asked for it just now."""


class Web:
    """Fetches over HTTP and from `file:` URLs. Threads may share it."""

    def __init__(
        self,
        connection: Connection,
        *,
        agent: str,
        indexes: Iterable[str] = (),
        responses: Responses | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._timeout = connection.timeout
        self._exchange = Exchange(
            connection,
            agent=agent,
            answers=Answers(responses or Nowhere()),
            credentials=Credentials(tuple(indexes), connection.keyring),
            now=now,
        )

    def page(self, url: str, *, accept: str, caller: Caller = ANYBODY) -> Page | None:
        """Return a page, or None where there is none (404 and 410).

        Raises `FetchError`, `Cancelled`, and `NotInCache` where it would have to be asked for.
        """
        if url.startswith("file:"):
            return _local_page(url)
        question = Question(url=url, headers={"Accept": accept}, caller=caller, kind="page")
        with waiting.for_caller(caller.is_cancelled):
            for tries in range(_TRIES_OF_A_PAGE):
                with contextlib.closing(self._exchange.ask(question)) as answer:
                    if answer.status in {404, 410}:
                        return None
                    _check(answer, url)
                    try:
                        body = self._body(answer, url)
                    except FetchError:
                        if tries + 1 == _TRIES_OF_A_PAGE:
                            raise
                        continue
                    kind = answer.headers.get("content-type", "")
                    return Page(body, kind, answer.url, is_current=not answer.is_unasked)
        raise AssertionError("the last try returns or raises")

    def download(
        self,
        url: str,
        into: Path,
        *,
        hashes: Sequence[str],
        filename: str = "",
        caller: Caller = ANYBODY,
        is_held: Callable[[Sha256], bool] | None = None,
    ) -> Fetched:
        """Write the file at `url` into the directory `into`, and return its SHA-256.

        Where it has no `filename`, the server is asked for one. With `is_held`, which says whether
        we have a content (and whether it has one of `hashes`), what the URL holds is remembered,
        and it is not fetched again before it changes.

        Raises `HashMismatch` where it has none of `hashes` (none given, none asked), `FetchError`,
        `Cancelled`, `NotInCache`, and `OSError` where it cannot be written.
        """
        if url.startswith("file:"):
            return _copied(url, into / (filename or name_in_url(url)), hashes, caller)

        def is_here(stored: Stored) -> bool:
            return is_held is not None and stored.archive is not None and is_held(stored.archive)

        question = Question(
            url=url,
            # Some servers call a .tar.gz gzip-encoded: its bytes are wanted as they are stored.
            headers={"Accept-Encoding": "identity"},
            caller=caller,
            kind="archive",
            is_held=is_here,
            is_promised=bool(hashes),
        )
        with (
            waiting.for_caller(caller.is_cancelled),
            contextlib.closing(self._exchange.ask(question)) as answer,
        ):
            if answer.stored is not None and answer.stored.archive is not None:
                return Fetched(sha256=answer.stored.archive, path=None)
            _check(answer, url)
            path = into / (filename or archive_name(answer.url, answer.headers))
            first, sha256 = self._write(question, answer, path, hashes)
            if is_held is not None:
                first.keep(b"", sha256)
            return Fetched(sha256=sha256, path=path)

    def _write(
        self, question: Question, answer: Answer, path: Path, hashes: Sequence[str]
    ) -> tuple[Answer, Sha256]:
        """Write a body; return the answer that it belongs to in the end, and its SHA-256."""
        reporter = question.caller.reporter
        reporter.began("downloading", path.name)
        with path.open("xb") as file:
            taken = Taken(file, hashes, reporter.advanced)
            first = take_all(self._exchange, question, answer, taken, timeout=self._timeout)
        taken.hashers.check(path.name)
        return first, taken.hashers.sha256()

    def _body(self, answer: Answer, url: str) -> bytes:
        if answer.stored is not None:
            return answer.stored.body
        assert answer.response is not None
        with translated(url, self._timeout):
            body = answer.response.content
        answer.keep(body, None)
        return body


def local_path(url: str) -> Path:
    """Return the path that a `file:` URL names."""
    return Path(unquote(urlsplit(url).path))


def _check(answer: Answer, url: str) -> None:
    check_status(answer.status, url, retry_after=answer.headers.get("retry-after", ""))


def _copied(url: str, target: Path, hashes: Sequence[str], caller: Caller) -> Fetched:
    caller.reporter.began("downloading", target.name)
    with (
        waiting.for_caller(caller.is_cancelled),
        _opened(local_path(url)) as original,
        target.open("xb") as file,
    ):
        size = os.fstat(original.fileno()).st_size
        taken = Taken(file, hashes, caller.reporter.advanced, size)
        while chunk := original.read(CHUNK):
            taken.take(chunk)
    taken.hashers.check(target.name)
    return Fetched(sha256=taken.hashers.sha256(), path=target)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FetchError(str(path), "it is not there") from error
    except OSError as error:
        raise FetchError(str(path), error.strerror or "it cannot be read") from error


def _local_page(url: str) -> Page | None:
    index = local_path(url)
    try:
        if index.is_dir():
            index /= "index.html"
        return Page(index.read_bytes(), "text/html", index.as_uri())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FetchError(str(index), error.strerror or "it cannot be read") from error
