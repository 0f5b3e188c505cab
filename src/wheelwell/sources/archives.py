"""Archives: source archives on this machine, fetched where they are not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.digest import Sha256
from wheelwell.errors import InvalidSource, NotInCache
from wheelwell.indexes import Network, is_local
from wheelwell.protocols import Shelf
from wheelwell.sources.hashing import hash_file
from wheelwell.sources.located import Caller, Located

if TYPE_CHECKING:
    from wheelwell.sources.fetch import Web


@dataclass(frozen=True, slots=True)
class Archives:
    """Archives by content. Threads share it."""

    shelf: Shelf
    web: Callable[[], Web]

    def held(self, located: Located, caller: Caller) -> Path | None:
        """Return the archive if it is on this machine, and is what it should be.

        Raises `InvalidSource` where the user's own file changed since it was looked at.
        """
        path = located.path or self.shelf.find(located.sha256())
        if path is None or hash_file(path) == located.sha256():
            return path
        if located.path is not None:
            raise InvalidSource(f"{path} changed while it was read", hint="ask again")
        caller.reporter.warned(f"the stored archive {path} was damaged; it is fetched again")
        return None

    def download(
        self, located: Located, caller: Caller, *, promised: tuple[str, ...]
    ) -> tuple[Path, Sha256]:
        """Fetch the archive from its URL, and keep it; return its place and its SHA-256.

        Raises `HashMismatch` where it has none of the hashes `promised`, `FetchError`,
        `Cancelled`, `NotInCache` where the network is not to be used, and `OSError`.
        """
        if caller.network is Network.NEVER and not is_local(located.url):
            raise NotInCache(f"{located.filename} would have to be fetched")
        caller.reporter.began("downloading", located.filename)
        reserved = self.shelf.reserve()
        try:
            sha256 = self.web().download(
                located.url,
                reserved / located.filename,
                hashes=promised,
                advanced=caller.reporter.advanced,
                is_cancelled=caller.is_cancelled,
            )
            return self.shelf.put(reserved / located.filename, sha256), sha256
        except BaseException:
            self.shelf.discard(reserved)
            raise
