"""Quantities as people write them: sizes in bytes, and ages."""

from __future__ import annotations

import re

from wheelwell.errors import ConfigurationError

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:([kmgtp])(i?)b?|b)?\s*", re.IGNORECASE)
_AGE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*", re.IGNORECASE)

_MOST = 1e18

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400),
    **dict.fromkeys(("y", "year", "years"), 365 * 86400),
}


def parse_size(text: str) -> int:
    """Return the bytes that `20 GB`, `512MiB` or `1000000` stand for.

    Raises `ConfigurationError`.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"{text!r} is no size", hint="as in 20 GB, 512 MiB or 1000000")
    number, prefix, binary = found.groups()
    power = "kmgtp".index(prefix.lower()) + 1 if prefix else 0
    count = float(number) * (1024 if binary else 1000) ** power
    if count > _MOST:
        raise ConfigurationError(f"{text[:20]}… is more than any disk holds")
    return int(count)


def parse_age(text: str) -> float:
    """Return the seconds that `90 d`, `12h` or `2 weeks` stand for.

    Raises `ConfigurationError`.
    """
    found = _AGE.fullmatch(text)
    unit = _SECONDS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ConfigurationError(f"{text!r} is no age", hint="as in 12h, 30d, 2w or 1y")
    if (seconds := float(found[1]) * unit) > _MOST:
        raise ConfigurationError(f"{text[:20]}… is longer than anything lasts")
    return seconds


def as_size(count: float) -> str:
    """Return a size as people read it, in powers of a thousand."""
    if abs(count) < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if abs(count) < 999.95 or unit == "TB":
            break
    return f"{count:.1f} {unit}"


def as_age(seconds: float) -> str:
    """Return a time span as people read it, in its largest unit that fits."""
    for unit, length in (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def as_clock(seconds: float) -> str:
    """Return a time span to the second, as a clock that runs shows it."""
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
