"""pip as a target: which one an interpreter has, and where that keeps wheels that it has built.

The layout of pip's cache is pip's own affair and promised to nobody. What is here was read in the
sources of pip (`pip/_internal/cache.py`, `models/link.py`), and is used with no other version.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from wheelwell.errors import ExportError
from wheelwell.interpreter import Interpreter

KNOWN = ((20, 3), (26, 3))
"""The first and the last version of pip whose layout is known, and is the one below.

Looked at: 20.3.4, 21.3.1, 22.0.4, 22.2.2, 22.3.1, 23.0.1, 23.1.2, 23.2.1, 24.0, 24.2, 25.0.1,
25.3 and 26.3.
"""

CONFUSED = ((22, 3), (23, 0))
"""The first and the last that take a subdirectory behind a hash for a part of the hash."""

_SHORT = {"cpython": "cp", "pypy": "pp"}
_RESERVED = re.compile(r"(@|%2F)", re.IGNORECASE)
_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Pip:
    """The pip of one interpreter."""

    version: tuple[int, int]
    """Its first two numbers."""

    cache: str
    """Its cache directory, absolute."""


def find_pip(python: str, environ: Mapping[str, str]) -> Pip:
    """Return the pip that an interpreter runs. Raises `ExportError` where it is of no use here."""
    said = _ask(python, "--version", environ)
    version = (said.split() or [""])[1:2]
    numbers = re.match(r"(\d+)\.(\d+)", version[0]) if version else None
    if numbers is None:
        raise ExportError(f"pip of {python} does not say its version: {said!r}")
    found = (int(numbers[1]), int(numbers[2]))
    if not KNOWN[0] <= found <= KNOWN[1]:
        first, last = (".".join(map(str, each)) for each in KNOWN)
        raise ExportError(
            f"{python} has pip {version[0]}, and how that keeps wheels is not known: "
            f"it is of pip {first} to {last}",
            hint="--to dir makes a directory that every pip takes (--find-links)",
        )
    directory = _ask(python, "cache", environ, "dir").strip()
    if not os.path.isabs(directory):
        raise ExportError(f"pip of {python} does not say where its cache is: {directory!r}")
    return Pip(version=found, cache=directory)


def directory_of(
    url: str,
    interpreter: Interpreter,
    *,
    hashes: Mapping[str, str] | None = None,
    subdirectory: str = "",
) -> str:
    """Return where, below its cache directory, pip keeps the wheels of the source at a URL.

    The URL has no fragment, and is quoted as pip has it: as it is written in a requirement,
    `cleaned` where it is a link of an index. `hashes` is what the link promises, of which pip takes
    the first.
    """
    key = {"url": url} | dict([*(hashes or {}).items()][:1])
    if subdirectory:
        key["subdirectory"] = subdirectory
    key["interpreter_name"] = _SHORT.get(interpreter.implementation, interpreter.implementation)
    key["interpreter_version"] = interpreter.series.replace(".", "")
    text = json.dumps(key, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    name = hashlib.sha224(text.encode("ascii")).hexdigest()
    return "/".join(("wheels", name[:2], name[2:4], name[4:6], name[6:]))


def cleaned(url: str) -> str:
    """Return a URL without its fragment, quoted as pip quotes the links of indexes."""
    parts = urlsplit(url)
    words = _RESERVED.split(parts.path)
    path = "".join(
        word.upper() if number % 2 else quote(unquote(word)) for number, word in enumerate(words)
    )
    return urlunsplit(parts._replace(path=path, fragment=""))


def _ask(python: str, what: str, environ: Mapping[str, str], *more: str) -> str:
    command = [python, "-m", "pip", what, *more]
    try:
        done = subprocess.run(
            command,
            env={**environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportError(f"{' '.join(command)} does not answer: {error}") from error
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise ExportError(
            f"pip of {python} cannot be asked: {told}",
            hint="--python names the Python whose pip is meant; --to dir needs none",
        )
    return done.stdout
