"""Resolving: from a request to the one immutable source that it names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelwell.buckets import RESOLUTIONS
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
from wheelwell.opposites import Opposites
from wheelwell.protocols import Memory, Shelf
from wheelwell.request import Request
from wheelwell.requires_python import admits
from wheelwell.source import Archive, Directory, Git, Source
from wheelwell.sources.archives import Archives
from wheelwell.sources.epoch import clamped
from wheelwell.sources.hashing import check_promise, hash_file
from wheelwell.sources.identities import Identities
from wheelwell.sources.located import Caller, Located, Refreshing
from wheelwell.sources.uploads import Uploads
from wheelwell.urls import without_credentials

if TYPE_CHECKING:
    from wheelwell.sources.commits import Commits
    from wheelwell.sources.directories import Directories
    from wheelwell.sources.fetch import Web
    from wheelwell.sources.finding import Found
    from wheelwell.sources.index import IndexFile
    from wheelwell.sources.repositories import Repositories
    from wheelwell.sources.select import Candidate, Choice
    from wheelwell.sources.wheels import Wheels


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Finds, fetches and reads sources. Threads share it."""

    indexes: Indexes
    memory: Memory
    shelf: Shelf
    web: Callable[[], Web]
    """Returns the one client, made when it is first needed."""

    repositories: Callable[[], Repositories]
    """Returns those that are kept, looked at when they are first needed."""

    releases: Opposites = field(default_factory=Opposites)
    """Projects whose pre-releases may be chosen though nothing asks for them, and never may."""

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
        if request.is_wheel:
            return self._wheels.locate(request, interpreter, caller)
        if request.path:
            return self._locate_path(request, caller)
        if request.is_git:
            return self._commits.locate(request, caller)
        if request.url:
            return self._locate_url(request, caller)
        is_refused = self.releases.side_of(request.name) is False and not _is_final(request.pin)
        is_askable = not wants_binary and not is_refused
        if request.pin and is_askable and caller.network is not Network.REFRESH:
            remembered = self._recall(request, interpreter)
            if remembered is not None:
                return remembered
        return self._locate_requirement(request, interpreter, caller, wants_binary=wants_binary)

    def check_wheel(self, request: Request, interpreter: Interpreter) -> None:
        """Raise `NoMatchingSource` where the wheel that a request names is for other Pythons."""
        from wheelwell.sources.wheels import check_fitting

        check_fitting(request, interpreter)

    def identify(self, located: Located, caller: Caller) -> Identity:
        """Return what a source itself tells of its identity, which may be incomplete.

        The archive is fetched where it is not known yet. Raises `SourceError`, `NotInCache`.
        """
        source = _source_of(located)
        if known := self._identities.of(source):
            return known
        from wheelwell.sources import archive, contents

        if isinstance(source, Directory):
            identity = self._directories.identify(located, caller)
        elif isinstance(source, Git):
            identity = self._commits.identify(located, caller)
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
        from wheelwell.sources import archive

        source = _source_of(located)
        if isinstance(source, Directory):
            return self._directories.acquire(located, into)
        if isinstance(source, Git):
            project, time = self._commits.acquire(located, into, caller)
            return project, clamped(time)
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
        return self._archives.fetch(located, caller)

    @property
    def uploads(self) -> Uploads:
        """When sources were uploaded."""
        return Uploads(indexes=self.indexes, memory=self.memory, web=self.web)

    @property
    def _directories(self) -> Directories:
        from wheelwell.sources.directories import Directories

        return Directories(self.repositories().git, self.memory)

    @property
    def _commits(self) -> Commits:
        from wheelwell.sources.commits import Commits  # not on the way to a hit

        return Commits(self.repositories(), self.memory)

    @property
    def _wheels(self) -> Wheels:
        from wheelwell.sources.wheels import Wheels

        return Wheels(self._archives)

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

    def _locate_path(self, request: Request, caller: Caller) -> Located:
        path = Path(request.path)
        if path.is_dir():
            return self._directories.locate(request, caller)
        if not path.is_file():
            raise InvalidSource(
                f"there is no file or directory {path}",
                hint="to ask for a project of an index, give its name alone",
            )
        sha256 = hash_file(path, promised=request.hashes)
        source = Archive(sha256=sha256, subdirectory=request.subdirectory)
        return Located(
            request=request, source=source, path=path, filename=path.name, origin=path.as_uri()
        )

    def _locate_url(self, request: Request, caller: Caller) -> Located:
        from wheelwell.sources.naming import name_in_url

        located = Located(
            request=request,
            source=None,
            url=request.url,
            filename=name_in_url(request.url),
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
        choice, is_current = self._choose(request, interpreter, caller, wants_binary=wants_binary)
        if choice.candidate is None and not is_current and caller.network is Network.AS_NEEDED:
            # It may have been uploaded since: what an index no longer says for sure is no refusal.
            again = Refreshing(caller)
            choice, _ = self._choose(request, interpreter, again, wants_binary=wants_binary)
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
        self.uploads.remember(sha256, chosen.file.upload_time)
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
    ) -> tuple[Choice, bool]:
        """Return the file to take, and whether the indexes were asked for it just now."""
        from wheelwell.sources import select

        caller.reporter.began("resolving", request.text)
        offered = self._files(request, caller)
        found = select.candidates(offered.files, name=request.name, rank=_ranking(interpreter))
        choice = select.choose(
            found,
            specifier=request.specifier,
            python=interpreter.version,
            hashes=request.hashes,
            wants_binary=wants_binary,
            prereleases=self.releases.side_of(request.name),
        )
        return choice, offered.is_current

    def _asks_all(self, caller: Caller) -> bool:
        """Say whether every index may be asked: what only some of them say is no last word."""
        return caller.network is not Network.NEVER or self.indexes.local() == self.indexes

    def _files(self, request: Request, caller: Caller) -> Found:
        """Return the project's files at every index, or what is known of that if offline.

        An index that cannot be asked is an error: without it the answer might be another one.
        """
        from wheelwell.sources.finding import find_files

        found = find_files(self.web(), self.indexes, request.name, caller=caller)
        if found is not None:
            return found
        if not self._asks_all(caller):
            raise _would_be_looked_up(request)
        asked = [*self.indexes.named()["urls"], *self.indexes.named()["find-links"]]
        raise NoSuchProject(
            f"no project {request.name} at {', '.join(asked) or 'any index (none is set)'}",
            hint="is the name right, and is the index?",
        )

    def _find_again(self, located: Located, caller: Caller) -> str:
        files = self._files(located.request, caller).files
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
    return sha256_of(resolution_parts(indexes, request))


def resolution_parts(indexes: Indexes, request: Request) -> dict[str, Any]:
    """Return all that decides what an exact pin means at these indexes."""
    return {
        "indexes": indexes.named(),
        "name": request.name,
        "version": request.specifier,
        "hashes": sorted(request.hashes),
        # What names an index is shown; its query may name another one, and is not.
        "queries": sha256_of([*indexes.urls, *indexes.find_links]) if _asks(indexes) else "",
    }


def _is_final(version: str) -> bool:
    """Say whether a version is no pre-release (PEP 440)."""
    from packaging.version import InvalidVersion, Version

    try:
        return not Version(version).is_prerelease
    except InvalidVersion:
        return False


def _asks(indexes: Indexes) -> bool:
    return any("?" in place for place in (*indexes.urls, *indexes.find_links))


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
