"""Output directories: made so that what is put there does not become a part of a project."""

from __future__ import annotations

from pathlib import Path

_OF_PROJECTS = ("pyproject.toml", "setup.py", ".git")


def make_directory(directory: str) -> None:
    """Make a directory where it is not there; one inside a project tells Git to ignore it.

    Wheels would else be new files of the project, and its next build another one's.
    """
    path = Path(directory).absolute()
    if path.is_dir():
        return
    path.mkdir(parents=True)
    if any((above / name).exists() for above in path.parents for name in _OF_PROJECTS):
        (path / ".gitignore").write_text("*\n", encoding="utf-8")
