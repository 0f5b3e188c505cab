"""Identity: what a source says that it is, which is known before its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What must be known of a source before its key."""

    name: str
    """Normalized (PEP 503); empty where only its backend can tell."""

    version: str
    """Canonical (PEP 440); empty where only its backend can tell."""

    requires_python: str = ""
    """Which Pythons it is for (PEP 440); empty for any."""

    languages: tuple[str, ...] = ()
    """The compiled languages of its code, sorted."""

    is_declarative: bool = False
    """Whether it only declares what goes into its wheel: no code of its own decides."""

    @property
    def is_complete(self) -> bool:
        """Say whether the source alone tells name and version."""
        return bool(self.name and self.version)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "requires_python": self.requires_python,
            "languages": list(self.languages),
            "is_declarative": self.is_declarative,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Identity:
        """Read what `to_json` wrote; raise `KeyError` or `TypeError` otherwise."""
        return cls(
            name=str(value["name"]),
            version=str(value["version"]),
            requires_python=str(value["requires_python"]),
            languages=tuple(map(str, value["languages"])),
            is_declarative=value["is_declarative"] is True,
        )
