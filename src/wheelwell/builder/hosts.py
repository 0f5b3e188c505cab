"""Hosts: what this machine gives of what a wheel needs.

What was found is remembered with the times of what it was found in: a hit costs a few stats, and
a library that was replaced is looked at again.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wheelwell.buckets import LIBRARIES
from wheelwell.builder.commands import stamp
from wheelwell.digest import sha256_of
from wheelwell.host import Host
from wheelwell.interpreter import Interpreter
from wheelwell.needs import Library, Needs
from wheelwell.protocols import Memory
from wheelwell.record import Record

if TYPE_CHECKING:
    from wheelwell.builder.elf import Dynamic
    from wheelwell.builder.linker import Process, Search

_SCHEMA = 1
"""The version of what is remembered."""

_Stamps = list[tuple[int, ...]]


class Hosts:
    """Describes this machine as far as a wheel needs it. Threads share it."""

    def __init__(
        self, memory: Memory, environ: Mapping[str, str], *, cpuinfo: str = "/proc/cpuinfo"
    ) -> None:
        self._memory = memory
        path = environ.get("LD_LIBRARY_PATH", "").replace(";", ":").split(":")
        self._path = tuple(os.path.normpath(place) for place in path if os.path.isabs(place))
        self._cpu = functools.cache(lambda: _features(cpuinfo))
        self._seen: dict[tuple[str, str, str], tuple[tuple[str, ...], _Stamps, Host]] = {}

    def of(self, interpreter: Interpreter, record: Record) -> Host:
        """Return the host for a wheel: the same value for as long as nothing has changed."""
        name = (record.build, interpreter.executable, interpreter.version)
        seen = self._seen.get(name)
        if seen is None or seen[1] != _stamps(seen[0]):
            seen = self._look(interpreter, record.needs or Needs())
            self._seen[name] = seen
        return seen[2]

    def met(self, interpreter: Interpreter, needs: Needs) -> Needs:
        """Return what of `needs` this machine meets by itself; of the rest, names are left.

        Something else may load a library first (torch's are found by what `import torch` did). If
        that were asked of the machine, a wheel would not fit the one that it was built on.
        """
        host = self._look(interpreter, needs)[2]
        given = tuple(each for each in needs.libraries if _is_met(each, host))
        others = {each.name for each in needs.libraries} - {each.name for each in given}
        return replace(needs, libraries=given, elsewhere=tuple(sorted(others)))

    def cpu(self) -> frozenset[str]:
        """Return the features of the CPU; none where the system does not tell."""
        return self._cpu()

    def _look(
        self, interpreter: Interpreter, needs: Needs
    ) -> tuple[tuple[str, ...], _Stamps, Host]:
        libraries: dict[str, frozenset[str]] = {}
        watched: dict[str, tuple[int, ...]] = {}
        for library in needs.libraries:
            defined, looked_at = self._versions(interpreter, library)
            watched.update(looked_at)
            if defined is not None:
                libraries[library.name] = defined
        host = Host(
            interpreter=interpreter,
            libraries=libraries,
            cpu=self.cpu() if needs.cpu else frozenset(),
        )
        return tuple(watched), [*watched.values()], host

    def _versions(
        self, interpreter: Interpreter, library: Library
    ) -> tuple[frozenset[str] | None, dict[str, tuple[int, ...]]]:
        """Return the versions that a library defines here, and what that was seen by.

        None instead of versions where there is no such library.
        """
        python = interpreter.executable
        facts = [_SCHEMA, interpreter.machine, interpreter.libc[0], python, list(self._path)]
        places = [library.name, list(library.rpath), list(library.runpath)]
        name = sha256_of([*facts, *places])
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # damage
            known = self._memory.recall(LIBRARIES, name)
            watched = {str(path): tuple(map(int, seen)) for path, seen in known["watched"].items()}
            if _stamps(watched) == [*watched.values()]:
                return _defined(known["versions"]), watched
        from wheelwell.builder.linker import locate  # not on the way to a hit

        search = locate(library, self._process(interpreter))
        # The times come first: what changes while it is read is looked at again.
        watched = {path: stamp(path) for path in (python, *search.watched)}
        versions = _versions_in(search)
        told = None if versions is None else sorted(versions)
        self._memory.remember(LIBRARIES, name, {"watched": watched, "versions": told})
        return versions, watched

    def _process(self, interpreter: Interpreter) -> Process:
        from wheelwell.builder.linker import Process

        python = _read(interpreter.executable)
        origin = os.path.dirname(interpreter.executable)
        return Process(
            machine=interpreter.machine,
            libc=interpreter.libc[0],
            needed=frozenset(python.needed) if python else frozenset(),
            rpath=_expanded(python.rpath, origin) if python else (),
            runpath=_expanded(python.runpath, origin) if python else (),
            path=self._path,
        )


def _is_met(library: Library, host: Host) -> bool:
    found = host.libraries.get(library.name)
    return found is not None and (not found or found.issuperset(library.versions))


def _versions_in(search: Search) -> frozenset[str] | None:
    if not search.path:
        return None
    library = _read(search.path)
    return library.defined if library else None


def _read(path: str) -> Dynamic | None:
    """Read a file; None where it cannot be read, or is no ELF."""
    from wheelwell.builder import elf  # not on the way to a hit

    try:
        with open(path, "rb") as file:
            return elf.read(file)
    except (OSError, ValueError):
        return None


def _expanded(places: Iterable[str], origin: str) -> tuple[str, ...]:
    """Return the absolute directories in a run path; other tokens than `$ORIGIN` are rare."""
    texts = [each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for each in places]
    return tuple(os.path.normpath(each) for each in texts if each[:1] == "/" and "$" not in each)


def _stamps(paths: Iterable[str]) -> _Stamps:
    return [stamp(path) for path in paths]


def _defined(value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError("no list of versions")
    return frozenset(map(str, value))


def _features(cpuinfo: str) -> frozenset[str]:
    from wheelwell.cpu import features_in  # few wheels ask

    try:
        with open(cpuinfo, encoding="utf-8", errors="replace") as file:
            return features_in(file.read())
    except OSError:
        return frozenset()
