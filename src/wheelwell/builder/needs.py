"""Needs of a built wheel: read from its ELF files, and from what its compilers were told."""

from __future__ import annotations

import posixpath
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.builder.native import HEAD, machines
from wheelwell.cpu import compiles_for_own_cpu
from wheelwell.needs import Library, Needs
from wheelwell.settings import Settings

if TYPE_CHECKING:
    from wheelwell.builder.elf import Dynamic

_IN_MEMORY = 64 << 20  # of a file that is larger, a copy on disk is read
_INSTALLED = re.compile(r"^[^/]+\.data/(?:platlib|purelib)/")


def needs_of(wheel: Path, *, machine: str) -> Needs | None:
    """Return what the code in a wheel is linked to, but for what the wheel itself brings.

    None where there is native code that says nothing of it in a way that is known: Mach-O, or a
    damaged ELF.
    """
    with zipfile.ZipFile(wheel) as archive:
        try:
            files = dict(_dynamics(archive, machine))
        except ValueError:
            return None
        names = {_installed(name) for name in archive.namelist()}
    looked_into = {
        place
        for path, file in files.items()
        for place in _inside((*file.rpath, *file.runpath), posixpath.dirname(path))
    }
    brought = {posixpath.basename(name) for name in names if _directory(name) in looked_into}
    libraries: dict[str, Library] = {}
    for file in files.values():
        for name in file.needed:
            if name not in brought:
                libraries[name] = _merged(libraries.get(name), _library(name, file))
    return Needs(libraries=tuple(libraries[name] for name in sorted(libraries)))


def is_for_own_cpu(log: Path, settings: Settings) -> bool:
    """Say whether a build was told to use all that its own machine's CPU can do."""
    values = [*settings.variables.values(), *(v for each in settings.config.values() for v in each)]
    if any(map(compiles_for_own_cpu, values)):
        return True
    with log.open(encoding="utf-8", errors="replace") as lines:
        return any(map(compiles_for_own_cpu, lines))


def _dynamics(archive: zipfile.ZipFile, machine: str) -> Iterator[tuple[str, Dynamic]]:
    """Yield the ELF files for `machine`, whatever they are called: programs count too."""
    for name in archive.namelist():
        with archive.open(name) as file:
            head = file.read(HEAD)
        found = machines(head)
        if found and head[:4] != b"\x7fELF":
            raise ValueError(f"{name} is no ELF")
        if machine in found and _is_loaded(head):
            from wheelwell.builder import elf  # 80 ms, which a pure wheel need not pay

            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy, archive.open(name) as file:
                while chunk := file.read(1 << 20):
                    copy.write(chunk)
                copy.seek(0)
                yield _installed(name), elf.read(copy)


def _is_loaded(head: bytes) -> bool:
    """Say whether it is a program or a library, not an object file of a compiler (`e_type`)."""
    return int.from_bytes(head[16:18], "little" if head[5] == 1 else "big") in {2, 3}


def _installed(name: str) -> str:
    """Return where a member is below site-packages."""
    return _INSTALLED.sub("", name)


def _directory(name: str) -> str:
    return posixpath.normpath(posixpath.dirname(name))


def _inside(places: Iterable[str], origin: str) -> Iterator[str]:
    """Yield the directories of the wheel that a file in the directory `origin` looks into."""
    for place in places:
        if place.startswith(("$ORIGIN", "${ORIGIN}")):
            _, _, rest = place.replace("{", "").replace("}", "").partition("$ORIGIN")
            yield posixpath.normpath(posixpath.join(origin, rest.lstrip("/")))


def _library(name: str, file: Dynamic) -> Library:
    return Library(
        name=name,
        versions=file.wanted.get(name, ()),
        rpath=_absolute(file.rpath),
        runpath=_absolute(file.runpath),
    )


def _absolute(places: Iterable[str]) -> tuple[str, ...]:
    return tuple(posixpath.normpath(p) for p in places if p.startswith("/") and "$" not in p)


def _merged(one: Library | None, other: Library) -> Library:
    """Return what is needed of a library by all files that need it."""
    if one is None:
        return other
    return Library(
        name=one.name,
        versions=tuple(sorted({*one.versions, *other.versions})),
        rpath=tuple(dict.fromkeys((*one.rpath, *other.rpath))),
        runpath=tuple(dict.fromkeys((*one.runpath, *other.runpath))),
    )
