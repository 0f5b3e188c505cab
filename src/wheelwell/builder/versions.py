"""Versions: what a compiler tells of itself when it is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_TIMEOUT = 30
"""How long a compiler may take to answer, in seconds."""

_TELLING = re.compile(r"\d+\.\d+")


def ask(path: str, environ: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """Return what a compiler tells of itself, and whether it would tell the same next time."""
    name = re.sub(r"(^.*-)?([a-z+]+)[\d.-]*$", r"\2", os.path.basename(path))
    said = output_of([path, "--version"], environ)
    if said is None:
        return {"identity": name, "version": "", "target": ""}, False
    lines = [line.strip() for line in said.splitlines() if _TELLING.search(line)]
    version = lines[0] if lines else said.partition("\n")[0].strip()
    first, _, rest = version.partition(" ")
    if first == os.path.basename(path):  # `cc (Debian …) 12.2.0` is `gcc (Debian …) 12.2.0`
        version = rest
    target = _target(path, said, environ)
    told = {"identity": _identity(said, name), "version": version, "target": target or ""}
    return told, target is not None


def _identity(said: str, name: str) -> str:
    if "clang" in said.lower():
        return "clang"
    if "Free Software Foundation" in said:
        return "gfortran" if "Fortran" in said else "gcc"
    return name


def _target(path: str, said: str, environ: Mapping[str, str]) -> str | None:
    if "rustc" in said:
        verbose = output_of([path, "-vV"], environ)
        if verbose is None:
            return None
        return next((v[6:] for v in verbose.splitlines() if v.startswith("host: ")), "")
    if "nvcc" in said:
        return ""
    told = output_of([path, "-dumpmachine"], environ)
    return told if told is None else told.strip()


def output_of(argv: list[str], environ: Mapping[str, str]) -> str | None:
    """Return what a command prints, nothing where it fails, None where it does not end.

    It runs in the root directory: a proxy's choice of compiler must not depend on the caller's.
    """
    from wheelwell.builder import asking

    english = {**environ, "LC_ALL": "C"}
    try:
        ended = asking.ask(argv, environ=english, directory="/", timeout=_TIMEOUT)
    except TimeoutError:
        return None
    except OSError:
        return ""
    return ended.stdout.decode(errors="replace") if ended.returncode == 0 else ""
