"""Repositories: bare copies of remote ones, kept and fetched anew as far as something is missing.

A repository appears whole, by a rename. Only the holder of its lease writes into it, and whoever
reads it needs none: objects are only ever added.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wheelwell.digest import Sha256, sha256_of
from wheelwell.errors import FetchError, NoMatchingSource, NotInCache
from wheelwell.indexes import Network
from wheelwell.remote import Remote, is_commit, is_short_commit
from wheelwell.sources.git import Git, GitFailed, first_line
from wheelwell.sources.located import Caller

_ALL = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_KEPT = "refs/wheelwell/"


class Lease(Protocol):
    """The right to write into one repository."""

    def fileno(self) -> int:
        """Return the descriptor that a child process inherits to hold it too."""


Exclusively = Callable[[str, Callable[[], bool]], AbstractContextManager[Lease]]
"""Gives the right to one name, held while the block runs. It asks its second argument, again and
again, whether to wait no longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refs:
    """What a remote repository says that it holds."""

    ids: Mapping[str, str]
    """Objects by the full names of refs; what an annotated tag points to has `^{}` behind it."""

    def tags(self) -> Sha256:
        """Return a digest of all tags."""
        return sha256_of(
            sorted(pair for pair in self.ids.items() if pair[0].startswith("refs/tags/"))
        )

    def commit_of(self, ref: str) -> tuple[str, str] | None:
        """Return a ref's full name and the object that it leads to; for an empty one, `HEAD`.

        A branch comes before a tag of the same name, as with pip.
        """
        wanted = [f"refs/heads/{ref}", f"refs/tags/{ref}", ref] if ref else ["HEAD"]
        for name in wanted:
            if name in self.ids:
                return name, self.ids.get(f"{name}^{{}}", self.ids[name])
        return None

    def is_ambiguous(self, ref: str) -> bool:
        """Say whether a branch and a tag have the same name, and lead to different commits."""
        branch, tag = self.ids.get(f"refs/heads/{ref}"), self.ids.get(f"refs/tags/{ref}")
        return bool(branch and tag) and branch != self.ids.get(f"refs/tags/{ref}^{{}}", tag)

    def like(self, ref: str) -> list[str]:
        """Return names of branches and tags that `ref` may have been meant for."""
        import difflib

        names = {name.split("/", 2)[2] for name in self.ids if name.count("/") > 1}
        return difflib.get_close_matches(ref, sorted(n for n in names if not n.endswith("^{}")))


@dataclass(frozen=True, kw_only=True)
class Repositories:
    """Repositories below one directory. Threads and processes share it."""

    root: Path
    git: Git
    exclusively: Exclusively
    make_directories: Callable[[str], None]
    """Makes a directory in the cache with those above it; raises `OSError`."""
    share: Callable[[str], None] = lambda _path: None
    """Lets those have a new repository who share the cache."""

    def refs(self, remote: Remote, caller: Caller) -> Refs:
        """Ask a remote for its refs. Raises `FetchError`, and `NotInCache` where it may not be."""
        if caller.network is Network.NEVER and not remote.is_local:
            raise NotInCache(
                f"{remote.shown} would have to be asked what it holds",
                hint="with a full commit (@ and 40 digits) nothing has to be asked",
            )
        caller.reporter.began("resolving", remote.shown)
        command = ("ls-remote", "--quiet", "--end-of-options", remote.shown)
        try:
            listed = self.git.ask(remote, None, *command, is_cancelled=caller.is_cancelled)
        except GitFailed as error:
            raise FetchError(remote.shown, first_line(error.said)) from error
        lines = [line.split("\t") for line in listed.decode(errors="replace").splitlines()]
        return Refs(ids={line[1]: line[0] for line in lines if len(line) == 2})

    def resolve(self, remote: Remote, ref: str, caller: Caller) -> tuple[str, Refs, str]:
        """Return the full commit of a branch, a tag or a short commit, the refs, and a note.

        Raises as `refs` does, and `NoMatchingSource`.
        """
        refs = self.refs(remote, caller)
        if found := refs.commit_of(ref):
            _, commit = found
            note = (
                f"{ref} is a branch and a tag: the branch is taken"
                if refs.is_ambiguous(ref)
                else ""
            )
            return commit, refs, note
        if is_short_commit(ref) and (commit := self._expanded(remote, ref, refs, caller)):
            return commit, refs, ""
        if not refs.ids:
            raise NoMatchingSource(f"{remote.shown} is an empty repository")
        meant = ", ".join(refs.like(ref))
        raise NoMatchingSource(
            f"{remote.shown} has no branch, tag or commit {ref or 'HEAD'}",
            hint=f"did you mean {meant}?" if meant else "",
        )

    def holding(self, remote: Remote, commit: str, caller: Caller, *, anew: bool = False) -> Path:
        """Return a repository that holds a commit, fetched where it is not there yet.

        With `anew` the remote is asked again, for tags. Raises `FetchError`, `NoMatchingSource`,
        and `NotInCache` where the network would be needed but is not to be asked.
        """
        place = self.place(remote)
        if not anew and self._holds(place, commit) and _is_used(place):
            return place
        with self._leased(remote, caller) as lease:
            if anew or not self._holds(place, commit):
                self._fetch(remote, commit, caller, lease)
            _is_used(place)
        return place

    def place(self, remote: Remote) -> Path:
        """Return where the repository of a remote is, or would be."""
        return self.root / remote.name

    def tags(self, remote: Remote) -> Sha256:
        """Return a digest of the tags that are held, as `Refs.tags` gives one of those there."""
        listed = b""
        with contextlib.suppress(GitFailed):  # there is none
            listed = self.git.write(self.place(remote), "show-ref", "--dereference", "--tags")
        lines = [line.split(" ", 1) for line in listed.decode(errors="replace").splitlines()]
        return Refs(ids={name: held for held, name in lines}).tags()

    def replace(self, remote: Remote, caller: Caller) -> None:
        """Take a damaged repository away, so that it is fetched anew."""
        with self._leased(remote, caller):
            _remove(self.place(remote))

    def _leased(self, remote: Remote, caller: Caller) -> AbstractContextManager[Lease]:
        return self.exclusively(f"git-{remote.name}", caller.is_cancelled)

    def _expanded(self, remote: Remote, short: str, refs: Refs, caller: Caller) -> str:
        place = self.place(remote)
        if commit := self._commit(place, short):
            return commit
        with self._leased(remote, caller) as lease:
            self._fetch(remote, next(iter(refs.ids.values()), ""), caller, lease)
        return self._commit(place, short)

    def _holds(self, place: Path, commit: str) -> bool:
        return self._commit(place, commit) == commit

    def _commit(self, place: Path, name: str) -> str:
        """Return the full commit that `name` starts, or nothing."""
        if not self._is_there(place):
            return ""
        wanted = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        with contextlib.suppress(GitFailed):
            found = self.git.write(place, *wanted).decode().strip()
            return found if is_commit(found) else ""
        return ""

    def _is_there(self, place: Path) -> bool:
        is_linked = self.root.is_symlink() or place.is_symlink()
        return place.is_dir() and not is_linked and not _blocks(place)

    def _fetch(self, remote: Remote, commit: str, caller: Caller, lease: Lease) -> None:
        """Bring a repository up to date, or make it. The caller holds its lease."""
        if caller.network is Network.NEVER and not remote.is_local:
            raise NotInCache(
                f"commit {commit[:12]} of {remote.shown} would have to be fetched",
                hint="without --offline it would be",
            )
        caller.reporter.began("downloading", remote.shown)
        place = self.place(remote)
        if self._is_there(place):
            _unlock(place)
            try:
                return self._fill(place, remote, commit, caller, lease)
            except GitFailed as error:
                caller.reporter.warned(
                    f"the stored repository of {remote.shown} could not be brought up to date "
                    f"({first_line(error.said)}); it is fetched anew"
                )
        with self._staged(place, commit) as staged:
            try:
                self._fill(staged, remote, commit, caller, lease)
            except GitFailed as error:
                raise FetchError(remote.shown, first_line(error.said)) from error
            _remove(place)
            self.share(str(staged))
            staged.rename(place)
        return None

    @contextlib.contextmanager
    def _staged(self, place: Path, commit: str) -> Iterator[Path]:
        """Make an empty repository beside `place`, that is gone afterwards if it is there."""
        self.make_directories(str(self.root))
        staged = place.with_name(f"{place.name}.new")
        _erase(staged)  # of one that was killed: the lease was free
        kind = "sha256" if len(commit) == 64 else "sha1"
        form = ("--bare", "--template=", f"--object-format={kind}")
        try:
            self.git.write("/", "init", "--quiet", *form, str(staged))
            yield staged
        finally:
            _erase(staged)

    def _fill(self, place: Path, remote: Remote, commit: str, caller: Caller, lease: Lease) -> None:
        def fetch(*refs: str) -> None:
            self.git.ask(
                *(remote, place, "fetch", "--quiet", "--no-tags", "--force", "--prune"),
                *("--no-write-fetch-head", "--no-recurse-submodules", "--end-of-options"),
                *(remote.shown, *refs),
                is_cancelled=caller.is_cancelled,
                leases=(lease.fileno(),),
            )

        fetch(*_ALL)
        if commit and not self._holds(place, commit):
            try:
                fetch(f"{commit}:{_KEPT}{commit}")  # of no branch, such as a pull request's
            except (GitFailed, FetchError) as error:
                raise NoMatchingSource(
                    f"{remote.shown} has no commit {commit}",
                    hint="was it pushed? some hosts hand out only what a branch or tag leads to",
                ) from error
            if not self._holds(place, commit):
                raise NoMatchingSource(f"{commit} in {remote.shown} is no commit")


def _is_used(place: Path) -> bool:
    """Mark a repository as used; False where a collector took it away just now."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # another user's: who cannot write there is not who collects there
    return True


def _blocks(place: Path) -> bool:
    """Say whether Git would wait for ever there: something that is no file is in a file's place."""
    try:
        with os.scandir(place) as found:
            return not all(
                each.is_file(follow_symlinks=False) or each.is_dir(follow_symlinks=False)
                for each in found
            )
    except OSError:
        return False


def _unlock(place: Path) -> None:
    """Remove what a Git that was killed left locked: the caller holds the lease."""
    for lock in [
        *place.glob("*.lock"),
        *place.glob("refs/**/*.lock"),
        *place.glob("objects/**/*.lock"),
    ]:
        lock.unlink(missing_ok=True)


def _remove(place: Path) -> None:
    """Remove a repository, at once for all who look for it. The caller holds its lease."""
    aside = place.with_name(f"{place.name}.old")
    _erase(aside)
    with contextlib.suppress(FileNotFoundError):
        place.rename(aside)
    _erase(aside)


def _erase(place: Path) -> None:
    """Remove a directory; of a link the link alone."""
    if place.is_symlink():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)
