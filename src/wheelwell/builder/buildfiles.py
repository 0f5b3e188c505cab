"""The build files of a source, as its private copy has them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from wheelwell.withheld import is_build_file

LIMIT = 1 << 20
"""How many bytes of a file are read."""

_MOST = 500
"""How many files are read."""


def build_files(project: Path) -> dict[str, str]:
    """Return the texts of the files that say how `project` is built, by their paths in it."""
    found: dict[str, str] = {}
    backend_path = _backend_path(project)
    for place, directories, names in os.walk(project):
        directories[:] = sorted(name for name in directories if name[0] != ".")
        for name in sorted(names):
            path = os.path.relpath(f"{place}/{name}", project)
            if len(found) < _MOST and is_build_file(path, backend_path):
                found[path] = _text(f"{place}/{name}")
    return found


def _backend_path(project: Path) -> list[str]:
    try:
        table = tomllib.loads(_text(f"{project}/pyproject.toml"))["build-system"]["backend-path"]
        return [os.path.normpath(each) for each in table]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(LIMIT).decode(errors="replace")
    except OSError:
        return ""
