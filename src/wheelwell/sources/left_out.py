"""What is left out of a snapshot: things in a project's directory that no wheel is built from."""

from __future__ import annotations

import os
import re

LEFT_OUT = frozenset(
    """
    .git .hg .svn .bzr .jj __pycache__ .eggs .tox .nox .venv .direnv .idea .vscode
    .mypy_cache .pytest_cache .ruff_cache .hypothesis node_modules
    """.split()
)
"""Names of directories and files that no wheel is built from."""

# setuptools' own: build/lib, build/bdist.linux-x86_64, build/temp.linux-x86_64-cpython-311, …
_OF_BUILD = re.compile(r"(?:lib|scripts|temp|bdist)(?:[.-].+)?")
_OF_PLATFORM = re.compile(r"(?:lib|scripts|temp|bdist)[.-].+")
_DISTRIBUTION = (".whl", ".tar.gz")


def is_left_out(root: str, name: str) -> bool:
    """Say whether the entry `name` (in POSIX form) of the project at `root` is left out.

    Only what is certain: a name that tools have made theirs, a mark that they set, or content
    that nobody else makes.
    """
    base = name.rpartition("/")[2]
    path = f"{root}/{name}"
    if base in LEFT_OUT:
        return True
    if not os.path.isdir(path) or os.path.islink(path):
        return False
    return (
        any(os.path.exists(f"{path}/{mark}") for mark in ("pyvenv.cfg", "CACHEDIR.TAG"))
        or _ignores_itself(path)
        or (base.endswith(".egg-info") and _is_egg_info(root, path))
        or (name == "build" and _is_of_setuptools(path))
        or (name == "dist" and _holds_distributions_only(path))
    )


def _ignores_itself(path: str) -> bool:
    """Say whether a directory tells Git to ignore all of it, as many a cache does."""
    try:
        with open(f"{path}/.gitignore", "rb") as file:
            lines = file.read(1024).splitlines()
    except OSError:
        return False
    return [line for line in lines if line.strip() and not line.startswith(b"#")] == [b"*"]


def _is_egg_info(root: str, path: str) -> bool:
    """Say whether it is what setuptools left, and makes anew.

    That of an unpacked sdist is more: by its list setuptools knows which data files are packed.
    """
    made = all(os.path.isfile(f"{path}/{name}") for name in ("PKG-INFO", "SOURCES.txt"))
    return made and not os.path.exists(f"{root}/PKG-INFO")


def _is_of_setuptools(path: str) -> bool:
    names = _names(path)
    is_made = any(map(_OF_PLATFORM.fullmatch, names))
    return is_made and all(map(_OF_BUILD.fullmatch, names))


def _holds_distributions_only(path: str) -> bool:
    names = [name for name in _names(path) if name != ".gitignore"]
    return bool(names) and all(name.endswith(_DISTRIBUTION) for name in names)


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []  # whoever copies it says why
