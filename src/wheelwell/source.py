"""Sources: the immutable origins of the code that is built."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell.digest import Sha256, canonical, sha256_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """A source distribution, known by its content (a URL is only where to fetch it)."""

    sha256: Sha256
    """Of the archive file."""

    subdirectory: str = ""
    """Where the project is inside the archive, in POSIX form; empty for its top."""

    @property
    def token(self) -> str:
        """The name of this source in paths: unique to it, and safe in a file name."""
        return f"archive-{self.sha256}{_short(self.subdirectory)}"

    def inputs(self) -> dict[str, str]:
        """Return this source's part of the key."""
        return {"kind": "archive", "sha256": self.sha256, "subdirectory": self.subdirectory}


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """A snapshot of a project's directory, known by all that is copied of it."""

    tree: Sha256
    """Of the names, kinds, modes and contents of what is copied."""

    described: str = ""
    """What Git tells of its state, where the version comes from version control; else empty."""

    @property
    def token(self) -> str:
        """The name of this source in paths: unique to it, and safe in a file name."""
        return f"directory-{self.tree}{_short(self.described)}"

    def inputs(self) -> dict[str, str]:
        """Return this source's part of the key."""
        told = {"described": self.described} if self.described else {}
        return {"kind": "directory", "tree": self.tree, **told}


@dataclass(frozen=True, kw_only=True, slots=True)
class Git:
    """A commit, which fixes its files and those of its submodules, wherever it is fetched from."""

    commit: str
    """Its full name: 40 or 64 hexadecimal digits, in lower case."""

    subdirectory: str = ""
    """Where the project is in the repository, in POSIX form; empty for its top."""

    lfs: bool = False
    """Whether it holds files in Git LFS, and they are fetched; else their pointers are built."""

    described: str = ""
    """What `git describe` tells of it, where the version comes from version control; else empty."""

    @property
    def token(self) -> str:
        """The name of this source in paths: unique to it, and safe in a file name."""
        further = [self.subdirectory, self.lfs, self.described]
        return f"git-{self.commit}{_short(canonical(further) if any(further) else '')}"

    def inputs(self) -> dict[str, str | bool]:
        """Return this source's part of the key."""
        return {
            "kind": "git",
            "commit": self.commit,
            "subdirectory": self.subdirectory,
            "lfs": self.lfs,
            "described": self.described,
        }


Source = Archive | Directory | Git


def _short(text: str) -> str:
    return f"-{sha256_text(text)[:16]}" if text else ""
