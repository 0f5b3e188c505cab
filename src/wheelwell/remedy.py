"""Remedies: what mends it where something did not compile, read from what the log says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from wheelwell.mismatch import is_sign
from wheelwell.packages import packages_of
from wheelwell.programs import is_compiler, usual_name

_LONGEST = 1000
"""How much of a line is looked at."""

_OF_WHEELS = frozenset({"nanobind", "numpy", "pybind11"})
"""Projects whose wheels bring headers, in a directory of their name."""


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
    return _first((*_CERTAIN, *_LIKELY), [*lines])


def to_mend(telling: Iterable[str], log: Iterable[str]) -> str:
    """Return what mends a build that failed, by its telling lines, else by its log; or nothing.

    In the rest of its log a build also tells what it misses, and can do without.
    """
    told, said = [*telling], [*log]
    is_about_packages = any("pkg-config" in line or "pkgconfig" in line for line in told)
    otherwise = () if any(map(is_sign, told)) else _OTHERWISE
    return (
        (_first(_OF_PKG_CONFIG, said) if is_about_packages else "")  # without it, none is found
        or _first((*_CERTAIN, *_LIKELY, *otherwise), told[::-1])
        or _first(_CERTAIN, said[::-1])  # what was missing last, it could not do without
        or (_first(_OF_PACKAGES, said) if is_about_packages else "")  # others stand in for it
    )


_Remedies = Sequence[tuple[re.Pattern[str], Callable[[str], str]]]


def _first(remedies: _Remedies, lines: Sequence[str]) -> str:
    """Return the first remedy that one of the lines calls for.

    What shows that the source is of another time than its Python or numpy is nothing to install.
    """
    for pattern, hint_for in remedies:
        for line in lines:
            for found in pattern.finditer(line[:_LONGEST]):
                hint = hint_for(next(filter(None, found.groups()), ""))
                if hint and not is_sign(line[:_LONGEST]):
                    return hint
    return ""


def _header(name: str) -> str:
    project = name.partition("/")[0]
    if project in _OF_WHEELS and project != name:
        return f"--build-requirement {project}, which brings the header {name}"
    if name == "Python.h":
        return f"install the headers of this Python ({packages_of(name)})"
    return _install(f"what brings the header {name}", name)


def _library(name: str) -> str:
    return _install(f"the library {name} for development", f"-l{name}")


def _package(name: str) -> str:
    return _install(f"what brings {name}.pc, which pkg-config looks for", f"{name}.pc")


def _install(what: str, missing: str) -> str:
    usual = packages_of(missing) or "a package for development, as in lib…-dev, …-devel"
    return f"install {what} ({usual})"


def _program(name: str) -> str:
    """Return a remedy for a program that is not there; none where any file may be meant."""
    packages = packages_of(usual_name(name))
    told = f" ({packages})" if packages else ""
    if is_compiler(name):
        return f"install a compiler: {name} cannot be started{told}"
    return f"install what brings the program {name}{told}" if packages else ""


def _compiler(language: str) -> str:
    """Return a remedy for a compiler that was looked for, by its language or name."""
    name = usual_name(language)
    return f"install a compiler: no {name} is found ({packages_of(name)})"


def _of(program: str) -> Callable[[str], str]:
    return lambda _: _program(program)


def _command(name: str) -> str:
    """Return a remedy for what was to be started, and is not there."""
    return _program(name) or f"install what brings the program {name}"


def _of_python(name: str) -> str:
    return (
        f"its C code is not made for this Python ({name}): take a newer version of the project, "
        "or an older Python"
    )


def _host(name: str) -> str:
    return f"build where {name or 'the network'} can be reached: the build itself fetches from it"


_CERTAIN: _Remedies = (
    (re.compile(r"fatal error: '?([\w./+-]+)'?(?:: No such file| file not found)"), _header),
    (
        re.compile(
            r"cannot find -l(\S+?):?(?:\s|$)|library not found for -l(\S+)"
            r"|library '(\S+)' not found"
        ),
        _library,
    ),
    (
        re.compile(
            r"[Cc]ommand '?(\S+?)'? failed: (?:No such file|Permission denied)"
            r"|unable to execute '?([^\s':]+)"
            r"|\b(\S+): command not found"
            r"|Unknown compiler\(s\): \[\['([^']+)'"
        ),
        _command,
    ),
    (
        re.compile(
            r"No CMAKE_(\w{1,20})_COMPILER could be found|no acceptable (C|C\+\+) compiler found"
        ),
        _compiler,
    ),
    (re.compile(r"\bsh: (?:\d+: )?(?!git:)([\w./+-]+): not found$"), _program),
    (re.compile("Cargo, the Rust package manager, is not installed"), _of("cargo")),
    (re.compile(r"find a build program corresponding to \"([^\"]{1,99})\""), _command),
)
"""What a compiler or linker says that cannot go on, and what it misses."""

_OF_PKG_CONFIG: _Remedies = (
    (
        re.compile(
            r"Could NOT find PkgConfig|[Dd]id not find pkg-config|pkg-config script could not be"
            r"|Pkg-config (?:binary|for machine).* not found"
        ),
        _of("pkg-config"),
    ),
)
_OF_PACKAGES: _Remedies = (
    (
        re.compile(
            r"No package '([\w.+-]+)' found|Package '?([\w.+-]+)'?,? .*not found"
            r"|Dependency \"([\w.+-]+)\" not found|pkg-config --exists ([\w.+-]+)' returned"
        ),
        _package,
    ),
)
_LIKELY: _Remedies = (
    *_OF_PKG_CONFIG,
    *_OF_PACKAGES,
    (re.compile(r"Program '?([\w.+-]+)'? not found"), _command),
    (
        re.compile(
            r"\[Errno \d+\] (?:No such file|Permission denied).*'(\S+)'$"
            r"|(?<![\w.+-])(?!git:)([\w.+-]+):?(?: executable)?(?: was)? not found\b"
            r"|[Cc]ould not (?:run|find) ([\w.+-]+)|linker `([^`]+)` not found"
            r"|\b(?:make|env): ['\u2018]?([\w./+-]+)['\u2019]?: (?:No such file|Permission denied)"
        ),
        _program,
    ),
    (re.compile("can't find Rust compiler"), _of("rustc")),
    (re.compile("Failed to find nvcc|CUDA_HOME environment variable is not set"), _of("nvcc")),
    (re.compile("CMake must be installed|CMakeNotFoundError|Problem with the CMake"), _of("cmake")),
    (re.compile("Could not detect Ninja|NinjaNotFoundError"), _of("ninja")),
    (re.compile("sure the libxml2 and libxslt development packages"), _of("xslt-config")),
)
"""What others say that miss something; of what a failed build says, only its telling lines."""

_OTHERWISE: _Remedies = (
    (
        re.compile(r":\d+: error: .*?[\u2018'\"](?:struct )?(?!PyArray|PyUFunc)(_?Py[A-Z_]\w*)"),
        _of_python,
    ),
    (re.compile(r"Could not resolve host: ([\w.-]+)|[Nn]ame resolution|Name or service"), _host),
)
"""What says that it failed for want of what cannot be installed."""
