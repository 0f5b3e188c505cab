"""Selecting entries: what the switches that choose among them come to."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wheelwell.errors import ConfigurationError, UsageError
from wheelwell.pattern import Pattern
from wheelwell.quantities import parse_age
from wheelwell.selection import Selection

if TYPE_CHECKING:
    from wheelwell.store.inventory import Stored
    from wheelwell.store.upkeep import Upkeep


def selection_of(arguments: argparse.Namespace) -> Selection:
    """Return what the switches ask for. Raises `UsageError`."""
    now = time.time()
    return Selection(
        built_before=_instant(arguments.built_before, now) if arguments.built_before else None,
        used_before=now - parse_age(arguments.older_than) if arguments.older_than else None,
        built_with=tuple(arguments.built_with),
    )


def selected(upkeep: Upkeep, selection: Selection, *patterns: Pattern) -> Iterator[Stored]:
    """Yield the entries that patterns mean and a selection chooses."""
    for stored in upkeep.entries(*patterns):
        if selection.chooses(stored.record, used=stored.used):
            yield stored


def _instant(text: str, now: float) -> float:
    """Return an instant: of a date or time, in UTC where it does not say, or so long ago."""
    from datetime import UTC, datetime

    try:
        return now - parse_age(text)
    except ConfigurationError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is neither a date nor an age", hint="as in 2026-03-01, or 30d"
        ) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
