"""Instants: the moment as of which build requirements are resolved, read and written one way.

An instant is text after RFC 3339, in UTC and whole seconds (`2024-11-15T12:00:00Z`): such texts
compare as the moments do.
"""

from __future__ import annotations

import functools
import re

from wheelwell.errors import ConfigurationError

UPLOAD = "upload"
"""Stands for the instant at which the source was uploaded."""

AUTO = "auto"
"""Stands for no instant, or for that of the upload where the source does not build without."""

WORDS = frozenset({"", UPLOAD, AUTO})
"""What is not an instant yet; empty for none."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


@functools.lru_cache(maxsize=64)
def parse_as_of(text: str) -> str:
    """Return the instant that a user named, or one of `WORDS`.

    A date is the end of that day in UTC: what was released on it counts. Raises
    `ConfigurationError`.
    """
    text = text.strip()
    if text in WORDS:
        return text
    found = _end_of(text) if _DATE.fullmatch(text) else instant(text)
    if not found:
        raise ConfigurationError(
            f"{text!r} is no date as of which something can be built",
            hint="2024-11-15, 2024-11-15T12:00:00Z (with Z or an offset), upload or auto",
        )
    return found


def instant(text: str) -> str:
    """Return a moment as an instant; empty where the text is none.

    It must say its offset: whose noon it is would else be a guess. Parts of a second are dropped.
    """
    from datetime import UTC, datetime  # not on the way to a hit

    if not _INSTANT.fullmatch(text):
        return ""
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
    except (ValueError, OverflowError):  # there is no such day, or it is out of reach
        return ""


def seconds(text: str) -> float:
    """Return an instant in seconds since 1970."""
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _end_of(text: str) -> str:
    from datetime import date, timedelta

    try:
        following = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        return ""
    return f"{following.isoformat()}T00:00:00Z"
