"""Located: a request whose source is known, and what a step must know of who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wheelwell.digest import Sha256
from wheelwell.indexes import Network
from wheelwell.protocols import Reporter
from wheelwell.request import Request
from wheelwell.source import Archive, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A request's source, and where to get it."""

    request: Request

    source: Source | None
    """None for upstream's wheel."""

    path: Path | None = None
    """The archive or directory on this machine; None for one that is on the shelf, or away."""

    url: str = field(default="", repr=False)
    """Where the archive is; may hold credentials, and is empty where it was not looked up."""

    filename: str = ""
    """Of the archive."""

    hashes: tuple[str, ...] = ()
    """What the archive must hash to."""

    origin: str = ""
    """Where the archive is, or was, without credentials."""

    note: str = ""
    """What a user should know about the choice."""

    wheel: Sha256 | None = None
    """For upstream's wheel: its SHA-256."""

    def sha256(self) -> Sha256:
        """Return the SHA-256 of the archive, or of upstream's wheel."""
        if self.wheel is not None:
            return self.wheel
        assert isinstance(self.source, Archive), "only archives are fetched whole"
        return self.source.sha256


class Caller(Protocol):
    """What a step must know of who asks."""

    @property
    def network(self) -> Network:
        """What may be asked over the network."""

    @property
    def reporter(self) -> Reporter:
        """Is told of what happens."""

    def is_cancelled(self) -> bool:
        """Say whether the caller has taken its request back."""


@dataclass(frozen=True, slots=True)
class Refreshing:
    """The same caller, who wants everything asked for again."""

    caller: Caller

    @property
    def network(self) -> Network:
        return Network.REFRESH

    @property
    def reporter(self) -> Reporter:
        return self.caller.reporter

    def is_cancelled(self) -> bool:
        return self.caller.is_cancelled()


@dataclass(frozen=True, slots=True)
class Unattended:
    """A caller who is told nothing, and does not take anything back."""

    network: Network
    reporter: Reporter = field(default_factory=Reporter)

    def is_cancelled(self) -> bool:
        return False
