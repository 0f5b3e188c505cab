"""Sources: the immutable origins of the code that is built."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell.digest import Sha256, sha256_text


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
        return f"archive-{self.sha256}{_subdirectory_token(self.subdirectory)}"

    def inputs(self) -> dict[str, str]:
        """Return this source's part of the key."""
        return {"kind": "archive", "sha256": self.sha256, "subdirectory": self.subdirectory}


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """A snapshot of a project's directory, known by all that is copied of it."""

    tree: Sha256
    """Of the names, kinds, modes and contents of what is copied."""

    @property
    def token(self) -> str:
        """The name of this source in paths: unique to it, and safe in a file name."""
        return f"directory-{self.tree}"

    def inputs(self) -> dict[str, str]:
        """Return this source's part of the key."""
        return {"kind": "directory", "tree": self.tree}


Source = Archive | Directory


def _subdirectory_token(subdirectory: str) -> str:
    return f"-{sha256_text(subdirectory)[:16]}" if subdirectory else ""
