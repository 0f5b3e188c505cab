"""Cells: what room a text takes on a terminal."""

from __future__ import annotations

_LEFT_OUT = "…"
_NO_ROOM = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that stand above, around or between others."""


def width(text: str) -> int:
    """Return how many cells a text takes, which has no control characters."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def cut(text: str, room: int) -> str:
    """Return a text in one line with no control characters, its end left out beyond `room` cells.

    A name that was asked for may hold anything.
    """
    text = "".join(each if each.isprintable() else "?" for each in text)
    if width(text) <= room:
        return text
    taken, end = 0, 0
    for end, each in enumerate(text):  # noqa: B007
        taken += _cells(each)
        if taken > room - 1:
            break
    return f"{text[:end]}{_LEFT_OUT}" if room > 0 else ""


def padded(text: str, room: int) -> str:
    """Return a text cut, or with spaces behind it, so that it takes `room` cells."""
    text = cut(text, room)
    return text + " " * (room - width(text))


def rows(text: str, columns: int) -> int:
    """Return how many rows a line takes on a terminal, which parts no wide letter."""
    if text.isascii():
        return max(1, -(-len(text) // columns))
    count, taken = 1, 0
    for each in map(_cells, text):
        taken += each
        if taken > columns and taken > each:
            count, taken = count + 1, each
    return count


def _cells(letter: str) -> int:
    import unicodedata  # seldom needed, and not on the way to a hit

    if unicodedata.category(letter) in _NO_ROOM:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
