"""Pins: what a user wants to stay, whatever the limits are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from wheelwell.digest import sha256_text
from wheelwell.errors import UsageError
from wheelwell.pattern import Pattern, parse_pattern
from wheelwell.store import atomic, inside
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once


def pinned(layout: Layout, *, damaged: Callable[[str], None]) -> list[Pattern]:
    """Return the patterns that are pinned, in order; `damaged` is told the path of a bad file."""
    found = []
    for name in inside.names(layout.pins):
        path = f"{layout.pins}/{name}"
        try:
            with open(path, encoding="utf-8", opener=at_once) as file:
                found.append(parse_pattern(str(json.load(file)["pattern"])))
        except (OSError, ValueError, TypeError, KeyError, RecursionError, UsageError):
            damaged(path)
    return sorted(found, key=lambda pattern: pattern.text)


def pin(layout: Layout, pattern: Pattern) -> bool:
    """Pin a pattern; say whether it was not pinned before. Raises `OSError`."""
    path = _path(layout, pattern)
    if os.path.exists(path):
        return False
    inside.make_directories(layout.pins, below=layout.root, durable=True)
    data = json.dumps({"pattern": pattern.text}).encode()
    atomic.write(path, data, layout=layout, durable=True)
    return True


def unpin(layout: Layout, pattern: Pattern) -> bool:
    """Pin a pattern no longer; say whether it was pinned. Raises `OSError`."""
    try:
        inside.check(layout.pins, below=layout.root)
        os.unlink(_path(layout, pattern))
    except FileNotFoundError:
        return False
    return True


def _path(layout: Layout, pattern: Pattern) -> str:
    meant = [pattern.project, pattern.version, pattern.filename]
    return f"{layout.pins}/{sha256_text(json.dumps(meant))[:32]}.json"
