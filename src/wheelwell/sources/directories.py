"""Directories as sources: known by what Git shows of them, and copied with what tools ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wheelwell.buckets import COMMITS
from wheelwell.digest import Sha256
from wheelwell.errors import InvalidSource
from wheelwell.identity import Identity
from wheelwell.protocols import Memory
from wheelwell.request import Request
from wheelwell.source import Directory
from wheelwell.sources import directory, worktree
from wheelwell.sources.epoch import EARLIEST, clamped
from wheelwell.sources.git import Git, GitFailed, first_line
from wheelwell.sources.located import Caller, Located
from wheelwell.sources.worktree import Worktree

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Directories:
    """Snapshots of directories. Threads share it."""

    git: Git
    memory: Memory

    def locate(self, request: Request, caller: Caller) -> Located:
        """Return the snapshot of a directory as it is now. Raises `InvalidSource`."""
        path = Path(request.path) / request.subdirectory
        tree, names = self._look(path, caller.reporter.warned)
        hashed = directory.tree_hash(path, names)
        described = ""
        if tree is not None and self._tells_version(path, names, hashed):
            described = _asked(tree.state, path)
        return Located(
            request=request,
            source=Directory(tree=hashed, described=described),
            path=path,
            filename=path.name,
            origin=path.as_uri(),
        )

    def identify(self, located: Located, caller: Caller) -> Identity:
        """Return what a directory itself tells of its identity, which may be incomplete."""
        from wheelwell.sources import contents

        assert located.path is not None
        caller.reporter.began("identifying", located.request.text)
        _, names = self._look(located.path)
        return contents.identify(directory.read(located.path, names), is_distribution=False)

    def acquire(self, located: Located, into: Path) -> tuple[Path, int]:
        """Put a private copy into the directory `into`; return the project's place and its time.

        Where the version comes from version control, the copy has a repository, which takes the
        history from the user's. Raises `InvalidSource` where the directory changed meanwhile.
        """
        source, path, top = located.source, located.path, into / "project"
        assert isinstance(source, Directory)
        assert path is not None
        tree, names = self._look(path)
        if not source.described or tree is None:
            directory.copy(path, top, names, tree=source.tree)
            return top, EARLIEST
        project = top / tree.below
        project.parent.mkdir(parents=True, exist_ok=True)
        directory.copy(path, project, names, tree=source.tree)
        time = _asked(lambda: tree.put_repository(top), path)
        if _asked(tree.state, path) != source.described:
            raise InvalidSource(f"{path} changed while it was copied", hint="ask again")
        return project, clamped(time)

    def _look(
        self, path: Path, warned: Callable[[str], None] = lambda _: None
    ) -> tuple[Worktree | None, list[str] | None]:
        """Return the work tree, and the files that Git shows; nothing where Git does not count.

        It does not where it cannot read the tree, nor where it ignores the project itself: that is
        then something that lies about in another's repository.
        """
        tree = worktree.find(self.git, path) if path.is_dir() else None
        if tree is None:
            return None, None
        try:
            names = tree.names()
        except GitFailed as error:
            said = first_line(error.said)
            warned(f"the ignore rules of {tree.root} do not count: Git says {said}")
            return None, None
        if not {"pyproject.toml", "setup.py"} & {*names}:
            return None, None
        return tree, names

    def _tells_version(self, path: Path, names: list[str] | None, tree: Sha256) -> bool:
        """Say whether the version may come from version control, remembered by the tree."""
        from wheelwell.version_control import tells_version

        name = f"tree-{tree}"
        known = self.memory.recall(COMMITS, name)
        if isinstance(known, dict) and isinstance(known.get("versioned"), bool):
            return bool(known["versioned"])
        told = tells_version(directory.read(path, names).texts)
        self.memory.remember(COMMITS, name, {"versioned": told})
        return told


def _asked(question: Callable[[], _T], path: Path) -> _T:
    try:
        return question()
    except GitFailed as error:
        raise InvalidSource(f"Git cannot read {path}: {first_line(error.said)}") from error
