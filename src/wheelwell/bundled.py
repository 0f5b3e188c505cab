"""What is bundled: the entries of a tar, as they go in and as they come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.record import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """An entry that goes into a bundle."""

    record: Record
    wheel: str
    """The path of the wheel."""

    log: str
    """The path of the build's log, gzipped."""

    facts: Mapping[str, Any]
    """What a hit of it needs besides, as JSON values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpacked:
    """An entry that came out of a bundle; its files are there until the next one is asked for."""

    record: Record
    wheel: str
    """The path of the wheel, under its own name; its SHA-256 is what the record says."""

    log: str
    """The path of the build's log, as plain text."""

    facts: Mapping[str, Any]
    """What came with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusable:
    """A member of a bundle that was left out, with its entry."""

    name: str
    """As a terminal can be shown it."""

    why: str
