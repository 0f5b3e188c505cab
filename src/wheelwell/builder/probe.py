"""Probing: a Python is started, and tells what wheels must know of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelwell.builder.asking import ask
from wheelwell.builder.native import HEAD, machines
from wheelwell.errors import InterpreterError
from wheelwell.interpreter import OLDEST, Interpreter

if TYPE_CHECKING:
    from subprocess import CompletedProcess

SCHEMA = 2
"""The version of what is told."""

HOW = "--python takes a version (3.12), a path, or the directory of a virtual environment"
"""What to try where there is no such Python."""

_TIMEOUT = 60
"""How long a Python may take to answer, in seconds."""

_PROGRAM = """
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
_VERSION_PROGRAM = "import sys; print('%d.%d' % sys.version_info[:2])"


def probe(path: str, environ: Mapping[str, str], directory: str) -> Interpreter:
    """Ask the Python at `path` about itself, in `directory`. Raises `InterpreterError`."""
    import packaging

    library = os.path.dirname(os.path.dirname(os.path.abspath(packaging.__file__)))
    try:
        ended = _run([path, "-I", "-S", "-c", _PROGRAM, library], environ, directory)
    except TimeoutError as error:
        raise InterpreterError(f"{path} gave no answer within {_TIMEOUT} s", hint=HOW) from error
    except OSError as error:
        raise InterpreterError(f"{path} does not start: {error.strerror}", hint=HOW) from error
    if ended.returncode != 0:
        version = _version(path, environ, directory)
        raise InterpreterError(_why_not(path, ended, version), hint=HOW)
    try:
        interpreter = Interpreter.from_json(json.loads(ended.stdout.splitlines()[-1]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        why = f"{path} is no Python: its answer makes no sense"
        raise InterpreterError(why, hint=HOW) from error
    return replace(interpreter, machine=_machine(interpreter))


def too_old(subject: str) -> str:
    """Say that a Python is older than any that wheels are built for."""
    oldest = ".".join(map(str, OLDEST))
    return f"{subject}: that is too old, wheels are built for {oldest} and later"


def _run(
    argv: Sequence[str], environ: Mapping[str, str], directory: str
) -> CompletedProcess[bytes]:
    """Run a command to its end. Raises `OSError`."""
    return ask(argv, environ=environ, directory=directory, timeout=_TIMEOUT)


def _version(path: str, environ: Mapping[str, str], directory: str) -> tuple[int, ...]:
    """Ask what every Python can answer; nothing where this is none."""
    try:
        ended = _run([path, "-c", _VERSION_PROGRAM], environ, directory)
        return tuple(map(int, ended.stdout.decode().strip().split(".")))
    except (OSError, ValueError):
        return ()


def _why_not(path: str, ended: CompletedProcess[bytes], version: tuple[int, ...]) -> str:
    """Say why a Python failed the probe; one that is too old fails in the probe's own code."""
    if version and version < OLDEST:
        return too_old(f"{path} is Python {'.'.join(map(str, version))}")
    said = " ".join(ended.stderr.decode(errors="replace").strip().splitlines()[-1:])[:160]
    status = ended.returncode
    return f"{path} does not work as a Python (status {status}): {said or 'it says nothing'}"


def _machine(interpreter: Interpreter) -> str:
    """Return the architecture of the interpreter itself.

    What it told is the kernel's, which may run programs of two: a 32-bit Python on a 64-bit one.
    """
    try:
        with open(interpreter.executable, "rb") as file:
            found = machines(file.read(HEAD))
    except OSError:
        found = ()
    return found[0] if len(found) == 1 else interpreter.machine
