"""Probing compilers: which ones a build would find here, and what they say of themselves.

Each is remembered by its real path, size and time, so that a hit starts no process.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.digest import sha256_of
from wheelwell.interpreter import Interpreter
from wheelwell.protocols import Memory
from wheelwell.settings import Settings
from wheelwell.toolchain import Compiler, Toolchain, roles_of

TOOLCHAINS = "toolchains-v1"

STANDARD = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/homebrew/bin",
)
"""The directories of commands that every build sees."""

LAUNCHERS = frozenset({"ccache", "sccache", "distcc", "icecc", "buildcache"})
"""Commands that call the compiler named after them, or under whose name they stand on PATH."""

_SCHEMA = 1
_TIMEOUT = 30
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "cc": ("CC",),
    "c++": ("CXX",),
    "gfortran": ("FC", "F90", "F77"),
    "rustc": ("RUSTC",),
    "nvcc": ("CUDACXX", "NVCC"),
}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "cc": ("cc", "gcc", "clang"),
    "c++": ("c++", "g++", "clang++"),
    "gfortran": ("gfortran", "flang", "ifx"),
    "rustc": ("rustc",),
    "nvcc": ("nvcc",),
}
_OF_PYTHON: Mapping[str, str] = {"python-cc": "CC", "python-c++": "CXX"}
_CUDA_HOMES = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")
_TELLING = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class _Found:
    """A compiler's command on this machine."""

    path: str
    """Of the compiler itself, as it is called."""

    directories: tuple[str, ...]
    """Where it, and a launcher in front of it, were found on PATH."""


class Compilers:
    """Finds and describes compilers. Threads share it."""

    def __init__(self, memory: Memory, environ: Mapping[str, str]) -> None:
        self._memory = memory
        self._environ = environ
        path = tuple(p for p in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(p))
        self._path = tuple(dict.fromkeys((*path, *STANDARD)))
        self._probed: dict[object, tuple[object, tuple[str, ...], Toolchain]] = {}

    def probe(
        self, languages: tuple[str, ...], interpreter: Interpreter, settings: Settings
    ) -> Toolchain:
        """Return the toolchain for a source in `languages`.

        A compiler that is not there is told of as such: one that appears makes another build.
        """
        if not languages:
            return Toolchain()
        asked = (
            languages,
            (interpreter.executable, interpreter.version),
            tuple(settings.variables.items()),
        )
        known = self._probed.get(asked)
        if known is None or known[0] != self._stamps(known[1]):
            toolchain, paths = self._probe(languages, interpreter, settings)
            known = (self._stamps(paths), paths, toolchain)
            self._probed[asked] = known
        return known[2]

    def _stamps(self, paths: tuple[str, ...]) -> list[tuple[int, ...]]:
        """Return what changes where a compiler comes, goes, or becomes another."""
        return [_stamp(path) for path in (*self._path, *paths)]

    def _probe(
        self, languages: tuple[str, ...], interpreter: Interpreter, settings: Settings
    ) -> tuple[Toolchain, tuple[str, ...]]:
        """Return the toolchain, and the paths of its compilers."""
        compilers = []
        paths = []
        directories: dict[str, None] = {}
        for role in roles_of(languages):
            found = self._locate(role, interpreter, settings.variables)
            if found is None:
                compilers.append(Compiler(role=role, identity=""))
                continue
            compilers.append(self._describe(role, found.path))
            paths.append(found.path)
            directories.update(dict.fromkeys(found.directories))
        outside = tuple(each for each in directories if each not in STANDARD)
        return Toolchain(compilers=tuple(compilers), directories=outside), tuple(paths)

    def _locate(
        self, role: str, interpreter: Interpreter, variables: Mapping[str, str]
    ) -> _Found | None:
        for command in _commands(role, interpreter, variables):
            for word in _words(command):
                if found := self._which(word):
                    return self._behind_rustup(found)
        return None

    def _which(self, command: str) -> _Found | None:
        """Find a command, and look through launchers that stand under a compiler's name."""
        if os.sep in command:
            usable = os.path.isabs(command) and os.access(command, os.X_OK)
            return _Found(command, (os.path.dirname(command),)) if usable else None
        passed: list[str] = []
        for place in self._path:
            path = f"{place}/{command}"
            if not os.access(path, os.X_OK):
                continue
            if os.path.basename(os.path.realpath(path)) in LAUNCHERS:
                passed.append(place)
                continue
            return _Found(path, (*passed, place))
        return None

    def _behind_rustup(self, found: _Found) -> _Found:
        """Return the compiler that rustup's proxy stands for: it needs the user's own `HOME`."""
        if os.path.basename(os.path.realpath(found.path)) not in {"rustup", "rustup-init"}:
            return found
        home = self._environ.get("RUSTUP_HOME") or f"{self._environ.get('HOME', '')}/.rustup"
        facts = [found.path, *_stamp(found.path), home, *_stamp(f"{home}/settings.toml")]
        name = sha256_of([_SCHEMA, "rustup", self._environ.get("RUSTUP_TOOLCHAIN", ""), facts])
        known = self._memory.recall(TOOLCHAINS, name)
        if known is None:
            root = _output([found.path, "--print", "sysroot"], self._environ).strip()
            known = {"path": f"{root}/bin/rustc" if root else found.path}
            self._memory.remember(TOOLCHAINS, name, known)
        path = str(known["path"])
        return _Found(path, (os.path.dirname(path),))

    def _describe(self, role: str, path: str) -> Compiler:
        name = sha256_of([_SCHEMA, os.path.basename(path), *_facts(path)])
        known = self._memory.recall(TOOLCHAINS, name)
        if known is None:
            known = _ask(path, self._environ)
            self._memory.remember(TOOLCHAINS, name, known)
        try:
            return Compiler.from_json({**known, "role": role})
        except (KeyError, TypeError):
            return Compiler.from_json({**_ask(path, self._environ), "role": role})


def _commands(role: str, interpreter: Interpreter, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the commands that may stand for a role, the one in force first."""
    if role in _OF_PYTHON:
        own = interpreter.compilers.get(_OF_PYTHON[role], "")
        return (own,) if own else ()
    chosen = tuple(variables[name] for name in _VARIABLES[role] if variables.get(name))
    if chosen:
        return chosen[:1]
    if role == "nvcc":
        homes = [variables[name] for name in _CUDA_HOMES if variables.get(name)]
        return (*(f"{h}/bin/nvcc" for h in homes), *_NAMES[role], "/usr/local/cuda/bin/nvcc")
    return _NAMES[role]


def _words(command: str) -> Iterator[str]:
    """Return the compiler in a command such as `ccache gcc -pthread`."""
    try:
        words = shlex.split(command)
    except ValueError:
        return
    for word in words:
        if os.path.basename(word) not in LAUNCHERS:
            yield word
            return


def _ask(path: str, environ: Mapping[str, str]) -> dict[str, str]:
    name = re.sub(r"(^.*-)?([a-z+]+)[\d.-]*$", r"\2", os.path.basename(path))
    said = _output([path, "--version"], environ)
    lines = [line.strip() for line in said.splitlines() if _TELLING.search(line)]
    version = lines[0] if lines else said.partition("\n")[0].strip()
    first, _, rest = version.partition(" ")
    if first == os.path.basename(path):  # `cc (Debian …) 12.2.0` is `gcc (Debian …) 12.2.0`
        version = rest
    return {
        "identity": _identity(said, name),
        "version": version,
        "target": _target(path, said, environ),
    }


def _identity(said: str, name: str) -> str:
    if "clang" in said.lower():
        return "clang"
    if "Free Software Foundation" in said:
        return "gfortran" if "Fortran" in said else "gcc"
    return name


def _target(path: str, said: str, environ: Mapping[str, str]) -> str:
    if "rustc" in said:
        verbose = _output([path, "-vV"], environ)
        return next((v[6:] for v in verbose.splitlines() if v.startswith("host: ")), "")
    if "nvcc" in said:
        return ""
    return _output([path, "-dumpmachine"], environ).strip()


def _output(argv: list[str], environ: Mapping[str, str]) -> str:
    """Return what a command prints, or nothing where it fails: it then has no version to tell."""
    import subprocess

    try:
        ended = subprocess.run(
            argv,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.decode(errors="replace") if ended.returncode == 0 else ""


def _facts(path: str) -> list[Any]:
    real = os.path.realpath(path)
    facts: list[Any] = [real, *_stamp(real)]
    with contextlib.suppress(OSError):
        # macOS: `cc` stands for that of the developer tools which are selected.
        facts.append(os.readlink("/var/db/xcode_select_link"))
    return facts


def _stamp(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns, status.st_ino)
