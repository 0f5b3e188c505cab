"""Freshness: what HTTP lets a private cache keep, reuse and refresh (RFC 9111). Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime

from wheelwell.digest import Sha256, sha256_of

KEPT = frozenset(
    {
        "age",
        "cache-control",
        "content-disposition",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "vary",
    }
)
"""The header fields of an answer that are kept. Others may hold what nobody else should read."""

_OF_THE_BODY = frozenset({"content-disposition", "content-type", "vary"})
"""What a 304 does not change: the body stays the same (RFC 9111, 3.2)."""

_DIRECTIVE = re.compile(r"([^\s,=]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,]*)))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An answer as it is kept, or a redirect's note of where it led."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """The fields of `KEPT`, names in lower case."""

    asked: float = 0.0
    """When it was asked for, in seconds since 1970."""

    answered: float = 0.0
    """When it came, in seconds since 1970."""

    varied: str = ""
    """What the request's fields were that the answer varies by."""

    body: bytes = b""
    """Of a page."""

    archive: Sha256 | None = None
    """For an archive: its content, which is not kept here."""

    leads_to: str = ""
    """For a redirect: the name of the next answer."""

    url: str = ""
    """For a redirect: the next URL, without credentials."""

    def is_fresh(self, now: float) -> bool:
        """Say whether it may be used without asking (4.2)."""
        if self.leads_to or "no-cache" in directives(self.headers):
            return False
        return self.answered <= now and _lifetime(self) > _age(self, now)

    def is_usable_offline(self, now: float) -> bool:
        """Say whether it may be used where nobody can be asked (4.2.4, 5.2.2.2, 5.2.2.4)."""
        forbidden = {"no-cache", "must-revalidate"} & directives(self.headers).keys()
        return self.is_fresh(now) or not forbidden

    def is_for(self, request: Mapping[str, str]) -> bool:
        """Say whether it answers a request with these header fields (4.1)."""
        return self.varied == varied(self.headers, request)

    def conditions(self) -> dict[str, str]:
        """Return the header fields that ask whether it is still good (4.3.1)."""
        fields = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {name: self.headers[of] for name, of in fields.items() if self.headers.get(of)}

    def is_confirmed_by(self, headers: Mapping[str, str]) -> bool:
        """Say whether a 304 with these header fields is about this answer (4.3.4)."""
        told, ours = headers.get("etag", ""), self.headers.get("etag", "")
        return not told or _opaque(told) == _opaque(ours)

    def refreshed(self, headers: Mapping[str, str], *, asked: float, answered: float) -> Stored:
        """Return it as a 304 with these header fields makes it (3.2, 4.3.4)."""
        ours = {n: v for n, v in self.headers.items() if n not in {"age", "date"}}
        told = {n: v for n, v in kept(headers).items() if n not in _OF_THE_BODY}
        return replace(self, headers=ours | told, asked=asked, answered=answered)


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those of an answer's header fields that are kept, names in lower case."""
    return {name.lower(): value for name, value in headers.items() if name.lower() in KEPT}


def may_be_kept(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether an answer may be kept at all (3); `headers` have names in lower case."""
    return status == 200 and "no-store" not in directives(headers) and "*" not in _vary(headers)


def varied(headers: Mapping[str, str], request: Mapping[str, str]) -> str:
    """Return what an answer varies by, of a request: a digest, because it may be secret."""
    given = {name.lower(): value for name, value in request.items()}
    names = _vary(headers)
    return sha256_of({name: given.get(name) for name in sorted(names)}) if names else ""


def directives(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the directives of `Cache-Control`, the first where one is repeated (5.2)."""
    found: dict[str, str] = {}
    for name, quoted, plain in _DIRECTIVE.findall(headers.get("cache-control", "")):
        found.setdefault(name.lower(), quoted or plain)
    return found


def seconds_of(date: str) -> float | None:
    """Return an HTTP date in seconds since 1970, or None where it is none."""
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def strong_validator(headers: Mapping[str, str]) -> str:
    """Return what tells one file from another for sure, for `If-Range`, or nothing.

    A weak `ETag` does not, nor does a time so near that two versions may share it (RFC 9110,
    8.8.1 and 8.8.2.2).
    """
    etag = headers.get("etag", "")
    if etag:
        return "" if etag.startswith("W/") else etag
    modified, date = (seconds_of(headers.get(name, "")) for name in ("last-modified", "date"))
    if modified is None or date is None or date - modified < 60:
        return ""
    return headers["last-modified"]


def _lifetime(stored: Stored) -> float:
    """Return how long an answer stays fresh, in seconds (4.2.1). Nothing is guessed."""
    told = directives(stored.headers)
    if "max-age" in told:
        return (
            int(told["max-age"]) if told["max-age"].isascii() and told["max-age"].isdigit() else 0
        )
    expires = seconds_of(stored.headers.get("expires", ""))
    date = seconds_of(stored.headers.get("date", ""))
    return 0 if expires is None else expires - (stored.answered if date is None else date)


def _age(stored: Stored, now: float) -> float:
    """Return how old an answer is, in seconds (4.2.3)."""
    date = seconds_of(stored.headers.get("date", ""))
    told = stored.headers.get("age", "")
    apparent = 0 if date is None else max(0, stored.answered - date)
    corrected = int(told) if told.isascii() and told.isdigit() else 0
    delay = stored.answered - stored.asked
    return max(apparent, corrected + delay) + now - stored.answered


def _vary(headers: Mapping[str, str]) -> set[str]:
    return {name.strip().lower() for name in headers.get("vary", "").split(",")} - {""}


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")
