"""Presence: a lease by which other processes, on this machine or another, see that one is there."""

from __future__ import annotations

from wheelwell.store import atomic, lease
from wheelwell.store.disk import Store


class Presence:
    """Is seen by others until it is ended, or its process is gone, however that came."""

    def __init__(self, store: Store) -> None:
        """Raises `OSError`, as where the store is only read."""
        name = f"warm-{atomic.token()}"
        self.path = store.layout.lease(name)
        self._lease = store.lease_named(name, waiting=lambda _: None, is_cancelled=lambda: False)

    def end(self) -> None:
        """Be there no longer. May be called again."""
        with self._lease:
            lease.retire(self.path)
