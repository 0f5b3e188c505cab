"""Resolving: from a request to the one immutable source that it names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelwell.digest import Sha256, is_sha256, sha256_of
from wheelwell.errors import (
    InvalidSource,
    NoMatchingSource,
    NoSuchProject,
    NotInCache,
)
from wheelwell.identity import Identity
from wheelwell.indexes import Indexes, Network
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.protocols import Memory, Shelf
from wheelwell.request import Request
from wheelwell.requires_python import admits
from wheelwell.source import Archive, Directory, Source
from wheelwell.sources.archives import Archives
from wheelwell.sources.epoch import EARLIEST, clamped
from wheelwell.sources.hashing import check_promise, hash_file
from wheelwell.sources.identities import Identities
from wheelwell.sources.located import Caller, Located
from wheelwell.urls import without_credentials

if TYPE_CHECKING:
    from wheelwell.sources.fetch import Web
    from wheelwell.sources.index import IndexFile
    from wheelwell.sources.select import Candidate, Choice

RESOLUTIONS = "resolutions-v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Finds, fetches and reads sources. Threads share it."""

    indexes: Indexes
    memory: Memory
    shelf: Shelf
    web: Callable[[], Web]
    """Returns the one client, made when it is first needed."""

    def locate(
        self,
        request: Request,
        interpreter: Interpreter,
        caller: Caller,
        *,
        wants_binary: bool = False,
    ) -> Located:
        """Return the immutable source that a request names, or upstream's wheel.

        Only an archive whose content nobody vouches for is fetched here: its hash must be known.
        Raises `SourceError`, and `NotInCache` where the network would be needed but is not to be
        asked.
        """
        if request.path:
            return _locate_path(request)
        if request.url:
            return self._locate_url(request, caller)
        if request.pin and not wants_binary and caller.network is not Network.REFRESH:
            remembered = self._recall(request, interpreter)
            if remembered is not None:
                return remembered
        return self._locate_requirement(request, interpreter, caller, wants_binary=wants_binary)

    def identify(self, located: Located, caller: Caller) -> Identity:
        """Return what a source itself tells of its identity, which may be incomplete.

        The archive is fetched where it is not known yet. Raises `SourceError`, `NotInCache`.
        """
        source = _source_of(located)
        if known := self._identities.of(source):
            return known
        from wheelwell.sources import archive, contents, directory

        if isinstance(source, Directory):
            assert located.path is not None
            caller.reporter.began("identifying", located.request.text)
            identity = contents.identify(directory.read(located.path), is_distribution=False)
        else:
            path = self.fetch(located, caller)
            caller.reporter.began("identifying", located.filename)
            held = archive.read(path).below(source.subdirectory)
            identity = contents.identify(held, is_distribution=True)
        self._identities.keep(source, identity)
        return identity

    def recall_identity(self, keyed: Keyed) -> Identity | None:
        """Return what a source's backend told of its identity before, or None."""
        return self._identities.told(keyed)

    def remember_identity(self, keyed: Keyed, told: Identity) -> None:
        """Keep what a source's backend told of its identity."""
        self._identities.keep_told(keyed, told)

    def acquire(self, located: Located, into: Path, caller: Caller) -> tuple[Path, int]:
        """Put a private copy of the source into the empty directory `into`.

        Returns where the project is in it, and the instant that its build should take for now
        (`SOURCE_DATE_EPOCH`, in seconds since 1970): of its newest file, as far as that belongs
        to the source's content. Raises `SourceError`, `NotInCache`, `OSError`.
        """
        from wheelwell.sources import archive, directory

        source = _source_of(located)
        if isinstance(source, Directory):
            assert located.path is not None
            directory.copy(located.path, into / "project", tree=source.tree)
            return into / "project", EARLIEST
        path = self.fetch(located, caller)
        top = archive.unpack(path, into)
        return top / source.subdirectory, clamped(archive.newest(top))

    def fetch(self, located: Located, caller: Caller) -> Path:
        """Return a file on this machine that holds the archive. Raises as `acquire` does."""
        held = self._archives.held(located, caller)
        if held is not None:
            return held
        if not located.url:  # remembered, but not kept: look again where it is now
            located = replace(located, url=self._find_again(located, caller))
        promised = (f"sha256:{located.sha256()}",)
        return self._archives.download(located, caller, promised=promised)[0]

    @property
    def _archives(self) -> Archives:
        return Archives(self.shelf, self.web)

    @property
    def _identities(self) -> Identities:
        return Identities(self.memory)

    def _recall(self, request: Request, interpreter: Interpreter) -> Located | None:
        from_memory = self.memory.recall(RESOLUTIONS, _resolution(self.indexes, request))
        try:
            if from_memory is None or not admits(
                from_memory["requires_python"], interpreter.version
            ):
                return None
            return Located(
                request=request,
                source=Archive(sha256=_sha256(from_memory["sha256"])),
                filename=str(from_memory["filename"]),
                origin=str(from_memory["origin"]),
                note=str(from_memory["note"]),
            )
        except (KeyError, TypeError, ValueError):
            return None  # damage is a miss

    def _locate_url(self, request: Request, caller: Caller) -> Located:
        from wheelwell.sources.fetch import filename_of

        located = Located(
            request=request,
            source=None,
            url=request.url,
            filename=filename_of(request.url),
            origin=without_credentials(request.url),
        )
        promised = {h[7:].lower() for h in request.hashes if h.startswith("sha256:")}
        if len(promised) == 1 and is_sha256(digest := promised.pop()):
            sha256 = Sha256(digest)
        else:
            _, sha256 = self._archives.download(located, caller, promised=request.hashes)
        source = Archive(sha256=sha256, subdirectory=request.subdirectory)
        return replace(located, source=source)

    def _locate_requirement(
        self, request: Request, interpreter: Interpreter, caller: Caller, *, wants_binary: bool
    ) -> Located:
        choice = self._choose(request, interpreter, caller, wants_binary=wants_binary)
        chosen = choice.candidate
        if chosen is None and not self._asks_all(caller):
            raise _would_be_looked_up(request)
        if chosen is None:
            raise NoMatchingSource(
                f"{request.text}: {choice.reason}",
                hint=choice.hint,
            )
        located = Located(
            request=request,
            source=None,
            url=chosen.file.url,
            filename=chosen.file.filename,
            origin=without_credentials(chosen.file.url),
            note=choice.note,
        )
        told = chosen.file.hashes.get("sha256", "")
        promises = request.hashes or tuple(f"{k}:{v}" for k, v in chosen.file.hashes.items())
        # A promise of another kind than the index's must be kept too: that takes the file itself.
        is_checked = not request.hashes or any(h.startswith("sha256:") for h in request.hashes)
        if is_sha256(told) and is_checked:
            sha256 = Sha256(told)
        else:
            _, sha256 = self._archives.download(located, caller, promised=promises)
        check_promise(chosen.file.filename, sha256, request.hashes)
        if chosen.rank is not None:
            return replace(located, wheel=sha256)
        if request.pin and self._asks_all(caller):
            self._remember(request, located, chosen, sha256)
        return replace(located, source=Archive(sha256=sha256), hashes=promises)

    def _remember(
        self, request: Request, located: Located, chosen: Candidate, sha256: Sha256
    ) -> None:
        fact = {
            "filename": located.filename,
            "sha256": sha256,
            "requires_python": chosen.file.requires_python,
            "origin": located.origin,
            "note": located.note,
        }
        self.memory.remember(RESOLUTIONS, _resolution(self.indexes, request), fact)

    def _choose(
        self, request: Request, interpreter: Interpreter, caller: Caller, *, wants_binary: bool
    ) -> Choice:
        from wheelwell.sources import select

        caller.reporter.began("resolving", request.text)
        files = self._files(request, caller)
        found = select.candidates(files, name=request.name, rank=_ranking(interpreter))
        return select.choose(
            found,
            specifier=request.specifier,
            python=interpreter.version,
            hashes=request.hashes,
            wants_binary=wants_binary,
        )

    def _asks_all(self, caller: Caller) -> bool:
        """Say whether every index may be asked: what only some of them say is no last word."""
        return caller.network is not Network.NEVER or self.indexes.local() == self.indexes

    def _files(self, request: Request, caller: Caller) -> list[IndexFile]:
        """Return the project's files at every index, or at those on this machine if offline.

        An index that cannot be asked is an error: without it the answer might be another one.
        """
        from wheelwell.sources.finding import find_files

        is_offline = caller.network is Network.NEVER
        indexes = self.indexes.local() if is_offline else self.indexes
        files = find_files(self.web(), indexes, request.name, warned=caller.reporter.warned)
        if files is not None:
            return files
        if not self._asks_all(caller):
            raise _would_be_looked_up(request)
        asked = [*indexes.named()["urls"], *indexes.named()["find-links"]]
        raise NoSuchProject(
            f"no project {request.name} at {', '.join(asked) or 'any index (none is set)'}",
            hint="is the name right, and is the index?",
        )

    def _find_again(self, located: Located, caller: Caller) -> str:
        files = self._files(located.request, caller)
        for file in files:
            if file.hashes.get("sha256") == located.sha256():
                return file.url
        for file in files:
            if file.filename == located.filename:
                return file.url
        raise NoMatchingSource(
            f"{located.filename} is no longer at the index that had it",
            hint="ask for another version, or from another index",
        )


@functools.lru_cache(maxsize=4096)
def _resolution(indexes: Indexes, request: Request) -> str:
    """Return the name of what is remembered of an exact pin at these indexes."""
    return sha256_of(
        {
            "indexes": indexes.named(),
            "name": request.name,
            "version": request.specifier,
            "hashes": sorted(request.hashes),
            # What names an index is shown; its query may name another one, and is not.
            "queries": sha256_of([*indexes.urls, *indexes.find_links]) if _asks(indexes) else "",
        }
    )


def _asks(indexes: Indexes) -> bool:
    return any("?" in place for place in (*indexes.urls, *indexes.find_links))


def _locate_path(request: Request) -> Located:
    from wheelwell.sources import directory

    path = Path(request.path)
    if path.is_dir():
        tree = directory.tree_hash(path / request.subdirectory)
        source: Source = Directory(tree=tree)
        path = path / request.subdirectory
    elif path.is_file():
        sha256 = hash_file(path, promised=request.hashes)
        source = Archive(sha256=sha256, subdirectory=request.subdirectory)
    else:
        raise InvalidSource(
            f"there is no file or directory {path}",
            hint="to ask for a project of an index, give its name alone",
        )
    return Located(
        request=request, source=source, path=path, filename=path.name, origin=path.as_uri()
    )


def _ranking(interpreter: Interpreter) -> Callable[[IndexFile], int | None]:
    from wheelwell.fit import tags_of

    ranks: Mapping[str, int] = {tag: rank for rank, tag in enumerate(interpreter.tags)}

    def rank(file: IndexFile) -> int | None:
        return min((ranks[tag] for tag in tags_of(file.filename) if tag in ranks), default=None)

    return rank


def _would_be_looked_up(request: Request) -> NotInCache:
    return NotInCache(
        f"{request.text} would have to be looked up",
        hint="an exact pin (==) that was resolved before needs no network",
    )


def _sha256(value: Any) -> Sha256:
    if not is_sha256(value):
        raise ValueError("not a SHA-256")
    return Sha256(value)


def _source_of(located: Located) -> Source:
    assert located.source is not None, "upstream's wheels are not built"
    return located.source
