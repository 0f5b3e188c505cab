"""Probing interpreters: from what a user calls a Python to all that is to be known of it.

A binary is remembered by its real path, size and time, so that a hit starts no process. A shim
(pyenv's, asdf's) is a program whose answer depends on the directory and on files above it: it is
remembered together with those.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.digest import sha256_of
from wheelwell.errors import InterpreterError
from wheelwell.interpreter import OLDEST, Interpreter
from wheelwell.protocols import Memory

INTERPRETERS = "interpreters-v1"

_SCHEMA = 1
"""The version of what the probe tells."""

_TIMEOUT = 60
_VERSION = re.compile(r"(?:python|cpython|cp)?-?(\d)\.?(\d+)?(?:\.(\d+))?(t?)", re.IGNORECASE)
_BINARY = re.compile(r"(python|pypy|graalpy)[\d.]*[a-z]*(\.exe)?")
_SHIM_VARIABLES = ("PYENV_VERSION", "PYENV_ROOT", "PYENV_DIR", "ASDF_PYTHON_VERSION")
_SHIM_FILES = (".python-version", ".tool-versions", "mise.toml", ".mise.toml")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A version that a user asked for, as in `3.12`, `3.12.1` or `3.13t`."""

    numbers: tuple[int, ...]
    is_free_threaded: bool

    def is_met_by(self, interpreter: Interpreter) -> bool:
        numbers = tuple(int(part) for part in re.findall(r"\d+", interpreter.version)[:3])
        if _is_free_threaded(interpreter) != self.is_free_threaded:
            return False
        return numbers[: len(self.numbers)] == self.numbers


class Interpreters:
    """Finds Pythons and describes them. Threads share it."""

    def __init__(self, memory: Memory, environ: Mapping[str, str], directory: str) -> None:
        self._memory = memory
        self._environ = environ
        self._directory = directory
        self._path = tuple(filter(None, environ.get("PATH", "").split(os.pathsep)))
        self._found: dict[str, tuple[object, str]] = {}
        self._described: dict[str, tuple[object, Interpreter]] = {}

    def find(self, wanted: str) -> Interpreter:
        """Return the interpreter that a user calls `wanted`.

        That is a version (`3.12`), a path, the directory of a virtual environment, or a command's
        name. Raises `InterpreterError`.
        """
        path = os.path.join(self._directory, os.path.expanduser(wanted))
        if os.path.isdir(path):
            return self._describe(_in_environment(path))
        if os.sep in wanted:
            if not os.path.exists(path):
                raise InterpreterError(f"there is no Python at {path}")
            return self._describe(path)
        if version := _VERSION.fullmatch(wanted):
            numbers = tuple(int(part) for part in version.groups()[:3] if part)
            return self._by_version(wanted, _Wanted(numbers, bool(version[4])))
        for place in self._path:
            if os.access(f"{place}/{wanted}", os.X_OK):
                return self._describe(f"{place}/{wanted}")
        raise InterpreterError(f"there is no command {wanted} on PATH", hint=_HOW)

    def _by_version(self, text: str, wanted: _Wanted) -> Interpreter:
        """Search again only where a directory of commands has changed since the last time."""
        places = [*self._path, *self._roots()]
        before = [_stamp(place) for place in places]
        known = self._found.get(text)
        if known is None or known[0] != before:
            known = (before, self._search(text, wanted))
            self._found[text] = known
        return self._describe(known[1])

    def _search(self, text: str, wanted: _Wanted) -> str:
        if wanted.numbers < OLDEST[: len(wanted.numbers)]:
            raise InterpreterError(_too_old(f"Python {text}"), hint=_HOW)
        tried: list[str] = []
        for path in _unique(self._candidates(wanted)):
            try:
                interpreter = self._describe(path)
            except InterpreterError as error:
                tried.append(error.message)
                continue
            if wanted.is_met_by(interpreter):
                return path
        failed = "".join(f"\n  {why}" for why in tried)
        raise InterpreterError(f"there is no Python {text} on this machine{failed}", hint=_HOW)

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
            if not os.access(path, os.X_OK):
                continue
            if _is_shim(path):
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
            for name in sorted(names, key=_numbers, reverse=True):
                yield f"{root}/{name}"

    def _describe(self, path: str) -> Interpreter:
        """Describe the Python that a command starts; looked at again where the binary changed."""
        before = _stamp(path)
        known = self._described.get(path)
        if known is None or not before or known[0] != before:
            is_settled = not _is_shim(path)
            known = (before, self._describe_anew(path))
            if is_settled:
                self._described[path] = known
        return known[1]

    def _describe_anew(self, path: str) -> Interpreter:
        if _is_shim(path):
            name = sha256_of([_SCHEMA, "shim", self._shim_facts(path)])
            known = self._memory.recall(INTERPRETERS, name)
            if known is None or not os.path.exists(str(known.get("executable"))):
                probed = _probe(path, self._environ, self._directory)
                known = {"executable": probed.executable}
                self._memory.remember(INTERPRETERS, name, known)
            path = str(known["executable"])
        path = os.path.realpath(path)
        try:
            status = os.stat(path)
        except OSError as error:
            raise InterpreterError(f"{path} cannot be looked at: {error.strerror}") from error
        # The tags follow the C library and the system, which may be newer tomorrow.
        system = [os.uname().release, *_libc_here()]
        facts = [_SCHEMA, path, status.st_size, status.st_mtime_ns, status.st_ino, *system]
        name = sha256_of(facts)
        known = self._memory.recall(INTERPRETERS, name)
        if known is not None:
            try:
                return Interpreter.from_json(known)
            except (KeyError, TypeError, ValueError, AttributeError):
                pass  # damage is a miss: it is asked again
        interpreter = _probe(path, self._environ, self._directory)
        self._memory.remember(INTERPRETERS, name, interpreter.to_json())
        return interpreter

    def _shim_facts(self, path: str) -> list[Any]:
        """Everything that pyenv's and asdf's shims look at."""
        root = self._environ.get("PYENV_ROOT") or f"{self._environ.get('HOME', '')}/.pyenv"
        files = [path, f"{root}/version"]
        above = self._directory
        while above not in {"/", ""}:
            files += [f"{above}/{name}" for name in _SHIM_FILES]
            above = os.path.dirname(above)
        variables = [self._environ.get(name, "") for name in _SHIM_VARIABLES]
        return [variables, [[file, *_stamp(file)] for file in files]]


_HOW = "--python takes a version (3.12), a path, or the directory of a virtual environment"

_PROBE = """
import json, os, platform, sys, sysconfig
sys.path.append(sys.argv[1])
from packaging import markers, tags
executable = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
variables = sysconfig.get_config_vars()
found = [str(tag) for tag in tags.sys_tags()]
print()
print(json.dumps({
    "executable": executable,
    "implementation": sys.implementation.name,
    "version": platform.python_version().rstrip("+"),
    "soabi": variables.get("SOABI") or "",
    "extension_suffix": variables.get("EXT_SUFFIX") or "",
    "platform": sysconfig.get_platform().replace("-", "_").replace(".", "_"),
    "machine": platform.machine(),
    "libc": list(platform.libc_ver()),
    "tags": found,
    "markers": {k: str(v) for k, v in markers.default_environment().items()},
    "compilers": {name: variables.get(name) or "" for name in ("CC", "CXX")},
}))
"""


def _probe(path: str, environ: Mapping[str, str], directory: str) -> Interpreter:
    """Ask a Python about itself. Raises `InterpreterError`."""
    import subprocess

    import packaging

    library = os.path.dirname(os.path.dirname(os.path.abspath(packaging.__file__)))
    try:
        ended = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE, library],
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env={**environ},
            cwd=directory,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise InterpreterError(f"{path} does not start: {error.strerror}", hint=_HOW) from error
    except subprocess.TimeoutExpired as error:
        raise InterpreterError(f"{path} gave no answer within {_TIMEOUT} s") from error
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InterpreterError(_why_not(path, ended.returncode, " ".join(said), environ), hint=_HOW)
    try:
        return Interpreter.from_json(json.loads(ended.stdout.splitlines()[-1]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise InterpreterError(f"{path} is no Python: its answer makes no sense") from error


def _why_not(path: str, status: int, said: str, environ: Mapping[str, str]) -> str:
    """Say why a Python failed the probe; one that is too old fails in the probe's own code."""
    import subprocess

    try:
        ended = subprocess.run(
            [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env={**environ},
            stdin=subprocess.DEVNULL,
        )
        version = tuple(map(int, ended.stdout.decode().strip().split(".")))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        version = ()
    if version and version < OLDEST:
        return _too_old(f"{path} is Python {'.'.join(map(str, version))}")
    return f"{path} does not work as a Python (status {status}): {said[:160] or 'it says nothing'}"


def _too_old(subject: str) -> str:
    oldest = ".".join(map(str, OLDEST))
    return f"{subject}: that is too old, wheels are built for {oldest} and later"


def _in_environment(path: str) -> str:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        if os.path.exists(f"{path}/{name}"):
            return f"{path}/{name}"
    raise InterpreterError(f"{path} is no virtual environment: there is no bin/python", hint=_HOW)


def _is_shim(path: str) -> bool:
    """Say whether a command only leads to a Python: a script, or a tool under Python's name."""
    real = os.path.realpath(path)
    if not _BINARY.fullmatch(os.path.basename(real)):
        return True
    try:
        with open(real, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _is_free_threaded(interpreter: Interpreter) -> bool:
    return any(tag.split("-")[1].endswith("t") for tag in interpreter.tags[:1])


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", name)[:3]))


def _unique(paths: Iterator[str]) -> Iterator[str]:
    seen = set()
    for path in paths:
        real = os.path.realpath(path) if not _is_shim(path) else path
        if real not in seen:
            seen.add(real)
            yield path


def _stamp(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns, status.st_ino)


def _libc_here() -> list[str]:
    try:
        return [os.confstr("CS_GNU_LIBC_VERSION") or ""]
    except (AttributeError, ValueError, OSError):
        return []
