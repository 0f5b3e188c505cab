"""Work trees: what Git shows of a user's directory, and its state for version tools.

A user's tree is only read. Its repository's configuration is somebody else's text: it must not
run programs because wheelwell looks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell.digest import sha256_text
from wheelwell.sources.checkout import make_repository, merged_tags, refresh
from wheelwell.sources.directory import walked
from wheelwell.sources.epoch import EARLIEST
from wheelwell.sources.git import Git, GitFailed
from wheelwell.sources.left_out import is_left_out


@dataclass(frozen=True, slots=True)
class Worktree:
    """A project's directory that is, or is in, the work tree of a Git repository."""

    git: Git
    root: Path
    """The top of the work tree."""

    project: Path

    @property
    def below(self) -> str:
        """Where the project is in the work tree; empty for its top."""
        below = self.project.relative_to(self.root).as_posix()
        return "" if below == "." else below

    def names(self) -> list[str]:
        """Return the files that Git shows: tracked ones, and untracked ones that are not ignored.

        Of the untracked ones those are left out that no wheel is built from. Raises `GitFailed`.
        """
        return [*_shown(self.git, self.project, "")]

    def state(self) -> str:
        """Return what version tools may learn here: tags, commit, branch, and changes.

        Only the changes of tracked files below the project count. Raises `GitFailed`.
        """
        commit, branch, changed = self._status()
        if not commit:
            return f"no commit on {branch}"
        told = self._read("describe", "--tags", "--long", "--always", "--abbrev=40", commit)
        tags = sha256_text(self._read(*merged_tags(commit)))[:16]
        return f"{told.strip()}{'-dirty' if changed else ''} on {branch} of tags {tags}"

    def put_repository(self, target: Path) -> int:
        """Make a repository in `target` that tells tools what the user's own would tell them.

        The project's files are there already. Returns the commit's time. Raises `GitFailed`.
        """
        commit, branch, changed = self._status()
        objects, shallow, exclude = self._places("objects", "shallow", "info/exclude")
        kind = commit or self._read("rev-parse", "--show-object-format")
        sized = commit or ("0" * (64 if "sha256" in kind else 40))
        make_repository(self.git, target, objects=objects, commit=sized)
        own = target / ".git"
        (own / "info").mkdir(exist_ok=True)
        for place, name in ((shallow, "shallow"), (exclude, "info/exclude")):
            if place.is_file():
                shutil.copyfile(place, own / name)
        refs = self._read(*merged_tags(commit)) if commit else ""
        if branch != "(detached)":
            (own / "HEAD").write_text(f"ref: refs/heads/{branch}\n", encoding="utf-8")
            refs += f"{commit} refs/heads/{branch}\n" if commit else ""
        (own / "packed-refs").write_text(refs, encoding="utf-8")
        self._put_index(target, commit, changed)
        if not commit:
            return EARLIEST
        return int(self._read("show", "-s", "--format=%ct", "--no-show-signature", commit))

    def _put_index(self, target: Path, commit: str, changed: set[str]) -> None:
        """Copy the index; what is outside the project is neither there nor missing."""
        inside = self._read("ls-files", "-z", "--full-name", "--stage")
        outside = [*self._outside(commit)]
        self.git.write(target, "update-index", "-z", "--index-info", text=inside + "".join(outside))
        skipped = [entry.rstrip("\0").split("\t", 1)[1] for entry in outside]
        flagged = self._read("ls-files", "-z", "--full-name", "-t").split("\0")
        skipped += [entry[2:] for entry in flagged if entry.startswith("S ")]
        self._flag(target, "--skip-worktree", skipped)
        refresh(self.git, target)
        # What only a filter of the user's makes the same, as with Git LFS, is no change.
        seen = os.fsdecode(self.git.write(target, "diff-files", "-z", "--name-only")).split("\0")
        self._flag(target, "--assume-unchanged", sorted({*seen} - changed - {""}))

    def _outside(self, commit: str) -> Iterator[str]:
        if not commit or not self.below:
            return
        start = f"{self.below}/"
        for entry in self._read("ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
            if entry and not entry.split("\t", 1)[1].startswith(start):
                yield f"{entry}\0"

    def _flag(self, target: Path, flag: str, names: list[str]) -> None:
        if names:
            text = "".join(f"{name}\0" for name in names)
            self.git.write(target, "update-index", flag, "-z", "--stdin", text=text)

    def _status(self) -> tuple[str, str, set[str]]:
        """Return the commit (empty before the first), the branch, and changed tracked files."""
        status = self._read(
            *self._without_filters(),
            *("status", "--porcelain=v2", "--branch", "-z", "--no-renames"),
            *("--untracked-files=no", "--ignore-submodules=dirty", "--", "."),
        )
        commit = branch = ""
        changed = set()
        for line in status.split("\0"):
            if line.startswith("# branch.oid "):
                commit = line.removeprefix("# branch.oid ").replace("(initial)", "")
            elif line.startswith("# branch.head "):
                branch = line.removeprefix("# branch.head ")
            elif line.startswith("1 "):
                changed.add(line.split(" ", 8)[8])
            elif line.startswith("u "):
                changed.add(line.split(" ", 10)[10])
        return commit, branch, changed

    def _without_filters(self) -> list[str]:
        """Return switches that disarm the filters that the repository itself configures."""
        pattern = r"^filter\..*\.(clean|smudge|process|required)$"
        try:
            told = self._read("config", "-z", "--show-scope", "--get-regexp", pattern)
        except GitFailed:
            return []  # there is none
        words = told.split("\0")
        switches = []
        for scope, pair in zip(words[::2], words[1::2], strict=False):
            if scope in {"local", "worktree"}:
                key = pair.partition("\n")[0]
                switches += ["-c", f"{key}={'false' if key.endswith('.required') else ''}"]
        return switches

    def _places(self, *names: str) -> list[Path]:
        asked = [word for name in names for word in ("--git-path", name)]
        return [self.project / line for line in self._read("rev-parse", *asked).splitlines()]

    def _read(self, *arguments: str) -> str:
        return os.fsdecode(self.git.read(self.project, *arguments))


def find(git: Git, project: Path) -> Worktree | None:
    """Return the work tree that a project is in, if there is one, and Git."""
    project = Path(os.path.realpath(project))
    root = next((place for place in (project, *project.parents) if (place / ".git").exists()), None)
    if root is None or not _is_repository(root / ".git") or not git.program:
        return None
    return Worktree(git, root, project)


def _is_repository(place: Path) -> bool:
    """Say whether `.git` is a repository, or leads to one, as in a linked work tree."""
    if place.is_dir():
        return (place / "HEAD").exists()
    try:
        return place.read_bytes()[:8] == b"gitdir: "
    except OSError:
        return False


def _shown(git: Git, top: Path, below: str) -> Iterator[str]:
    listed = git.read(
        top / below, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard"
    )
    known: dict[str, bool] = {}
    seen = set()
    for entry in os.fsdecode(listed).split("\0"):
        tag, _, name = entry.partition(" ")
        path = f"{below}/{name}" if below else name
        if not name or path in seen:
            continue
        seen.add(path)
        if tag == "?" and _is_left_out(str(top), path.rstrip("/"), known):
            continue
        if os.path.isdir(top / path) and not os.path.islink(top / path.rstrip("/")):
            yield from _nested(git, top, path.rstrip("/"))
        else:
            yield path


def _nested(git: Git, top: Path, below: str) -> Iterator[str]:
    """Yield the files of a submodule, or of another repository in the tree."""
    place = top / below
    if not (place / ".git").exists():  # a submodule that was not fetched
        yield below
        return
    try:
        yield from [*_shown(git, top, below)]
    except GitFailed:
        yield from (f"{below}/{name}" for name in walked(place))


def _is_left_out(root: str, name: str, known: dict[str, bool]) -> bool:
    """Say whether an untracked file, or a directory above it, is left out."""
    above = name.rpartition("/")[0]
    if name not in known:
        is_above = bool(above) and _is_left_out(root, above, known)
        known[name] = is_above or is_left_out(root, name)
    return known[name]
