"""Archives: source archives on this machine, fetched where they are not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.digest import Sha256
from wheelwell.errors import InvalidSource, NotInCache, SourceError
from wheelwell.indexes import Network, is_local
from wheelwell.protocols import Shelf
from wheelwell.sources.hashing import hash_file
from wheelwell.sources.located import Caller, Located

if TYPE_CHECKING:
    from wheelwell.sources.download import Fetched
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
        if path is None:
            return None
        if located.path is None and _has(path, located.sha256(), ()):
            return path
        if located.path is not None:
            if hash_file(path) == located.sha256():
                return path
            raise InvalidSource(f"{path} changed while it was read", hint="ask again")
        caller.reporter.warned(f"the stored archive {path} was damaged; it is fetched again")
        return None

    def download(
        self, located: Located, caller: Caller, *, promised: tuple[str, ...]
    ) -> tuple[Path, Sha256]:
        """Return the archive at a URL whose content is not known, and its SHA-256.

        It is kept, and not fetched again before it changes. Raises `HashMismatch` where it has
        none of the hashes `promised`, `FetchError`, `Cancelled`, `NotInCache` where the network
        would be needed but is not to be asked, and `OSError`.
        """
        caller.reporter.began("resolving", located.request.text)

        def is_held(sha256: Sha256) -> bool:
            path = self.shelf.find(sha256)
            return path is not None and _has(path, sha256, promised)

        fetched = self._fetch(located, caller, promised=promised, is_held=is_held)
        path = fetched.path or self.shelf.find(fetched.sha256)
        if path is None:  # somebody took it away just now
            fetched = self._fetch(located, caller, promised=promised, is_held=None)
            path = fetched.path
        assert path is not None
        return path, fetched.sha256

    def fetch(self, located: Located, caller: Caller) -> Path:
        """Fetch an archive whose content is known, and keep it. Raises as `download` does."""
        if caller.network is Network.NEVER and not is_local(located.url):
            raise NotInCache(f"{located.filename} would have to be fetched")
        promised = (f"sha256:{located.sha256()}",)
        path = self._fetch(located, caller, promised=promised, is_held=None).path
        assert path is not None
        return path

    def _fetch(
        self,
        located: Located,
        caller: Caller,
        *,
        promised: tuple[str, ...],
        is_held: Callable[[Sha256], bool] | None,
    ) -> Fetched:
        reserved = self.shelf.reserve()
        try:
            fetched = self.web().download(
                located.url,
                reserved,
                hashes=promised,
                # What an index calls it tells its version, and a wheel's tags.
                filename="" if _is_unnamed(located) else located.filename,
                caller=caller,
                is_held=is_held,
            )
            if fetched.path is None:
                self.shelf.discard(reserved)
                return fetched
            return replace(fetched, path=self.shelf.put(fetched.path, fetched.sha256))
        except BaseException:
            self.shelf.discard(reserved)
            raise


def _is_unnamed(located: Located) -> bool:
    """Say whether the server may know a better name than the URL's."""
    return bool(located.request.url) and not located.request.is_wheel


def _has(path: Path, sha256: Sha256, promised: tuple[str, ...]) -> bool:
    """Say whether a file has that content, and what is promised of it."""
    try:
        return hash_file(path, promised=promised) == sha256
    except SourceError:
        return False
