"""Uploads: when a source archive came to an index, asked once and remembered by its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.buckets import UPLOADS
from wheelwell.digest import Sha256
from wheelwell.errors import NotInCache
from wheelwell.indexes import Indexes, Network, is_local
from wheelwell.instants import instant
from wheelwell.protocols import Memory
from wheelwell.request import normalize
from wheelwell.source import Archive, Source
from wheelwell.sources.hashing import hash_file
from wheelwell.sources.located import Caller, Unattended

if TYPE_CHECKING:
    from wheelwell.sources.fetch import Web
    from wheelwell.sources.index import IndexFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploads:
    """When what is at these indexes was uploaded. Threads share it."""

    indexes: Indexes
    memory: Memory
    web: Callable[[], Web]

    def of(self, source: Source, name: str, caller: Caller) -> str:
        """Return the instant at which the project `name` uploaded a source; empty if none is told.

        An index is asked where it is not remembered, and may be asked. Raises `SourceError`.
        """
        if not isinstance(source, Archive):
            return ""
        if known := self.recall(source):
            return known
        if not name or not self._may_ask(caller.network):
            return ""
        from wheelwell.sources.ages import uploads

        told = uploads(self._files(name, caller)).get(source.sha256, "")
        self.remember(source.sha256, told)
        return told

    def recall(self, source: Source) -> str:
        """Return the instant at which a source was uploaded, as far as that is remembered."""
        if not isinstance(source, Archive):
            return ""
        try:
            return instant(str(self.memory.recall(UPLOADS, source.sha256)["uploaded"]))
        except (KeyError, TypeError):  # damage is a miss
            return ""

    def remember(self, sha256: Sha256, upload_time: str) -> None:
        """Keep what an index told of an archive, if it told anything."""
        told = instant(upload_time)
        if told and told != self.recall(Archive(sha256=sha256)):
            self.memory.remember(UPLOADS, sha256, {"uploaded": told})

    def newer(self, versions: Mapping[str, str], than: str, caller: Caller) -> str:
        """Return the first of `versions`, by name, that is known to be newer than an instant.

        An empty version stands for any. Returns nothing where nothing may be asked. Raises
        `SourceError`.
        """
        if not self._may_ask(caller.network):
            return ""
        from wheelwell.sources.ages import is_newer

        for name, version in versions.items():
            if caller.is_cancelled():
                break
            project = normalize(name)
            if is_newer(self._files(project, caller), name=project, version=version, than=than):
                return f"{name} {version}".strip()
        return ""

    def page_before(self, name: str, as_of: str, network: Network) -> bytes | None:
        """Return a project's page with what was there before an instant; None if none knows it.

        Raises `SourceError`, `NotInCache`.
        """
        from wheelwell.sources import ages

        if not self._may_ask(network):
            raise NotInCache(f"the versions of {name} would have to be looked up")
        files = [_hashed(file) for file in self._files(name, Unattended(network))]
        if network is Network.NEVER and not all(is_local(file.url) for file in files):
            raise NotInCache(f"files of {name} would have to be fetched")
        return ages.page(name, ages.before(files, as_of)) if files else None

    def _may_ask(self, network: Network) -> bool:
        return network is not Network.NEVER or self.indexes.local() == self.indexes

    def _files(self, name: str, caller: Caller) -> Sequence[IndexFile]:
        from wheelwell.sources.finding import find_files

        found = find_files(self.web(), self.indexes, name, caller=Unattended(caller.network))
        return found.files if found else ()


def _hashed(file: IndexFile) -> IndexFile:
    """Return a file of this machine with its hash, by which an index may know its age."""
    from wheelwell.sources.fetch import local_path

    if file.upload_time or "sha256" in file.hashes or not file.url.startswith("file:"):
        return file
    return replace(file, hashes={**file.hashes, "sha256": hash_file(local_path(file.url))})
