"""Answers: what servers said before, kept in files that any later process may read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from urllib.parse import urlsplit, urlunsplit

from wheelwell.digest import is_sha256, sha256_of
from wheelwell.protocols import Responses
from wheelwell.sources.freshness import Stored
from wheelwell.urls import without_credentials

_TEXTS = ("varied", "leads_to", "url")


class Nowhere:
    """Keeps no responses."""

    def find(self, _name: str, /) -> bytes | None:
        return None

    def keep(self, _name: str, _data: bytes, /) -> None:
        pass

    def drop(self, _name: str, /) -> None:
        pass


@dataclass(slots=True)
class Answers:
    """What is kept of servers' answers. Threads share it.

    One that cannot be read is as good as none. That is said once, and the next answer takes its
    place.
    """

    responses: Responses
    _has_warned: bool = field(default=False, repr=False)

    def find(self, name: str, *, url: str, warned: Callable[[str], None]) -> Stored | None:
        """Return what is kept under a name that `answer_name` gave, or None."""
        try:
            data = self.responses.find(name)
            return None if data is None else _parse(data)
        except (OSError, ValueError, RecursionError) as error:
            if not self._has_warned:
                self._has_warned = True
                warned(
                    f"what was kept of {without_credentials(url)} cannot be read "
                    f"({_reason(error)}): it is ignored, and asked for again"
                )
            return None

    def keep(self, name: str, stored: Stored) -> None:
        """Keep an answer in place of the one that was there."""
        head = asdict(stored)
        body = head.pop("body")
        head["sha256"] = hashlib.sha256(body).hexdigest()
        line = json.dumps(head, sort_keys=True).encode()
        self.responses.keep(name, line + b"\n" + body)

    def drop(self, name: str) -> None:
        """Forget what is kept under a name."""
        self.responses.drop(name)


def answer_name(url: str, *, kind: str, authorization: str) -> str:
    """Return the name of what a server answers to a request.

    A digest: neither the URL nor the credentials can be read from it, and who has other
    credentials has other answers.
    """
    parts = urlsplit(url)
    asked = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
    return sha256_of({"url": asked, "kind": kind, "authorization": authorization})


def _parse(data: bytes) -> Stored:
    """Read what `Answers.keep` wrote. Raises `ValueError`."""
    line, has_body, body = data.partition(b"\n")
    head = json.loads(line)
    if not has_body or not isinstance(head, dict):
        raise ValueError("it breaks off")
    if head.pop("sha256", None) != hashlib.sha256(body).hexdigest():
        raise ValueError("it is damaged")
    known = {each.name for each in fields(Stored)}
    told = {name: value for name, value in head.items() if name in known}
    try:
        stored = Stored(**told, body=body)
    except TypeError as error:
        raise ValueError("it is damaged") from error
    return _checked(stored)


def _checked(stored: Stored) -> Stored:
    headers = stored.headers
    is_sound = (
        isinstance(headers, dict)
        and all(isinstance(value, str) for value in headers.values())
        and all(isinstance(getattr(stored, name), str) for name in _TEXTS)
        and all(isinstance(each, int | float) for each in (stored.asked, stored.answered))
        and (stored.archive is None or is_sha256(stored.archive))
    )
    if not is_sound:
        raise ValueError("it is damaged")
    return stored


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "it is damaged"
