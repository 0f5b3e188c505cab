"""Means: what exporting and importing need of the layers below; `compose` brings them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from wheelwell.bundled import Packed, Unpacked, Unusable
from wheelwell.record import Record
from wheelwell.request import Request
from wheelwell.source import Source

if TYPE_CHECKING:
    from wheelwell.store.disk import Place, Store
    from wheelwell.store.entry import Entry


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What exporting and importing need."""

    store: Store
    environ: Mapping[str, str]
    """The caller's variables."""

    entries: Callable[..., Iterator[Entry]]
    """Yields the entries that one of some `Pattern`s means; without patterns all."""

    log_of: Callable[[str], str]
    """Returns the path of the log that belongs to a wheel, by its path."""

    set_aside: Callable[[str], None]
    """Moves a damaged entry, by the path of its wheel, to the quarantine, and says so."""

    exclusively: Callable[[str], AbstractContextManager[object]]
    """Holds the lock in a file."""

    facts: Callable[[Record, Request | None], Mapping[str, Any]]
    """Returns what a hit of an entry needs besides."""

    learn: Callable[[Mapping[str, Any], Source, Record], str]
    """Remembers what came with an entry; returns what was not believed."""

    place: Callable[[Record, Source], Place]
    pack: Callable[[BinaryIO, Iterable[Packed]], None]
    unpack: Callable[[BinaryIO], Iterator[Unpacked | Unusable]]

    check: Callable[[str, Record], Record]
    """Checks a wheel that was built elsewhere; returns its record with what was seen of it."""
