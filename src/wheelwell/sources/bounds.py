"""Bounds: how much may come out of an archive, judged by how much went in."""

from __future__ import annotations

from pathlib import Path

from wheelwell.errors import InvalidSource

LIMIT = 16 << 30
"""How many bytes any archive may unpack to."""

ALWAYS = 256 << 20
"""How many bytes even the smallest archive may unpack to."""

RATIO = 100
"""How many times its own size an archive may unpack to; real sources reach ten, seldom thirty."""

FILES = 250_000
"""How many files and directories an archive may hold; the largest sources have a third of that."""

DEPTH = 128
"""How many directories may lie in each other; programs that walk trees call themselves for each."""


class Bounds:
    """Counts what an archive holds, while it is read."""

    def __init__(self, path: Path) -> None:
        self._archive = path.name
        self._limit = min(LIMIT, max(ALWAYS, RATIO * path.stat().st_size))
        self._size = 0
        self._files = 0

    def take(self, name: str, size: int) -> None:
        """Count one file or directory. Raises `InvalidSource` where it is one too many."""
        self._files += 1
        self._size += size
        if size < 0:
            raise InvalidSource(f"{self._archive} cannot be unpacked: {name!r} has no size")
        if self._size > self._limit:
            raise self._refusal(f"would unpack to more than {self._limit >> 20} MiB")
        if self._files > FILES:
            raise self._refusal(f"holds more than {FILES} files")
        if name.count("/") > DEPTH:
            raise self._refusal(f"holds more than {DEPTH} directories in each other")

    def _refusal(self, why: str) -> InvalidSource:
        return InvalidSource(
            f"{self._archive} {why}: no source does that",
            hint="if you trust it, unpack it yourself, and ask for its directory",
        )
