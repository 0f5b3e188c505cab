"""A line of a build's log, made fit for a terminal and for a message."""

from __future__ import annotations

import re

_WIDTH = 240
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(line: str) -> str:
    """Return a line without colours and control characters, and no longer than is read."""
    line = _ESCAPE.sub("", line).rstrip()
    line = "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in line)
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
