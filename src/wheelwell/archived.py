"""A source archive on this machine: where it is, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wheelwell.digest import Sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """A source archive."""

    path: Path
    filename: str
    """As upstream calls it; perhaps no archive's name, where it is from a URL."""

    sha256: Sha256

    subdirectory: str = ""
    """Where in it the project is; empty for its top."""
