"""Exchanges: a question and its answer, from the cache where HTTP allows that (RFC 9111)."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from wheelwell.digest import Sha256
from wheelwell.errors import FetchError, NotInCache
from wheelwell.indexes import Connection, Network
from wheelwell.sources.answers import Answers, answer_name
from wheelwell.sources.credentials import Credentials
from wheelwell.sources.faults import translated
from wheelwell.sources.freshness import Stored, directives, kept, may_be_kept, varied
from wheelwell.sources.located import Caller
from wheelwell.sources.session import Session, is_trusted
from wheelwell.urls import without_credentials

_MOST_HOPS = 20
_CONDITIONS = ("If-None-Match", "If-Modified-Since")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked for, and by whom."""

    url: str = field(repr=False)
    headers: Mapping[str, str]
    caller: Caller

    kind: str
    """What is wanted, a page or an archive: what is kept of one is no answer for the other."""

    is_held: Callable[[Stored], bool] = lambda _: True
    """Says whether what a stored answer names is still there."""

    is_promised: bool = False
    """Whether `is_held` vouches for the content, so that its age does not matter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server says, or said."""

    status: int

    headers: Mapping[str, str]
    """Names in lower case."""

    url: str = field(repr=False)
    """Where it is in the end, after redirects."""

    stored: Stored | None = None
    """Where it comes from the cache."""

    is_unasked: bool = False
    """Whether its server was not asked at all."""

    response: requests.Response | None = None
    """Where it comes from the server: its body is still to be read."""

    keep: Callable[[bytes, Sha256 | None], None] = lambda *_: None
    """Keeps the answer for later, with its body or the archive that it was, if that is allowed."""

    def close(self) -> None:
        """Give the connection back."""
        if self.response is not None:
            self.response.close()


class Exchange:
    """Asks servers, and remembers what they said. Threads share it."""

    def __init__(
        self,
        connection: Connection,
        *,
        agent: str,
        answers: Answers,
        credentials: Credentials,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._connection = connection
        self._session = Session(connection, agent=agent)
        self._answers = answers
        self._credentials = credentials
        self._now = now

    def ask(self, question: Question) -> Answer:
        """Return the answer to a question. Raises `FetchError`, `NotInCache` and `Cancelled`."""
        with translated(question.url, self._connection.timeout):
            request = self._prepare(question)
            for _ in range(_MOST_HOPS):
                answer = self._hop(question, request)
                if isinstance(answer, Answer):
                    return answer
                request = answer
        raise FetchError(without_credentials(question.url), "the server redirects in a circle")

    def _prepare(self, question: Question) -> requests.PreparedRequest:
        request = requests.Request("GET", question.url, dict(question.headers), auth=self._sign)
        return self._session.prepare_request(request)

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return _signed(request, self._credentials.of(request.url or ""))

    def _hop(
        self, question: Question, request: requests.PreparedRequest
    ) -> Answer | requests.PreparedRequest:
        """Return the answer to one request, or the request to send next."""
        network, url = question.caller.network, request.url or ""
        if network is Network.NEVER:
            return self._recall(question, request)
        name = _name(question, request)
        stored = self._find(name, question, request)
        if stored and self._is_good(stored, question):
            return _from_cache(stored, url, is_unasked=True)
        asked = self._now()
        response = self._session.exchange(_conditional(request, stored, network))
        came = _Came(name=name, request=request, response=response, asked=asked, at=self._now())
        if response.status_code == 304 and stored:
            return self._refresh(stored, came)
        if response.status_code == 401 and (again := self._challenged(question, request)):
            response.close()
            return again
        if (onward := response.next) is not None:
            return self._onward(question, came, onward)
        return self._answer(came)

    def _refresh(self, stored: Stored, came: _Came) -> Answer | requests.PreparedRequest:
        """Return what is stored, after its server said that it is still good."""
        came.response.close()
        if not stored.is_confirmed_by(came.headers):
            self._answers.drop(came.name)
            return came.request
        refreshed = stored.refreshed(came.headers, asked=came.asked, answered=came.at)
        self._keep(came, refreshed)
        return _from_cache(refreshed, came.request.url or "")

    def _answer(self, came: _Came) -> Answer:
        """Return what a server said, its body unread."""
        status = came.response.status_code
        if status in {404, 410}:
            self._answers.drop(came.name)

        def keep(body: bytes, archive: Sha256 | None) -> None:
            told = Stored(
                headers=kept(came.headers),
                asked=came.asked,
                answered=came.at,
                varied=varied(came.headers, came.request.headers),
                body=body,
                archive=archive,
            )
            # What came in parts is whole by now (RFC 9111, 3.4).
            self._keep(came, told, is_allowed=may_be_kept(200, came.headers))

        url = came.request.url or ""
        return Answer(
            status=status, headers=came.headers, url=url, response=came.response, keep=keep
        )

    def _recall(
        self, question: Question, request: requests.PreparedRequest
    ) -> Answer | requests.PreparedRequest:
        """Answer without the network, from what was answered before."""
        url = request.url or ""
        stored = self._find(_name(question, request), question, request)
        for _ in range(_MOST_HOPS):
            if stored is None or not stored.leads_to:
                break
            url = stored.url
            stored = self._find(stored.leads_to, question, request)
        if stored and stored.leads_to:
            stored = None  # a circle
        if stored and (question.is_promised or stored.is_usable_offline(self._now())):
            return _from_cache(stored, url, is_unasked=True)
        again = self._challenged(question, request) if stored is None else None
        if again is None:
            raise NotInCache(
                f"{without_credentials(question.url)} would have to be asked for",
                hint="it never was, or its server wants to be asked each time",
            )
        return again

    def _find(
        self, name: str, question: Question, request: requests.PreparedRequest
    ) -> Stored | None:
        if "Range" in request.headers:
            return None
        stored = self._answers.find(name, url=question.url, warned=question.caller.reporter.warned)
        if stored is None or (stored.leads_to and question.caller.network is not Network.NEVER):
            return None
        if stored.leads_to:
            return stored
        return stored if stored.is_for(request.headers) and question.is_held(stored) else None

    def _is_good(self, stored: Stored, question: Question) -> bool:
        if question.caller.network is Network.REFRESH:
            return False
        return question.is_promised or stored.is_fresh(self._now())

    def _challenged(
        self, question: Question, request: requests.PreparedRequest
    ) -> requests.PreparedRequest | None:
        """Return the request with credentials that were not tried yet, or None."""
        url = request.url or ""
        pair = None if "Authorization" in request.headers else self._credentials.of(url)
        warned = question.caller.reporter.warned
        pair = pair or self._credentials.after_refusal(url, warned=warned)
        again = _signed(request.copy(), pair)
        tried, new = (each.headers.get("Authorization") for each in (request, again))
        return None if new == tried else again

    def _onward(
        self, question: Question, came: _Came, onward: requests.PreparedRequest
    ) -> requests.PreparedRequest:
        """Note where a redirect leads, for when nobody can be asked, and go there."""
        came.response.close()
        for condition in _CONDITIONS:
            onward.headers.pop(condition, None)
        leads_to, url = _name(question, onward), without_credentials(onward.url or "")
        is_allowed = "no-store" not in directives(came.headers)
        self._keep(came, Stored(leads_to=leads_to, url=url), is_allowed=is_allowed)
        return onward

    def _keep(self, came: _Came, stored: Stored, *, is_allowed: bool = True) -> None:
        """Keep an answer, unless somebody on the way could have put another in its place."""
        if is_allowed and _is_secure(came.request.url or "", self._connection):
            self._answers.keep(came.name, stored)
        else:
            self._answers.drop(came.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Came:
    """What came of one request."""

    name: str
    """Of what is kept of it."""

    request: requests.PreparedRequest
    response: requests.Response

    asked: float
    """In seconds since 1970."""

    at: float
    """In seconds since 1970."""

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case."""
        return {name.lower(): value for name, value in self.response.headers.items()}


def _name(question: Question, request: requests.PreparedRequest) -> str:
    authorization = request.headers.get("Authorization", "")
    return answer_name(request.url or "", kind=question.kind, authorization=authorization)


def _conditional(
    request: requests.PreparedRequest, stored: Stored | None, network: Network
) -> requests.PreparedRequest:
    sent = request.copy()
    if stored:
        sent.headers.update(stored.conditions())
    if network is Network.REFRESH:
        sent.headers["Cache-Control"] = "max-age=0"  # for caches between us and the server
    return sent


def _from_cache(stored: Stored, url: str, *, is_unasked: bool = False) -> Answer:
    return Answer(status=200, headers=stored.headers, url=url, stored=stored, is_unasked=is_unasked)


def _signed(
    request: requests.PreparedRequest, pair: tuple[str, str] | None
) -> requests.PreparedRequest:
    if pair is None:
        return request
    user, password = (each.encode() for each in pair)  # RFC 7617: what is not ASCII is UTF-8
    signed: Any = requests.auth.HTTPBasicAuth(user, password)(request)
    return signed  # type: ignore[no-any-return]


def _is_secure(url: str, connection: Connection) -> bool:
    """Say whether nobody on the way can change an answer: what is kept would stay changed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or is_trusted(url, connection):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
