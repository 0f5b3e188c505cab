"""Interpreters: from what a user calls a Python to all that is to be known of it.

A binary is remembered by its real path, size and time, so that a hit starts no process. A shim's
answer depends on more than itself: it is remembered together with that.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wheelwell.buckets import INTERPRETERS
from wheelwell.builder.commands import is_command, stamp
from wheelwell.builder.probe import HOW, SCHEMA, probe, too_old
from wheelwell.builder.shims import facts_of, is_shim
from wheelwell.digest import sha256_of
from wheelwell.errors import InterpreterError
from wheelwell.interpreter import OLDEST, Interpreter
from wheelwell.protocols import Memory

_VERSION = re.compile(r"(?:python|cpython|cp)?-?(\d)\.?(\d+)?(?:\.(\d+))?(t?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A version that a user asked for, as in `3.12`, `3.12.1` or `3.13t`."""

    numbers: tuple[int, ...]
    is_free_threaded: bool

    def is_met_by(self, interpreter: Interpreter) -> bool:
        """Say whether an interpreter is of that version: CPython's, as PyPy has its own."""
        if interpreter.implementation != "cpython":
            return False
        if _is_free_threaded(interpreter) != self.is_free_threaded:
            return False
        return _numbers(interpreter.version)[: len(self.numbers)] == self.numbers


class Interpreters:
    """Finds Pythons and describes them. Threads share it."""

    def __init__(self, memory: Memory, environ: Mapping[str, str], directory: str) -> None:
        self._memory = memory
        self._environ = environ
        self._directory = directory
        path = filter(None, environ.get("PATH", "").split(os.pathsep))
        self._path = tuple(os.path.join(directory, place) for place in path)
        self._found: dict[str, tuple[object, str]] = {}
        self._described: dict[str, tuple[object, Interpreter]] = {}

    def find(self, wanted: str) -> Interpreter:
        """Return the interpreter that a user calls `wanted`.

        That is a version (`3.12`), a path, the directory of a virtual environment, or a command's
        name. Raises `InterpreterError`.
        """
        return self._find(wanted)[1]

    def command(self, wanted: str) -> str:
        """Return the path that starts that interpreter: in an environment, the environment's own.

        Raises `InterpreterError`.
        """
        path = os.path.abspath(self._find(wanted)[0])
        return self._behind(path) if is_shim(path) else path

    def _find(self, wanted: str) -> tuple[str, Interpreter]:
        path = os.path.join(self._directory, os.path.expanduser(wanted))
        if os.path.isdir(path) and (python := _in_environment(path)):
            return python, self._describe(python)
        if os.sep in wanted:
            return self._by_path(path)
        if version := _VERSION.fullmatch(wanted):
            numbers = tuple(int(part) for part in version.groups()[:3] if part)
            return self._by_version(wanted, _Wanted(numbers, bool(version[4])))
        for command in self._on_path(wanted):
            if is_command(command):
                return command, self._describe(command)
        if os.path.isdir(path):
            return self._by_path(path)
        raise InterpreterError(f"there is no command {wanted} on PATH", hint=HOW)

    def _by_path(self, path: str) -> tuple[str, Interpreter]:
        if not os.path.exists(path):
            raise InterpreterError(f"there is no Python at {path}", hint=HOW)
        if os.path.isdir(path):
            why = f"{path} is no virtual environment: there is no bin/python"
            raise InterpreterError(why, hint=HOW)
        return path, self._describe(path)

    def _by_version(self, text: str, wanted: _Wanted) -> tuple[str, Interpreter]:
        """Search again only where a directory of commands, or what was found, has changed."""
        before = [stamp(place) for place in (*self._path, *self._roots())]
        known = self._found.get(text)
        if known is not None and known[0] == before:
            with contextlib.suppress(InterpreterError):
                interpreter = self._describe(known[1])
                if wanted.is_met_by(interpreter):
                    return known[1], interpreter
        path, interpreter = self._search(text, wanted)
        self._found[text] = (before, path)
        return path, interpreter

    def _search(self, text: str, wanted: _Wanted) -> tuple[str, Interpreter]:
        if wanted.numbers < OLDEST[: len(wanted.numbers)]:
            raise InterpreterError(too_old(f"Python {text}"), hint=HOW)
        tried: list[str] = []
        for path in _unique(self._candidates(wanted)):
            try:
                interpreter = self._describe(path)
            except InterpreterError as error:
                tried.append(error.message)
                continue
            if wanted.is_met_by(interpreter):
                return path, interpreter
        failed = "".join(f"\n  {why}" for why in tried)
        raise InterpreterError(f"there is no Python {text} on this machine{failed}", hint=HOW)

    def _candidates(self, wanted: _Wanted) -> Iterator[str]:
        """Where a version may be, the likeliest place first.

        By its own name on PATH, where version tools put theirs, by a general name on PATH. A shim
        comes last: the binary behind it is found sooner, and always gives one answer.
        """
        series = ".".join(map(str, wanted.numbers[:2]))
        name = f"python{series}{'t' if wanted.is_free_threaded else ''}"
        usable = [
            *self._on_path(name),
            *(f"{home}/bin/{name}" for home in self._homes()),
            *self._on_path("python3"),
            *self._on_path("python"),
        ]
        shims = []
        for path in usable:
            if not is_command(path):
                continue
            if is_shim(path):
                shims.append(path)
            else:
                yield path
        yield from shims

    def _on_path(self, name: str) -> list[str]:
        return [f"{place}/{name}" for place in self._path]

    def _roots(self) -> tuple[str, ...]:
        """Where pyenv, uv and the manylinux images put their Pythons."""
        home = self._environ.get("HOME", "")
        data = self._environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
        return (
            f"{self._environ.get('PYENV_ROOT') or f'{home}/.pyenv'}/versions",
            self._environ.get("UV_PYTHON_INSTALL_DIR") or f"{data}/uv/python",
            "/opt/python",
        )

    def _homes(self) -> Iterator[str]:
        """Return the installations below those roots, the newest versions first."""
        for root in self._roots():
            try:
                names = os.listdir(root)
            except OSError:
                continue
            # A debug build is called as the usual one, and something more.
            for name in sorted(sorted(names), key=_numbers, reverse=True):
                yield f"{root}/{name}"

    def _describe(self, path: str) -> Interpreter:
        """Describe the Python that a command starts; looked at again where the binary changed."""
        before = stamp(path)
        known = self._described.get(path)
        if known is not None and before and known[0] == before:
            return known[1]
        if is_shim(path):
            return self._describe_binary(self._behind(path))
        interpreter = self._describe_binary(path)
        self._described[path] = (before, interpreter)
        return interpreter

    def _behind(self, shim: str) -> str:
        """Return the binary that a shim leads to."""
        facts = facts_of(shim, self._environ, self._directory)
        name = sha256_of([SCHEMA, "shim", facts])
        known = self._memory.recall(INTERPRETERS, name)
        path = known.get("executable") if isinstance(known, dict) else None
        if not isinstance(path, str) or not is_command(path):
            path = probe(shim, self._environ, self._directory).executable
            self._memory.remember(INTERPRETERS, name, {"executable": path})
        return path

    def _describe_binary(self, path: str) -> Interpreter:
        path = os.path.realpath(path)
        # The tags follow the C library and the system, which may be newer tomorrow.
        system = os.uname()
        facts = [SCHEMA, path, *stamp(path), system.release, system.machine, *_libc_here()]
        name = sha256_of(facts)
        # Damage is a miss: it is asked again.
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            known = Interpreter.from_json(self._memory.recall(INTERPRETERS, name))
            if is_command(known.executable):
                return known
        interpreter = probe(path, self._environ, self._directory)
        self._memory.remember(INTERPRETERS, name, interpreter.to_json())
        return interpreter


def _in_environment(path: str) -> str:
    """Return the Python of a virtual environment, or nothing where `path` is none."""
    names = ("bin/python", "bin/python3", "Scripts/python.exe")
    return next((f"{path}/{name}" for name in names if is_command(f"{path}/{name}")), "")


def _is_free_threaded(interpreter: Interpreter) -> bool:
    return any(tag.split("-")[1].endswith("t") for tag in interpreter.tags[:1])


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", name)[:3]))


def _unique(paths: Iterator[str]) -> Iterator[str]:
    seen = set()
    for path in paths:
        real = path if is_shim(path) else os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            yield path


def _libc_here() -> list[str]:
    try:
        return [os.confstr("CS_GNU_LIBC_VERSION") or ""]
    except (AttributeError, ValueError, OSError):
        return []
