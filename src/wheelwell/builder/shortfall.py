"""Shortfall: the facts by which a build that is over is judged to be degraded, gathered."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

from wheelwell.builder.native import HEAD, machines
from wheelwell.buildlog import BuildLog, read

_DECLARES = re.compile(
    r"\bext[_-]modules\b|\bcffi_modules\b|\brust_extensions\b|\bExtension\s*\(|\bcythonize\s*\("
    r"|\bmypycify\s*\(|\bsetuptools-rust\b|\bhatch-(mypyc|cython|cpp)\b"
)
"""What setuptools, its companions and other backends call extensions in build files."""

_CODE = re.compile(r"(?m)#.*$")
_LARGEST = 1 << 18
"""How long, in bytes, a build script may be to be read."""


def log_of_hook(log: Path, start: int) -> BuildLog:
    """Read what a log tells of extensions, from the byte `start` on."""
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(start)
        return read(file)


def declares_extensions(project: Path) -> bool:
    """Say whether the build files of a project speak of extensions.

    Build scripts lie beside `pyproject.toml`: `setup.py`, and what it or a backend imports.
    """
    names = [name for name in os.listdir(project) if name.endswith(".py")]
    return any(_declares(project / name) for name in ["pyproject.toml", "setup.cfg", *names])


def holds_programs(wheel: Path) -> bool:
    """Say whether a wheel holds native code, whatever its files are called."""
    with zipfile.ZipFile(wheel) as archive:
        for item in archive.infolist():
            with archive.open(item) as file:
                if machines(file.read(HEAD)):
                    return True
    return False


def _declares(path: Path) -> bool:
    try:
        if path.stat().st_size > _LARGEST:
            return False
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return _DECLARES.search(_CODE.sub("", text)) is not None
