"""Items: what is to leave the cache, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from wheelwell.digest import Sha256
from wheelwell.record import Record
from wheelwell.request import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An entry that is to be exported."""

    record: Record

    wheel: str
    """The path of the wheel in the store."""

    log: str
    """The path of the build's log, gzipped."""

    origin: str = ""
    """Where the source comes from, without credentials."""

    request: Request | None = None
    """What it was asked for as; None where a pattern meant it."""

    @property
    def name(self) -> str:
        """The project, normalized (PEP 503)."""
        return str(self.record.inputs["name"])

    @property
    def version(self) -> str:
        """The version, canonical (PEP 440)."""
        return str(self.record.inputs["version"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """A wheel that is where it was to go."""

    name: str
    version: str
    filename: str
    sha256: Sha256
    key: str

    path: str
    """Of the file; of the whole tar for a tar; empty for standard output."""

    is_new: bool
    """Whether it was written; else the same file was there already."""

    degraded: str
    evidence: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `wheelwell export --json` prints."""
        return {
            "name": self.name,
            "version": self.version,
            "filename": self.filename,
            "path": self.path,
            "sha256": self.sha256,
            "key": self.key,
            "new": self.is_new,
            "degraded": self.degraded,
        }


def exported(item: Item, path: str, *, is_new: bool) -> Exported:
    """Return what became of an item."""
    return Exported(
        name=item.name,
        version=item.version,
        filename=item.record.filename,
        sha256=item.record.sha256,
        key=item.record.key,
        path=path,
        is_new=is_new,
        degraded=item.record.degraded,
        evidence=item.record.evidence,
    )


class Form(Protocol):
    """A form that wheels take outside of the cache. One thread uses it."""

    def put(self, item: Item) -> Exported:
        """Bring an entry there. Raises `ExportError`, `OSError`; nothing of it is there then."""

    def finish(self) -> None:
        """Make what was put there complete. Raises `ExportError`, `OSError`."""

    def abandon(self) -> None:
        """Remove what is of no use without a `finish`."""
