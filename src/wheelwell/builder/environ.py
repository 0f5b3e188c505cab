"""The environment variables that a build is given: what the key names, and what is fixed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wheelwell.builder.compilers import STANDARD
from wheelwell.builder.distributions import FIXED
from wheelwell.builder.leftovers import MARK
from wheelwell.surroundings import Surroundings

COMPILER_CACHES = ("CCACHE_DIR", "SCCACHE_DIR")
"""Where compiler caches keep what they know. They decide how long a build takes, not what it
gives, and must outlive the build's own `HOME`."""


def build_environ(
    *,
    environment: Path,
    home: Path,
    temporary: Path,
    directories: tuple[str, ...],
    epoch: int,
    variables: Mapping[str, str],
    environ: Mapping[str, str],
    jobs: int | None = None,
    surroundings: Surroundings | None = None,
) -> dict[str, str]:
    """Return all variables of a build.

    Of `environ`, the caller's own, only the places of compiler caches pass; `variables` are those
    in the key, and secret ones, and win. `jobs` is how many processes it may keep busy, None for
    what it chooses. `surroundings` are given where `environment` is not the build's own.
    """
    path = dict.fromkeys((*_programs(environment, surroundings), *directories, *STANDARD))
    return {
        "PATH": os.pathsep.join(path),
        **_unisolated(environment, surroundings),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "SOURCE_DATE_EPOCH": str(epoch),
        **_compiler_caches(environ),
        **(_parallel(jobs) if jobs else {}),
        **variables,
        # By one of these its processes are told, if they have to be ended from outside.
        **({MARK: str(home)} if "HOME" in variables else {}),
    }


def _programs(environment: Path, surroundings: Surroundings | None) -> tuple[str, ...]:
    if surroundings is None:
        return (f"{environment}/bin",)
    return tuple(place for place in surroundings.directories if place not in STANDARD)


def _unisolated(environment: Path, surroundings: Surroundings | None) -> dict[str, str]:
    """Return what tells of the environment; nothing is written into one that is the user's."""
    if surroundings is None:
        return {"VIRTUAL_ENV": str(environment)}
    return {"VIRTUAL_ENV": str(environment), **FIXED} if surroundings.is_virtual else dict(FIXED)


def _parallel(jobs: int) -> dict[str, str]:
    """Return what says how many processes build at once, which does not change what they build."""
    return {
        "MAX_JOBS": str(jobs),
        "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs),
        "MAKEFLAGS": f"-j{jobs}",
        "CARGO_BUILD_JOBS": str(jobs),
        "NPY_NUM_BUILD_JOBS": str(jobs),
    }


def _compiler_caches(environ: Mapping[str, str]) -> dict[str, str]:
    usual = {}
    home = environ.get("HOME", "")
    if cache := environ.get("XDG_CACHE_HOME") or (home and f"{home}/.cache"):
        usual = {"CCACHE_DIR": f"{cache}/ccache", "SCCACHE_DIR": f"{cache}/sccache"}
    if home and os.path.isdir(f"{home}/.ccache"):  # where ccache has it from before version 4
        usual["CCACHE_DIR"] = f"{home}/.ccache"
    chosen = {name: environ[name] for name in COMPILER_CACHES if environ.get(name)}
    return usual | chosen
