"""Remedies: what to install where something did not compile, read from what the log says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from wheelwell.headers import packages_of, packages_of_library, project_of
from wheelwell.mismatch import is_sign
from wheelwell.programs import is_like_compiler, known_program, packages_of_program

_LONGEST = 1000
"""How much of a line is looked at."""


def remedy(evidence: Iterable[str]) -> str:
    """Return what to try where a wheel is degraded for the reasons in `evidence`."""
    if told := to_install(evidence):
        return f"{told}, and ask again: it is built anew then"
    return (
        "mend what the lines above tell, and ask again: after a change of the system's packages, "
        "headers or libraries it is built anew; else with --rebuild"
    )


def to_install(lines: Iterable[str]) -> str:
    """Return what to install where a compiler says what it misses; empty where it does not."""
    found_lines = [line[:_LONGEST] for line in lines]
    for pattern, tell in _REMEDIES.items():
        for line in found_lines:
            found = pattern.search(line)
            named = next(filter(None, found.groups()), "") if found else ""
            if named and not is_sign(line) and (told := tell(named)):
                return told
    return ""


def _headers_of_python(named: str) -> str:
    return f"install the headers of this Python ({packages_of(named)})"


def _header(named: str) -> str:
    if project := project_of(named):
        return f"--build-requirement {project}, which brings the header {named}"
    usual = packages_of(named) or "a package for development, as in lib…-dev, …-devel"
    return f"install what brings the header {named} ({usual})"


def _library(named: str) -> str:
    usual = packages_of_library(named) or "as in lib…-dev, …-devel"
    return f"install the library {named} for development ({usual})"


def _program(named: str) -> str:
    """Tell of a program; one that no build is known to call is some other file."""
    return _command(named) if known_program(named) or is_like_compiler(named) else ""


def _command(named: str) -> str:
    usual = packages_of_program(known_program(named))
    return f"install {named}, which cannot be started here{f' ({usual})' if usual else ''}"


def _of(program: str) -> Callable[[str], str]:
    return lambda _: f"install {program}, which is not found ({packages_of_program(program)})"


_REMEDIES: Mapping[re.Pattern[str], Callable[[str], str]] = {
    re.compile(r"\b(Python\.h)[:'\"]? .{0,99}(?:No such file|not found)"): _headers_of_python,
    re.compile(r"fatal error: '?([\w./+-]{1,99})'?(?:: No such file| file not found)"): _header,
    re.compile(
        r"cannot find -l([^\s:]{1,99})|library not found for -l(\S{1,99})"
        r"|library '([^\s']{1,99})' not found"
    ): _library,
    re.compile(
        r"\[Errno \d+\] (?:No such file|Permission denied).{0,99}'(\S{1,300})'$"
        r"|(?:^|: )(?!git:)([\w./+-]{1,99}): not found$"
        r"|\b(?:make|env): ['\u2018]?([\w./+-]{1,99})['\u2019]?: (?:No such file|Permission denied)"
        r"|No CMAKE_(\w{1,20})_COMPILER could be found|Unknown compiler\(s\): \[\['([^']{1,99})'"
        r"|no acceptable (\S{1,20}) compiler found|linker `([^`]{1,300})` not found"
        r"|find a build program corresponding to \"([^\"]{1,99})\""
        r"|\b(\w{1,20}config) (?:\w{1,20} )?not found"
    ): _program,
    re.compile(
        r"[Cc]ommand '?([^\s']{1,300})'? failed: (?:No such file|Permission denied)"
        r"|unable to execute '?([^\s':]{1,300})|([^\s:]{1,99}): command not found"
    ): _command,
    re.compile(r"(can't find Rust compiler)|(Cargo, the Rust package manager, is not)"): _of(
        "cargo"
    ),
    re.compile(r"(Failed to find nvcc|CUDA_HOME environment variable is not set)"): _of("nvcc"),
    re.compile(r"(CMake must be installed|CMakeNotFoundError|Problem with the CMake)"): _of(
        "cmake"
    ),
    re.compile(r"(Could not detect Ninja|NinjaNotFoundError)"): _of("ninja"),
    re.compile(
        r"(Could NOT find PkgConfig|[Dd]id not find pkg-config|pkg-config script could not be found"
        r"|Pkg-config (?:binary|for machine).{0,99} not found)"
    ): _of("pkg-config"),
    re.compile(r"(make sure the libxml2 and libxslt development packages)"): _of("xslt-config"),
}
"""What a line names, and what is told of it; the first that is found is the cause."""
