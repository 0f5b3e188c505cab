"""The dynamic linker's search: which file a library's name stands for here (ld.so(8))."""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from wheelwell.builder.native import HEAD, machines
from wheelwell.needs import Library

CACHE = "/etc/ld.so.cache"
"""Where glibc keeps what `ldconfig` found."""

_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = struct.Struct("=20sII5I")
_ENTRY = struct.Struct("=iIIIQ")
_MULTIARCH = {"i686": "i386-linux-gnu", "armv7l": "arm-linux-gnueabihf"}
_MUSL = ("/lib", "/usr/local/lib", "/usr/lib")


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """What of a Python's process decides where libraries are looked for."""

    machine: str
    libc: str
    """The family, as in `glibc`."""

    needed: frozenset[str] = frozenset()
    """What the interpreter itself is linked to, and has loaded before any extension module."""

    rpath: tuple[str, ...] = ()
    """The interpreter's own `DT_RPATH`: it holds for whatever it loads."""

    runpath: tuple[str, ...] = ()
    """Its `DT_RUNPATH`: it holds for what it needs itself."""

    path: tuple[str, ...] = ()
    """`LD_LIBRARY_PATH`."""


@dataclass(frozen=True, slots=True)
class Search:
    """How a search for one library went."""

    path: str
    """The file; empty where there is none."""

    watched: tuple[str, ...]
    """The files and directories whose change may change the outcome."""


def locate(library: Library, process: Process, cache: str = CACHE) -> Search:
    """Find a library as the linker would: the first of that name for that architecture."""
    watched: list[str] = []
    for place in _places(library, process, cache):
        watched.append(place)
        for path in _listed(cache, library.name) if place == cache else [f"{place}/{library.name}"]:
            if process.machine in _machines(path):
                return Search(path, (*dict.fromkeys([*watched, path]),))
    return Search("", (*dict.fromkeys(watched),))


def _places(library: Library, process: Process, cache: str) -> Iterator[str]:
    """Yield the directories to look in, and the cache, in their order."""
    if process.libc == "musl":
        yield from (*process.path, *library.rpath, *library.runpath, *process.rpath)
        yield from _musl_directories(process.machine)
        return
    if not library.runpath:
        yield from (*library.rpath, *process.rpath)
    yield from process.path
    yield from library.runpath
    if library.name in process.needed:
        yield from process.runpath
    yield cache
    triplet = _MULTIARCH.get(process.machine, f"{process.machine}-linux-gnu")
    yield from (f"/lib/{triplet}", f"/usr/lib/{triplet}")
    yield from ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


def _musl_directories(machine: str) -> tuple[str, ...]:
    try:
        with open(f"/etc/ld-musl-{machine}.path", encoding="utf-8") as file:
            return tuple(place for place in file.read().replace(":", "\n").split("\n") if place)
    except (OSError, ValueError):
        return _MUSL


def _machines(path: str) -> tuple[str, ...]:
    try:
        with open(path, "rb") as file:
            return machines(file.read(HEAD))
    except OSError:
        return ()


def _listed(cache: str, name: str) -> list[str]:
    try:
        status = os.stat(cache)
        return _read(cache, status.st_mtime_ns, status.st_ino).get(name, [])
    except OSError:
        return []


@functools.lru_cache(maxsize=1)
def _read(cache: str, _mtime: int, _inode: int) -> dict[str, list[str]]:
    with open(cache, "rb") as file:
        return entries(file.read())


def entries(data: bytes) -> dict[str, list[str]]:
    """Return the paths in glibc's cache by name, in its order; nothing of a form not known.

    The form is that of glibc 2.2 and later, which before 2.32 follows an older one.
    """
    data = data[max(data.find(_MAGIC), 0) :]
    found: dict[str, list[str]] = {}
    try:
        magic, count, *_ = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            return {}
        for number in range(count):
            _, name, path, _, _ = _ENTRY.unpack_from(data, _HEADER.size + number * _ENTRY.size)
            found.setdefault(_text(data, name), []).append(_text(data, path))
    except (struct.error, ValueError):
        return {}
    return found


def _text(data: bytes, start: int) -> str:
    return os.fsdecode(data[start : data.index(b"\0", start)])
