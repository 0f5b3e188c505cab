"""Importing: entries that another cache exported, checked as a build is, and kept if new here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from wheelwell.bundled import Unpacked, Unusable
from wheelwell.errors import InvalidWheel
from wheelwell.inputs import source_of

if TYPE_CHECKING:
    from wheelwell.export.means import Means
    from wheelwell.source import Source
    from wheelwell.store.entry import Entry

IMPORTED = "imported"
PRESENT = "present"
KEPT = "kept"
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of one entry of a bundle."""

    outcome: str
    """`imported`; `present`: the same wheel was here; `kept`: another build of the key was here,
    and stays; `refused`."""

    name: str
    """The wheel's file name; of what is refused, that of the member."""

    key: str = ""
    """Empty where it is not known."""

    path: str = ""
    """Where the wheel is here; empty for what is refused."""

    why: str = ""
    """Why it is refused, or what of it was not believed."""

    def to_json(self) -> dict[str, Any]:
        """Return what `wheelwell import --json` prints."""
        return {
            "outcome": self.outcome,
            "name": self.name,
            "key": self.key,
            "path": self.path,
            "why": self.why,
        }


def import_bundle(
    means: Means, stream: BinaryIO, *, published: Callable[[Entry], None] = lambda _: None
) -> Iterator[Imported]:
    """Yield what becomes of each entry of a bundle; `published` is told of each new one.

    Raises `InvalidBundle` where it is none, or cannot be read on, and `OSError` where the store
    cannot be written; what was imported before stays.
    """
    for found in means.unpack(stream):
        if isinstance(found, Unusable):
            yield Imported(outcome=REFUSED, name=found.name, why=found.why)
        else:
            yield _import(means, found, published)


def _import(means: Means, found: Unpacked, published: Callable[[Entry], None]) -> Imported:
    """Take one entry, if it is good, and not here."""
    try:
        source = source_of(found.record.inputs)
        record = means.check(found.wheel, found.record)
    except (ValueError, InvalidWheel) as error:
        why = "; ".join(getattr(error, "lines", ())) or str(error)
        name = f"{found.record.key}/{found.record.filename}"
        return Imported(outcome=REFUSED, name=ascii(name)[1:-1], key=found.record.key, why=why)
    imported = _publish(means, replace(found, record=record), source, published)
    if imported.outcome == KEPT:
        return imported
    return replace(imported, why=means.learn(found.facts, source, record))


def _publish(
    means: Means, found: Unpacked, source: Source, published: Callable[[Entry], None]
) -> Imported:
    record, place = found.record, means.place(found.record, source)
    with means.store.lease(place, waiting=lambda _: None, is_cancelled=lambda: False):
        entry = means.store.find(place)
        outcome = IMPORTED
        if entry is None:
            means.store.recover(place)
            entry = means.store.publish(place, record, wheel=found.wheel, log=found.log)
        else:
            outcome = PRESENT if entry.record.sha256 == record.sha256 else KEPT
    if outcome == IMPORTED:
        published(entry)
    return Imported(outcome=outcome, name=record.filename, key=record.key, path=entry.path)
