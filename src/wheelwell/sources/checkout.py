"""Checkouts: what a commit holds, submodules included, listed or put into a private copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wheelwell.errors import FetchError, InvalidRequest, InvalidSource
from wheelwell.languages import BUILD_FILES
from wheelwell.remote import Remote, submodule_remote
from wheelwell.sources.contents import TEXT_LIMIT, Contents
from wheelwell.sources.git import Git, GitFailed, first_line
from wheelwell.sources.located import Caller
from wheelwell.sources.repositories import Repositories

_DEEPEST = 16
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """A commit of a remote repository."""

    remote: Remote
    name: str
    """In full."""

    depth: int = 0
    """How many repositories it is a submodule below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """What a commit holds."""

    contents: Contents

    has_lfs: bool
    """Whether some of its files are kept in Git LFS."""


@dataclass(frozen=True, slots=True)
class Checkouts:
    """Reads commits of kept repositories. Threads share it."""

    repositories: Repositories

    @property
    def _git(self) -> Git:
        return self.repositories.git

    def using(self, commit: Commit, caller: Caller, use: Callable[[Path], _T]) -> _T:
        """Return what `use` makes of a repository that holds the commit.

        One that is damaged is fetched anew, once. Raises `SourceError`, `NotInCache`.
        """
        place = self.repositories.holding(commit.remote, commit.name, caller)
        try:
            return use(place)
        except GitFailed as error:
            caller.reporter.warned(
                f"the stored repository of {commit.remote.shown} was damaged "
                f"({first_line(error.said)}); it is fetched anew"
            )
        self.repositories.replace(commit.remote, caller)
        place = self.repositories.holding(commit.remote, commit.name, caller)
        try:
            return use(place)
        except GitFailed as error:
            raise FetchError(commit.remote.shown, first_line(error.said)) from error

    def listed(self, commit: Commit, caller: Caller) -> Listed:
        """Return the files of a commit, and the text of its build files."""
        listed, submodules = self.using(
            commit, caller, lambda place: self._list(place, commit, caller)
        )
        names, texts = [*listed.contents.names], {**listed.contents.texts}
        has_lfs = listed.has_lfs
        for path, submodule in submodules:
            below = self.listed(submodule, caller)
            names += [f"{path}/{name}" for name in below.contents.names]
            texts |= {f"{path}/{name}": text for name, text in below.contents.texts.items()}
            has_lfs = has_lfs or below.has_lfs
        return Listed(contents=Contents(names=tuple(names), texts=texts), has_lfs=has_lfs)

    def check_out(
        self, commit: Commit, target: Path, caller: Caller, *, tags: bool, lfs: bool
    ) -> int:
        """Put a commit into the new directory `target`, and what it is a part of the history of.

        Returns its time, which all files get. With `tags` the repository there has those that
        lead to the commit; with `lfs` the files in Git LFS are fetched.
        """

        def put(place: Path) -> tuple[int, list[tuple[str, Commit]]]:
            shutil.rmtree(target, ignore_errors=True)
            make_repository(self._git, target, objects=place / "objects", commit=commit.name)
            if tags:
                lines = self._git.write(place, *merged_tags(commit.name)).decode()
                (target / ".git" / "packed-refs").write_text(lines, encoding="utf-8")
            self._git.write(target, "read-tree", "-u", "--reset", "HEAD")
            time = int(self._git.write(place, "show", "-s", "--format=%ct", commit.name))
            return time, self._submodules(place, commit, caller)

        time, submodules = self.using(commit, caller, put)
        if lfs:
            self._fetch_lfs(commit, target, caller)
        for path, submodule in submodules:
            self.check_out(submodule, _inside(target, path), caller, tags=False, lfs=lfs)
        if commit.depth == 0:
            set_times(target, time)
        refresh(self._git, target)
        return time

    def described(self, place: Path, commit: str) -> str:
        """Return what version tools may learn of a commit from its repository."""
        return described(self._git.write, place, commit)

    def _list(
        self, place: Path, commit: Commit, caller: Caller
    ) -> tuple[Listed, list[tuple[str, Commit]]]:
        entries = [*_entries(self._git.write(place, "ls-tree", "-r", "-z", commit.name))]
        blobs = {path: name for mode, name, path in entries if mode != "160000"}
        wanted = [path for path in blobs if path.rpartition("/")[2] in BUILD_FILES]
        attributes = [path for path in blobs if path.rpartition("/")[2] == ".gitattributes"]
        texts = self._texts(place, {path: blobs[path] for path in [*wanted, *attributes]})
        listed = Listed(
            contents=Contents(names=tuple(blobs), texts={path: texts[path] for path in wanted}),
            has_lfs=any("filter=lfs" in texts[path] for path in attributes),
        )
        return listed, self._submodules(place, commit, caller)

    def _texts(self, place: Path, blobs: dict[str, str]) -> dict[str, str]:
        if not blobs:
            return {}
        asked = "".join(f"{name}\n" for name in blobs.values())
        answer = self._git.write(place, "cat-file", "--batch", text=asked)
        texts, start = {}, 0
        for path, name in blobs.items():
            end = answer.index(b"\n", start)
            fields = answer[start:end].split()
            if len(fields) != 3:
                raise GitFailed(f"object {name} is missing")
            size = int(fields[2])
            content = answer[end + 1 : end + 1 + min(size, TEXT_LIMIT)]
            texts[path] = content.decode(errors="replace")
            start = end + 1 + size + 1
        return texts

    def _submodules(self, place: Path, commit: Commit, caller: Caller) -> list[tuple[str, Commit]]:
        """Return the paths and commits of the submodules that `.gitmodules` tells of."""
        entries = [*_entries(self._git.write(place, "ls-tree", "-r", "-z", commit.name))]
        links = {path: name for mode, name, path in entries if mode == "160000"}
        if not links:
            return []
        if commit.depth == _DEEPEST:
            raise InvalidSource(f"{commit.remote.shown} is a submodule below too many others")
        urls = self._told_urls(place, commit) if any(e[2] == ".gitmodules" for e in entries) else {}
        found = []
        for path, name in links.items():
            if path not in urls:
                caller.reporter.warned(
                    f"the submodule {path} of {commit.remote.shown} is left empty: "
                    ".gitmodules does not tell where it is"
                )
                continue
            try:
                remote = submodule_remote(urls[path], commit.remote)
            except InvalidRequest as error:
                raise InvalidSource(
                    f"the submodule {path} cannot be fetched: {error.message}", hint=error.hint
                ) from error
            found.append((path, Commit(remote=remote, name=name, depth=commit.depth + 1)))
        return found

    def _told_urls(self, place: Path, commit: Commit) -> dict[str, str]:
        command = ("config", "-z", "--list", "--blob", f"{commit.name}:.gitmodules")
        told: dict[str, dict[str, str]] = {}
        for line in os.fsdecode(self._git.write(place, *command)).split("\0"):
            key, _, value = line.partition("\n")
            if key.startswith("submodule.") and key.count(".") > 1:
                name, _, variable = key.removeprefix("submodule.").rpartition(".")
                told.setdefault(name, {})[variable] = value
        return {each["path"]: each["url"] for each in told.values() if {"path", "url"} <= {*each}}

    def _fetch_lfs(self, commit: Commit, target: Path, caller: Caller) -> None:
        """Replace the pointers by the files. They are kept beside the repository's objects."""
        caller.reporter.began("downloading", f"files in Git LFS of {commit.remote.shown}")
        store = self.repositories.place(commit.remote) / "lfs"
        try:
            self._git.ask(
                commit.remote,
                target,
                *("-c", f"remote.origin.url={commit.remote.shown}"),
                *("-c", f"lfs.storage={store}"),
                *("lfs", "pull", "origin"),
                is_cancelled=caller.is_cancelled,
            )
        except GitFailed as error:
            raise FetchError(commit.remote.shown, f"Git LFS: {first_line(error.said)}") from error


def make_repository(git: Git, target: Path, *, objects: Path, commit: str) -> None:
    """Make a repository in `target` whose history is in `objects`, and stays there."""
    target.mkdir(parents=True, exist_ok=True)
    kind = "sha256" if len(commit) == 64 else "sha1"
    git.write("/", "init", "--quiet", "--template=", f"--object-format={kind}", str(target))
    alternates = target / ".git" / "objects" / "info" / "alternates"
    alternates.write_bytes(os.fsencode(f"{objects}\n"))
    (target / ".git" / "HEAD").write_text(f"{commit}\n")


def merged_tags(commit: str) -> tuple[str, ...]:
    """Return the command that lists the tags that lead to a commit, as `packed-refs` holds them."""
    return ("for-each-ref", f"--merged={commit}", "--format=%(objectname) %(refname)", "refs/tags")


def described(run: Callable[..., bytes], place: Path, commit: str) -> str:
    """Return what `git describe` tells of a commit, and which tags it could have told."""
    from wheelwell.digest import sha256_text

    told = run(place, "describe", "--tags", "--long", "--always", "--abbrev=40", commit)
    tags = run(place, *merged_tags(commit)).decode(errors="replace")
    return f"{told.decode(errors='replace').strip()} of tags {sha256_text(tags)[:16]}"


def set_times(target: Path, time: int) -> None:
    """Give all files below a directory one time, but for those of the repositories in it."""
    for place, directories, names in os.walk(target):
        directories[:] = [name for name in directories if name != ".git"]
        for name in names:
            if not os.path.islink(f"{place}/{name}"):
                os.utime(f"{place}/{name}", (time, time))


def refresh(git: Git, target: Path) -> None:
    """Let the index know the files as they are: tools that read it alone see no change."""
    git.write(target, "update-index", "-q", "--really-refresh", "--unmerged")


def _entries(listed: bytes) -> Iterator[tuple[str, str, str]]:
    for line in os.fsdecode(listed).split("\0"):
        if line:
            about, path = line.split("\t", 1)
            mode, _, name = about.split(" ")
            yield mode, name, path


def _inside(target: Path, path: str) -> Path:
    """Return where a submodule goes. Raises `InvalidSource` where a link would lead elsewhere."""
    place = target / path
    if place.is_symlink() or os.path.realpath(place) != os.path.join(
        os.path.realpath(target), path
    ):
        raise InvalidSource(f"the submodule {path} would be outside the source")
    return place
