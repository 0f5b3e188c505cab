"""Examining what builds need: compilers, Pythons with their headers, and the tools beside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping

from wheelwell.diagnosis import Finding, Level
from wheelwell.interpreter import Interpreter

_PATIENCE = 20.0
"""How long, in seconds, a program may take to answer."""

_COMPILERS = ("cc", "c++", "gfortran", "rustc", "nvcc")
_TOOLS = ("git", "git-lfs", "ccache", "sccache", "cmake", "ninja", "pkg-config")
_PROGRAM = "int main(void) { return 0; }\n"


def tools(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look for compilers and for the programs that builds call."""
    for name in (*_COMPILERS, *_TOOLS):
        path = shutil.which(name, path=environ.get("PATH"))
        if path is None:
            level = Level.WARNING if name in {"cc", "git"} else Level.NOTE
            remedy = _REMEDIES.get(name, "")
            yield Finding(level=level, subject=name, text="it is not here", remedy=remedy)
        else:
            yield _version(name, path)
    if shutil.which("cc", path=environ.get("PATH")):
        yield _compiles(environ)


_REMEDIES = {
    "cc": "install a compiler (Debian: build-essential, Fedora: gcc, Alpine: build-base)",
    "git": "install git",
}


def python(interpreter: Interpreter) -> Finding:
    """Look at a Python: extension modules need its headers."""
    include = _said([interpreter.executable, "-c", _INCLUDE]).strip()
    shown = f"{interpreter.executable} is {interpreter.version}"
    if include and os.path.isfile(f"{include}/Python.h"):
        return Finding(level=Level.OK, subject="python", text=shown)
    minor = ".".join(interpreter.version.split(".")[:2])
    return Finding(
        level=Level.WARNING,
        subject="python",
        text=f"{shown}, and has no headers (Python.h): extension modules do not compile for it",
        remedy=f"install its headers (Debian: python{minor}-dev, Fedora: python3-devel)",
    )


_INCLUDE = "import sysconfig; print(sysconfig.get_path('include'))"


def _version(name: str, path: str) -> Finding:
    try:
        lines = _said([path, "--version"]).splitlines()
    except (OSError, subprocess.SubprocessError) as error:
        said = f"{path} does not answer: {error}"
        return Finding(level=Level.WARNING, subject=name, text=said)
    return Finding(level=Level.OK, subject=name, text=lines[0] if lines else path)


def _compiles(environ: Mapping[str, str]) -> Finding:
    """Compile and link the smallest program."""
    with tempfile.TemporaryDirectory(prefix="wheelwell-") as place:
        with open(f"{place}/try.c", "w", encoding="ascii") as file:
            file.write(_PROGRAM)
        try:
            done = subprocess.run(
                ["cc", "try.c", "-o", "try"],
                cwd=place,
                env=dict(environ),
                timeout=_PATIENCE,
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stderr.strip().splitlines() or [f"cc exits with {done.returncode}"]
            problem = said[-1] if done.returncode else ""
        except (OSError, subprocess.SubprocessError) as error:
            problem = str(error)
    if not problem:
        return Finding(level=Level.OK, subject="compiling", text="a C program compiles and links")
    return Finding(
        level=Level.PROBLEM,
        subject="compiling",
        text=f"a C program does not compile: {problem}",
        remedy="install the C library's headers (Debian: libc6-dev, Fedora: glibc-devel)",
    )


def _said(command: list[str]) -> str:
    return subprocess.run(
        command, timeout=_PATIENCE, capture_output=True, text=True, check=False
    ).stdout
