"""Trees: a digest of the files in a directory that may be edited at any time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from wheelwell.buckets import INTERPRETERS
from wheelwell.digest import sha256_chunks, sha256_of
from wheelwell.protocols import Memory

_LEFT_OUT = frozenset(
    {
        *(".git", ".hg", "__pycache__", ".tox", ".nox", ".venv", "node_modules"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache"),
    }
)
"""Directories of tools, from which nothing is imported."""

_SETTLED = 2.0
"""How long, in seconds, after a change another one may leave the same time."""


def digest_of_tree(top: str, memory: Memory) -> str:
    """Return a digest of the names and contents of the files below `top`.

    Read are only files whose size or times are not those of the last call.
    """
    files = [*_files(top)]
    name = sha256_of(["tree", top, files])
    known = memory.recall(INTERPRETERS, name)
    if isinstance(known, dict) and isinstance(known.get("digest"), str):
        return str(known["digest"])
    digest = sha256_of([[os.path.relpath(path, top), _content(path)] for path, *_ in files])
    if all(max(mtime, ctime) / 1e9 < time.time() - _SETTLED for *_, mtime, ctime in files):
        memory.remember(INTERPRETERS, name, {"digest": digest})
    return digest


def _files(top: str) -> Iterator[tuple[str, int, int, int]]:
    for place, directories, names in os.walk(top):
        directories[:] = sorted(
            name
            for name in directories
            if name not in _LEFT_OUT and not os.path.exists(f"{place}/{name}/pyvenv.cfg")
        )
        for name in sorted(names):
            try:
                status = os.stat(f"{place}/{name}")
            except OSError:
                continue  # a link to nowhere
            yield f"{place}/{name}", status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _content(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return sha256_chunks(iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return ""
