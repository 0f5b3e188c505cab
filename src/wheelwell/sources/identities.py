"""Identities that are remembered: what sources, and their backends, told of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell.buckets import IDENTITIES
from wheelwell.digest import sha256_of
from wheelwell.identity import Identity
from wheelwell.key import Keyed
from wheelwell.protocols import Memory
from wheelwell.source import Source


@dataclass(frozen=True, slots=True)
class Identities:
    """Identities by source. Threads share it."""

    memory: Memory

    def of(self, source: Source) -> Identity | None:
        """Return what a source itself tells, which may be incomplete, or None."""
        return self._recall(source.token)

    def keep(self, source: Source, identity: Identity) -> None:
        """Keep what a source itself tells."""
        self.memory.remember(IDENTITIES, source.token, identity.to_json())

    def told(self, keyed: Keyed) -> Identity | None:
        """Return what a source's backend told before, or None."""
        return self._recall(_told_as(keyed))

    def keep_told(self, keyed: Keyed, identity: Identity) -> None:
        """Keep what a source's backend told."""
        self.memory.remember(IDENTITIES, _told_as(keyed), identity.to_json())

    def _recall(self, name: str) -> Identity | None:
        known = self.memory.recall(IDENTITIES, name)
        try:
            return None if known is None else Identity.from_json(known)
        except (KeyError, TypeError):
            return None  # damage is a miss: it is found out again


def _told_as(keyed: Keyed) -> str:
    """Return the name of what a backend told: it may depend on the interpreter and the settings."""
    return sha256_of([keyed.source.inputs(), keyed.interpreter.inputs(), keyed.settings.inputs()])
