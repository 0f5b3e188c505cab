"""Explaining: why a request is a hit, or what the nearest entry has otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelwell.difference import Difference, differences, distance, flat, named, shown
from wheelwell.key import Key
from wheelwell.withheld import advice

if TYPE_CHECKING:
    from wheelwell.record import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The entry that is most like what was asked for."""

    key: Key
    filename: str
    built_at: str
    """When, in UTC (RFC 3339)."""

    differences: tuple[Difference, ...]
    """Where its key is another one; none where it is the entry itself, which cannot be used."""

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "key": self.key,
            "filename": self.filename,
            "built_at": self.built_at,
            "differences": [each.to_json() for each in self.differences],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a request's key is made of, and what the cache has for it."""

    request: str
    """What was asked for, without credentials."""

    python: str
    """The interpreter that the wheel is for."""

    key: Key
    inputs: Mapping[str, Any]
    """Every part of the key."""

    path: Path | None
    """Of the wheel; None where there is no hit."""

    reason: str
    """Why it is a hit, or is none, in one line."""

    withheld: tuple[str, ...] = ()
    """Variables that are set here, and that build files read, but no build is given."""

    nearest: Nearest | None = None
    """None for a hit, and where the cache holds nothing of the project."""

    @property
    def hit(self) -> bool:
        """Whether `get` would answer without building."""
        return self.path is not None

    def to_json(self) -> dict[str, Any]:
        """Return what `wheelwell explain --json` prints."""
        return {
            "request": self.request,
            "python": self.python,
            "hit": self.hit,
            "path": str(self.path) if self.path else None,
            "reason": self.reason,
            "key": self.key,
            "inputs": self.inputs,
            "withheld": list(self.withheld),
            "nearest": self.nearest.to_json() if self.nearest else None,
        }

    def __str__(self) -> str:
        lines = [
            f"{self.request} for {self.python}: {'a hit' if self.hit else 'no hit'}",
            *([f"  {self.path}"] if self.path else []),
            f"  {self.reason}",
            *_nearest_lines(self.nearest),
            f"key {self.key}",
            *_key_lines(self.inputs),
            *(f"not in it: {each}" for each in [advice(self.withheld)] if each),
        ]
        return "\n".join(lines)


def nearest(inputs: Mapping[str, Any], records: Iterable[Record]) -> Nearest | None:
    """Return the entry that differs in the fewest parts, then fields; the newest of equals."""
    found = [(record, differences(inputs, record.inputs)) for record in records]
    if not found:
        return None
    newest_first = sorted(found, key=lambda pair: pair[0].observed.built_at, reverse=True)
    record, differing = min(newest_first, key=lambda pair: distance(pair[1]))
    return Nearest(
        key=record.key,
        filename=record.filename,
        built_at=record.observed.built_at,
        differences=differing,
    )


def _key_lines(inputs: Mapping[str, Any]) -> list[str]:
    parts = [(named(field), shown(value)) for field, value in flat(inputs).items()]
    width = max((len(words) for words, _ in parts), default=0)
    return [f"  {words:{width}}  {value}" for words, value in parts]


def _nearest_lines(found: Nearest | None) -> list[str]:
    if found is None:
        return []
    return [
        f"nearest: {found.filename}, built {found.built_at}",
        *(f"  {each}" for each in found.differences),
    ]
