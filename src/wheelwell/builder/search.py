"""Searching: which command stands for a compiler, in the directories of a `PATH`."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from wheelwell.builder.commands import is_command, stamp
from wheelwell.builder.versions import output_of
from wheelwell.digest import sha256_of
from wheelwell.interpreter import Interpreter
from wheelwell.protocols import Memory

LAUNCHERS = frozenset({"ccache", "sccache", "distcc", "icecc", "buildcache"})
"""Commands that call the compiler named after them, or under whose name they stand on PATH."""

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
_USUAL_NVCC = "/usr/local/cuda/bin/nvcc"


@dataclass(frozen=True, slots=True)
class Found:
    """A compiler's command on this machine."""

    path: str
    """Of the compiler itself, as it is called."""

    directories: tuple[str, ...]
    """Where it is, and launchers in front of it."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search for compilers in some directories."""

    path: tuple[str, ...]
    """The directories, absolute."""

    environ: Mapping[str, str]
    """What rustup looks at."""

    memory: Memory
    bucket: str
    """Where in the memory to keep what rustup told."""

    def locate(self, commands: tuple[str, ...]) -> Found | None:
        """Return the first of `commands` that is there."""
        for command in commands:
            launchers, compiler = _parts(command)
            if compiler and (found := self._which(compiler)):
                found = self._behind_rustup(found)
                directories = (*filter(None, map(self._place, launchers)), *found.directories)
                return replace(found, directories=directories)
        return None

    def _which(self, command: str) -> Found | None:
        """Find a command, and look through launchers that stand under a compiler's name."""
        place, name = os.path.split(command)
        if place and not (os.path.isabs(command) and is_command(command)):
            return None
        passed: list[str] = []
        for each in dict.fromkeys((place, *self.path) if place else self.path):
            path = f"{each}/{name}"
            if not is_command(path):
                continue
            if os.path.basename(os.path.realpath(path)) not in LAUNCHERS:
                return Found(path, (*passed, each))
            passed.append(each)
        return None

    def _place(self, command: str) -> str:
        """Return the directory of a launcher; a path names its own."""
        if os.sep in command:
            return ""
        return next((place for place in self.path if is_command(f"{place}/{command}")), "")

    def _behind_rustup(self, found: Found) -> Found:
        """Return the compiler that rustup's proxy stands for: it needs the user's own `HOME`."""
        if os.path.basename(os.path.realpath(found.path)) not in {"rustup", "rustup-init"}:
            return found
        files = (found.path, rustup_settings(self.environ))
        facts = [[file, *stamp(file)] for file in files]
        name = sha256_of(["rustup", self.environ.get("RUSTUP_TOOLCHAIN", ""), facts])
        known = self.memory.recall(self.bucket, name)
        path = known.get("path") if isinstance(known, dict) else None
        if not isinstance(path, str) or not is_command(path):
            root = (output_of([found.path, "--print", "sysroot"], self.environ) or "").strip()
            path = f"{root}/bin/rustc" if root else found.path
            self.memory.remember(self.bucket, name, {"path": path})
        return Found(path, (os.path.dirname(path),))


def rustup_settings(environ: Mapping[str, str]) -> str:
    """Return the file that says which Rust is the user's."""
    home = environ.get("RUSTUP_HOME") or f"{environ.get('HOME', '')}/.rustup"
    return f"{home}/settings.toml"


def commands_of(
    role: str, interpreter: Interpreter, variables: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the commands that may stand for a role, the one in force first."""
    if role in _OF_PYTHON:
        own = interpreter.compilers.get(_OF_PYTHON[role], "")
        return (own,) if own else ()
    chosen = tuple(variables[name] for name in _VARIABLES[role] if variables.get(name))
    if chosen:
        return chosen[:1]
    if role == "nvcc":
        homes = [variables[name] for name in _CUDA_HOMES if variables.get(name)]
        return (*(f"{h}/bin/nvcc" for h in homes), *_NAMES[role], _USUAL_NVCC)
    return _NAMES[role]


def _parts(command: str) -> tuple[list[str], str]:
    """Return the launchers and the compiler in a command such as `ccache gcc -pthread`."""
    try:
        words = shlex.split(command)
    except ValueError:  # a quotation mark that is not closed
        return [], ""
    launchers = list(itertools.takewhile(lambda word: os.path.basename(word) in LAUNCHERS, words))
    return launchers, next(iter(words[len(launchers) :]), "")
