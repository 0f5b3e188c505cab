"""Commits as sources: found, identified, and put into a private copy for a build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.buckets import COMMITS
from wheelwell.digest import sha256_text
from wheelwell.errors import InvalidSource
from wheelwell.identity import Identity
from wheelwell.indexes import Network
from wheelwell.languages import languages_of
from wheelwell.protocols import Memory
from wheelwell.remote import Remote, is_commit
from wheelwell.request import Request
from wheelwell.source import Git
from wheelwell.sources.located import Caller, Located
from wheelwell.sources.repositories import Refs, Repositories

if TYPE_CHECKING:
    from wheelwell.sources.checkout import Listed


@dataclass(frozen=True, slots=True)
class Commits:
    """Sources in Git. Threads share it.

    A commit that is known is not looked for again: neither a process nor the network is needed.
    """

    repositories: Repositories
    memory: Memory

    def locate(self, request: Request, caller: Caller) -> Located:
        """Return the commit that a request names. Raises `SourceError`, `NotInCache`."""
        remote, refs, note = Remote(url=request.url), None, ""
        commit = request.ref
        if not is_commit(commit):
            commit, refs, note = self.repositories.resolve(remote, request.ref, caller)
        source = self._source(remote, commit, refs, request, caller)
        if source.lfs and not self.repositories.git.has_lfs:
            source = replace(source, lfs=False)
            pointers = "files in Git LFS are left as pointers: git-lfs is not installed"
            note = f"{note}; {pointers}" if note else pointers
        return Located(
            request=request,
            source=source,
            url=request.url,
            filename=commit,
            origin=f"git+{remote.shown}@{commit}",
            note=note,
        )

    def identify(self, located: Located, caller: Caller) -> Identity:
        """Return what a commit itself tells of its identity.

        The compilers that it could use are those of the whole repository: a project in a
        subdirectory sees what is above it.
        """
        from wheelwell.sources import contents

        source = _git(located)
        caller.reporter.began("identifying", located.request.text)
        held = self._listed(located, caller).contents
        identity = contents.identify(held.below(source.subdirectory), is_distribution=False)
        return replace(identity, languages=tuple(sorted(languages_of(held.names, held.texts))))

    def acquire(self, located: Located, into: Path, caller: Caller) -> tuple[Path, int]:
        """Put a private copy into the directory `into`; return the project's place and its time."""
        from wheelwell.sources.checkout import Checkouts, Commit

        source = _git(located)
        top = into / "project"
        time = Checkouts(self.repositories).check_out(
            Commit(remote=Remote(url=located.url), name=source.commit),
            top,
            caller,
            tags=bool(source.described),
            lfs=source.lfs,
        )
        project = top / source.subdirectory
        if not project.is_dir():
            raise InvalidSource(f"there is no directory {source.subdirectory} in the source")
        return project, time

    def _source(
        self, remote: Remote, commit: str, refs: Refs | None, request: Request, caller: Caller
    ) -> Git:
        name = f"{commit}-{sha256_text(request.subdirectory)[:16]}"
        known = self.memory.recall(COMMITS, name)
        if not _is_known(known, "versioned", "lfs"):
            known = self._learn(remote, commit, request, caller)
            self.memory.remember(COMMITS, name, known)
        return Git(
            commit=commit,
            subdirectory=request.subdirectory,
            lfs=known["lfs"],
            described=self._described(remote, commit, refs, caller) if known["versioned"] else "",
        )

    def _learn(
        self, remote: Remote, commit: str, request: Request, caller: Caller
    ) -> dict[str, bool]:
        from wheelwell.version_control import tells_version

        located = Located(
            request=request, source=Git(commit=commit), url=remote.url, filename=commit
        )
        listed = self._listed(located, caller)
        texts = listed.contents.below(request.subdirectory).texts
        return {"versioned": tells_version(texts), "lfs": listed.has_lfs}

    def _described(self, remote: Remote, commit: str, refs: Refs | None, caller: Caller) -> str:
        """Return what version tools learn of a commit: by the tags that are there now, if asked.

        Whoever names a branch or tag has asked the remote anyway, and it told its tags; for a
        full commit those that are held count, until the caller wants everything asked again.
        """
        from wheelwell.sources.checkout import Checkouts, Commit

        if refs is None and caller.network is Network.REFRESH:
            refs = self.repositories.refs(remote, caller)
        name = f"{remote.name[:32]}-{commit}"
        known = self.memory.recall(COMMITS, name)
        if _is_told(known) and (refs is None or known["tags"] == refs.tags()):
            return str(known["described"])
        if refs is not None and self.repositories.tags(remote) != refs.tags():
            self.repositories.holding(remote, commit, caller, anew=True)
        checkouts = Checkouts(self.repositories)
        told = checkouts.using(
            Commit(remote=remote, name=commit),
            caller,
            lambda place: checkouts.described(place, commit),
        )
        tags = refs.tags() if refs is not None else ""
        self.memory.remember(COMMITS, name, {"described": told, "tags": tags})
        return told

    def _listed(self, located: Located, caller: Caller) -> Listed:
        from wheelwell.sources.checkout import Checkouts, Commit

        commit = Commit(remote=Remote(url=located.url), name=_git(located).commit)
        return Checkouts(self.repositories).listed(commit, caller)


def _git(located: Located) -> Git:
    assert isinstance(located.source, Git)
    return located.source


def _is_known(fact: object, *flags: str) -> bool:
    return isinstance(fact, dict) and all(isinstance(fact.get(flag), bool) for flag in flags)


def _is_told(fact: object) -> bool:
    names = ("described", "tags")
    return isinstance(fact, dict) and all(isinstance(fact.get(name), str) for name in names)
