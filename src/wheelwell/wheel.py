"""The outcome of a request: a wheel, and how it came to be had."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheelwell.digest import Sha256
from wheelwell.fit import tags_of
from wheelwell.key import Key
from wheelwell.record import Record


class Origin(enum.Enum):
    """Where a wheel came from."""

    LOCAL = "local"
    """A hit in this machine's store."""

    LAYER = "layer"
    """A hit in a store that is only read, below this machine's own."""

    UPSTREAM = "upstream"
    """The index's own wheel, because the caller prefers those."""

    BUILT = "built"
    """Built for this request, and stored."""

    EPHEMERAL = "ephemeral"
    """Built for this request, and not stored: the cache could not or should not be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """A wheel on this machine."""

    request: str
    """What was asked for, without credentials."""

    name: str
    """Normalized (PEP 503)."""

    version: str
    """Canonical (PEP 440)."""

    path: Path
    """Where it is. It stays as it is until the cache is shrunk."""

    sha256: Sha256
    origin: Origin
    reason: str
    """Why it was built, or could be had without, in one line."""

    seconds: float
    """How long the request took."""

    python: str
    """The interpreter that it is for."""

    source: str
    """What names the source, as in `archive-…`; for upstream's wheel its URL."""

    key: Key | None
    """None for upstream's wheel."""

    record: Record | None
    """None for upstream's wheel."""

    degraded: str = "unknown"
    """Whether it has less than its source can give: `yes`, `no` or `unknown`; nothing is known of
    upstream's wheel."""

    evidence: tuple[str, ...] = ()
    """Lines that say why, in our words or the log's."""

    note: str = ""
    """What a user should know about the choice of version; empty for nothing."""

    @property
    def filename(self) -> str:
        """The file name, which carries name, version and tags (PEP 427)."""
        return self.path.name

    @property
    def tags(self) -> frozenset[str]:
        """The tags that the file name stands for (PEP 425)."""
        return frozenset(tags_of(self.filename))

    def to_json(self) -> dict[str, Any]:
        """Return what `wheelwell get --json` prints."""
        return {
            "request": self.request,
            "name": self.name,
            "version": self.version,
            "filename": self.filename,
            "path": str(self.path),
            "sha256": self.sha256,
            "key": self.key,
            "origin": self.origin.value,
            "reason": self.reason,
            "seconds": round(self.seconds, 6),
            "degraded": self.degraded,
            "python": self.python,
            "source": self.source,
            "note": self.note,
        }
