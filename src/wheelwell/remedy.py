"""Remedies: what mends it where something did not compile, read from what the log says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from wheelwell.packages import packages_of

_COMPILER = re.compile(
    r"(?:.*[/-])?(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+|cpp|ld|nvcc|rustc|cargo|gfortran|flang)"
    r"(?:-?[\d.]+)?"
)
"""What compilers and the programs like them are called."""

_GONE = {
    "longintrepr.h": "3.11",
    **dict.fromkeys(("graminit.h", "grammar.h", "node.h", "parsetok.h"), "3.10"),
}
"""Headers of CPython that sources include, and the version that does not have them there."""


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
    is_about_packages = any("pkg-config" in line for line in told)
    return (
        _first((*_CERTAIN, *_LIKELY, *_OTHERWISE), told[::-1])
        or _first(_CERTAIN, said[::-1])  # what was missing last, it could not do without
        or (_first(_OF_PACKAGES, said) if is_about_packages else "")  # others stand in for it
    )


_Remedies = Sequence[tuple[re.Pattern[str], Callable[[str], str]]]


def _first(remedies: _Remedies, lines: Sequence[str]) -> str:
    """Return the first remedy that one of the lines calls for."""
    for pattern, hint_for in remedies:
        for line in lines:
            for found in pattern.finditer(line):
                if hint := hint_for(next(filter(None, found.groups()), "")):
                    return hint
    return ""


def _header(name: str) -> str:
    if name in _GONE:
        return (
            f"{name} is Python's own, and is gone since {_GONE[name]}: take a newer version of the "
            "project, or an older Python"
        )
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
    packages = packages_of(name.rpartition("/")[2])
    told = f" ({packages})" if packages else ""
    if _COMPILER.fullmatch(name):
        return f"install a compiler: {name} cannot be started{told}"
    return f"install what brings the program {name}{told}" if packages else ""


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
    (re.compile(r"cannot find -l(\S+?):?(?:\s|$)|library not found for -l(\S+)"), _library),
    (
        re.compile(
            r"[Cc]ommand '?(\S+?)'? failed: (?:No such file|Permission denied)"
            r"|unable to execute '?([^\s':]+)"
            r"|\b(\S+): command not found"
            r"|Unknown compiler\(s\): \[\['([^']+)'"
        ),
        _command,
    ),
)
"""What a compiler or linker says that cannot go on, and what it misses."""

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
    *_OF_PACKAGES,
    (re.compile(r"Program '?([\w.+-]+)'? not found"), _command),
    (
        re.compile(
            r"\[Errno \d+\] (?:No such file|Permission denied).*'(\S+)'$"
            r"|(?<![\w.+-])([\w.+-]+):?(?: executable)?(?: was)? not found\b"
            r"|[Cc]ould not (?:run|find) ([\w.+-]+)"
        ),
        _program,
    ),
)
"""What others say that miss something; of what a failed build says, only its telling lines."""

_OTHERWISE: _Remedies = (
    (re.compile(r":\d+: error: .*?[\u2018'\"](?:struct )?(_?Py[A-Z_]\w*)"), _of_python),
    (re.compile(r"Could not resolve host: ([\w.-]+)|[Nn]ame resolution|Name or service"), _host),
)
"""What says that it failed for want of what cannot be installed."""
