"""The key: the canonical text of everything that can change what is built, and its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from wheelwell.digest import canonical, sha256_text
from wheelwell.interpreter import Interpreter
from wheelwell.settings import Settings
from wheelwell.source import Source
from wheelwell.toolchain import Toolchain

SCHEMA = 1
"""The version of the key's text. A change of its meaning is a new number."""

Key = NewType("Key", str)
"""The SHA-256 of a key's text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyed:
    """A build that is fully named: all that can change its wheel."""

    name: str
    """Normalized (PEP 503)."""

    version: str
    """Canonical (PEP 440)."""

    source: Source
    interpreter: Interpreter
    settings: Settings
    toolchain: Toolchain

    def inputs(self) -> dict[str, object]:
        """Return every part of the key."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "source": self.source.inputs(),
            "interpreter": self.interpreter.inputs(),
            "platform": self.interpreter.platform_inputs(),
            "settings": self.settings.inputs(),
            "toolchain": self.toolchain.inputs(),
        }

    def text(self) -> str:
        """Return the key's text."""
        return canonical(self.inputs())

    def key(self) -> Key:
        """Return the key."""
        return Key(sha256_text(self.text()))
