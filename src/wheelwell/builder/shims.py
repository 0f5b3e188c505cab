"""Shims: commands that lead to a Python which variables and files choose (pyenv, asdf, mise)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wheelwell.builder.commands import stamp

_BINARY = re.compile(r"(python|pypy|graalpy)[\d.]*[a-z]*(\.exe)?")
_PREFIXES = ("PYENV_", "ASDF_", "MISE_")
_LOCAL = (
    ".python-version",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    "mise.local.toml",
    ".config/mise.toml",
)
"""Files that choose a version for the directories below them."""


def is_shim(path: str) -> bool:
    """Say whether a command only leads to a Python: a script, or a tool under Python's name."""
    real = os.path.realpath(path)
    if not _BINARY.fullmatch(os.path.basename(real)):
        return True
    try:
        with open(real, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def facts_of(path: str, environ: Mapping[str, str], directory: str) -> list[Any]:
    """Return, as JSON values, all that the shim at `path` looks at when it runs in `directory`."""
    variables = {name: text for name, text in environ.items() if name.startswith(_PREFIXES)}
    files = [path, *_of_user(environ)]
    for start in dict.fromkeys([directory, environ.get("PYENV_DIR") or directory]):
        files += [f"{above}/{name}" for above in _above(start) for name in _LOCAL]
    return [directory, variables, [[file, *stamp(file)] for file in files]]


def _of_user(environ: Mapping[str, str]) -> Iterator[str]:
    """Return what chooses a version everywhere, and where the versions are."""
    home = environ.get("HOME", "")
    pyenv = environ.get("PYENV_ROOT") or f"{home}/.pyenv"
    yield from (f"{pyenv}/version", f"{pyenv}/versions")
    yield from (f"{home}/{name}" for name in _LOCAL)
    asdf = environ.get("ASDF_DATA_DIR") or f"{home}/.asdf"
    yield from (f"{asdf}/installs/python", f"{home}/.asdfrc")
    configuration = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    data = environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
    yield from (f"{configuration}/mise/config.toml", f"{data}/mise/installs/python")


def _above(directory: str) -> Iterator[str]:
    """Return a directory and those above it, without a final slash."""
    while directory not in {"/", ""}:
        yield directory
        directory = os.path.dirname(directory)
    yield ""
