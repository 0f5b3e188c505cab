"""Pythons: the short names under which those of one run are shown, none like another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from wheelwell.interpreter import Interpreter


def names_of(interpreters: Mapping[str, Interpreter]) -> dict[str, str]:
    """Return a name for each Python, by how it was asked for: `3.12`, `3.13t`, `pypy3.10`.

    Those that would be called alike get their full version, or where that is the same too, are
    called as they were asked for.
    """
    named = {asked: asked for asked in interpreters}
    for name in (_full, _short):
        found = {asked: name(interpreter) for asked, interpreter in interpreters.items()}
        bearers = Counter(found.values())
        named |= {asked: each for asked, each in found.items() if bearers[each] == 1}
    return named


def _short(interpreter: Interpreter) -> str:
    return _told(interpreter, interpreter.series)


def _full(interpreter: Interpreter) -> str:
    return _told(interpreter, interpreter.version)


def _told(interpreter: Interpreter, version: str) -> str:
    """Name implementation and ABI where they are not the usual ones."""
    kind = "" if interpreter.implementation == "cpython" else interpreter.implementation
    return f"{kind}{version}{_abi_flags(interpreter)}"


def _abi_flags(interpreter: Interpreter) -> str:
    """Return the letters behind the version in `SOABI`, as in `cpython-313t-x86_64-linux-gnu`."""
    found = re.match(r"cpython-\d+([a-z]*)", interpreter.soabi)
    return found[1] if found else ""
