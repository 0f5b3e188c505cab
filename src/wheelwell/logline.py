"""A line of a build's log, made fit for a terminal and for a message."""

from __future__ import annotations

import re

_WIDTH = 240
_END = 80
"""How much of a long line's end is kept: a command's outcome follows its arguments."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(line: str) -> str:
    """Return a line without what colours it."""
    return _ESCAPE.sub("", line) if "\x1b" in line else line


def shown(line: str) -> str:
    """Return a line without colours and control characters, its middle left out if it is long."""
    line = plain(line).rstrip()
    line = "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in line)
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - _END]} … {line[-_END:]}"
