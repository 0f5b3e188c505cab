"""Resolving: from a request to the one immutable source that it names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from wheelwell.digest import Sha256, is_sha256, sha256_of
from wheelwell.errors import (
    FetchError,
    HashMismatch,
    InvalidSource,
    NoMatchingSource,
    NoSuchProject,
    NotInCache,
)
from wheelwell.identity import Identity
from wheelwell.indexes import Indexes, Network
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.protocols import Memory, Reporter, Shelf
from wheelwell.request import Request
from wheelwell.requires_python import admits
from wheelwell.source import Archive, Directory, Source
from wheelwell.sources.hashing import Hashers
from wheelwell.urls import without_credentials

if TYPE_CHECKING:
    from wheelwell.sources.fetch import Web
    from wheelwell.sources.index import IndexFile
    from wheelwell.sources.select import Candidate, Choice

RESOLUTIONS = "resolutions-v1"
IDENTITIES = "identities-v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A request's source, and where to get it."""

    request: Request

    source: Source | None
    """None for upstream's wheel."""

    path: Path | None = None
    """The archive or directory on this machine; None for one that is on the shelf, or away."""

    url: str = field(default="", repr=False)
    """Where the archive is; may hold credentials, and is empty where it was not looked up."""

    filename: str = ""
    """Of the archive."""

    hashes: tuple[str, ...] = ()
    """What the archive must hash to."""

    origin: str = ""
    """Where the archive is, or was, without credentials."""

    note: str = ""
    """What a user should know about the choice."""

    wheel: Sha256 | None = None
    """For upstream's wheel: its SHA-256."""


class Caller(Protocol):
    """What a step must know of who asks."""

    @property
    def network(self) -> Network:
        """What may be asked over the network."""

    @property
    def reporter(self) -> Reporter:
        """Is told of what happens."""

    def is_cancelled(self) -> bool:
        """Say whether the caller has taken its request back."""


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
        known = self.memory.recall(IDENTITIES, source.token)
        if known is not None:
            try:
                return Identity.from_json(known)
            except (KeyError, TypeError):
                pass  # damage is a miss: it is read again
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
        self.memory.remember(IDENTITIES, source.token, identity.to_json())
        return identity

    def recall_identity(self, keyed: Keyed) -> Identity | None:
        """Return what a source's backend told of its identity before, or None."""
        known = self.memory.recall(IDENTITIES, _told_as(keyed))
        try:
            return None if known is None else Identity.from_json(known)
        except (KeyError, TypeError):
            return None  # damage is a miss

    def remember_identity(self, keyed: Keyed, told: Identity) -> None:
        """Keep what a source's backend told of its identity."""
        self.memory.remember(IDENTITIES, _told_as(keyed), told.to_json())

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
        newest = archive.read(path).newest
        top = archive.unpack(path, into)
        return top / source.subdirectory, min(max(newest, EARLIEST), LATEST)

    def fetch(self, located: Located, caller: Caller) -> Path:
        """Return a file on this machine that holds the archive. Raises as `acquire` does."""
        sha256 = located.wheel or _archive_of(located).sha256
        path = located.path or self.shelf.find(sha256)
        if path is not None:
            found = _hash(path)
            if found == sha256:
                return path
            if located.path is not None:
                raise InvalidSource(f"{path} changed while it was read", hint="ask again")
            caller.reporter.warned(f"the stored archive {path} was damaged; it is fetched again")
        if not located.url:  # remembered, but not kept: look again where it is now
            located = replace(located, url=self._find_again(located, caller))
        return self._download(located, caller, promised=(f"sha256:{sha256}",))[0]

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
            _, sha256 = self._download(located, caller, promised=request.hashes)
        source = Archive(sha256=sha256, subdirectory=request.subdirectory)
        return replace(located, source=source)

    def _locate_requirement(
        self, request: Request, interpreter: Interpreter, caller: Caller, *, wants_binary: bool
    ) -> Located:
        choice = self._choose(request, interpreter, caller, wants_binary=wants_binary)
        chosen = choice.candidate
        if chosen is None:
            raise NoMatchingSource(
                f"{request.text}: {choice.reason}",
                hint=_binary_hint(choice.reason) if not wants_binary else "",
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
            _, sha256 = self._download(located, caller, promised=promises)
        _check_promise(chosen.file.filename, sha256, request.hashes)
        if chosen.rank is not None:
            return replace(located, wheel=sha256)
        if request.pin:
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

        if caller.network is Network.NEVER:
            raise NotInCache(
                f"{request.text} would have to be looked up",
                hint="an exact pin (==) that was resolved before needs no network",
            )
        caller.reporter.began("resolving", request.text)
        files = self._files(request)
        found = select.candidates(files, name=request.name, rank=_ranking(interpreter))
        return select.choose(
            found,
            specifier=request.specifier,
            python=interpreter.version,
            hashes=request.hashes,
            wants_binary=wants_binary,
        )

    def _files(self, request: Request) -> list[IndexFile]:
        """Return the project's files at every index.

        An index that cannot be asked is an error: without it the answer might be another one.
        """
        from wheelwell.sources.finding import find_files

        files = find_files(self.web(), self.indexes, request.name)
        if files is None:
            asked = [*self.indexes.named()["urls"], *self.indexes.named()["find-links"]]
            raise NoSuchProject(
                f"no project {request.name} at {', '.join(asked) or 'any index (none is set)'}",
                hint="is the name right, and is the index?",
            )
        return files

    def _find_again(self, located: Located, caller: Caller) -> str:
        if caller.network is Network.NEVER:
            raise NotInCache(f"the source of {located.request.text} would have to be fetched")
        files = self._files(located.request)
        for file in files:
            if file.hashes.get("sha256") == _archive_of(located).sha256:
                return file.url
        for file in files:
            if file.filename == located.filename:
                return file.url
        raise NoMatchingSource(f"{located.filename} is no longer at the index that had it")

    def _download(
        self, located: Located, caller: Caller, *, promised: tuple[str, ...]
    ) -> tuple[Path, Sha256]:
        if caller.network is Network.NEVER:
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


EARLIEST = 315532800
"""1980-01-01, in seconds since 1970: a zip can tell no earlier time."""

LATEST = 4354819198
"""2107-12-31: a zip can tell no later time."""


@functools.lru_cache(maxsize=4096)
def _resolution(indexes: Indexes, request: Request) -> str:
    """Return the name of what is remembered of an exact pin at these indexes."""
    return sha256_of(
        {
            "indexes": indexes.named(),
            "name": request.name,
            "version": request.specifier,
            "hashes": sorted(request.hashes),
        }
    )


def _told_as(keyed: Keyed) -> str:
    """Return the name of what a backend told: it may depend on the interpreter and the settings."""
    return sha256_of([keyed.source.inputs(), keyed.interpreter.inputs(), keyed.settings.inputs()])


def _locate_path(request: Request) -> Located:
    from wheelwell.sources import directory

    path = Path(request.path)
    if path.is_dir():
        tree = directory.tree_hash(path / request.subdirectory)
        source: Source = Directory(tree=tree)
        path = path / request.subdirectory
    elif path.is_file():
        sha256 = _hash(path, promised=request.hashes)
        source = Archive(sha256=sha256, subdirectory=request.subdirectory)
    else:
        raise InvalidSource(
            f"there is no file or directory {path}",
            hint="to ask for a project of an index, give its name alone",
        )
    return Located(
        request=request, source=source, path=path, filename=path.name, origin=path.as_uri()
    )


def _check_promise(name: str, sha256: Sha256, hashes: tuple[str, ...]) -> None:
    promised = [each.lower() for each in hashes if each.startswith("sha256:")]
    if promised and f"sha256:{sha256}" not in promised:
        raise HashMismatch(name, expected=" or ".join(promised), found=f"sha256:{sha256}")


def _hash(path: Path, *, promised: tuple[str, ...] = ()) -> Sha256:
    hashers = Hashers(promised)
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                hashers.update(chunk)
    except OSError as error:
        raise FetchError(str(path), error.strerror or "it cannot be read") from error
    hashers.check(path.name)
    return hashers.sha256()


def _ranking(interpreter: Interpreter) -> Callable[[IndexFile], int | None]:
    from wheelwell.fit import tags_of

    ranks: Mapping[str, int] = {tag: rank for rank, tag in enumerate(interpreter.tags)}

    def rank(file: IndexFile) -> int | None:
        return min((ranks[tag] for tag in tags_of(file.filename) if tag in ranks), default=None)

    return rank


def _binary_hint(reason: str) -> str:
    return "--prefer-binary takes upstream's wheel" if "wheels only" in reason else ""


def _sha256(value: Any) -> Sha256:
    if not is_sha256(value):
        raise ValueError("not a SHA-256")
    return Sha256(value)


def _source_of(located: Located) -> Source:
    assert located.source is not None, "upstream's wheels are not built"
    return located.source


def _archive_of(located: Located) -> Archive:
    assert isinstance(located.source, Archive), "only archives are fetched"
    return located.source
