"""Remedies: what to install where something did not compile, read from what the log says."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wheelwell.headers import packages_of

_REMEDIES = (
    (
        re.compile(r"\b(Python\.h)[:'\"]? .*(?:No such file|not found)"),
        "install the headers of this Python ({})",
    ),
    (
        re.compile(r"fatal error: '?([\w./+-]+\.h\w*)'?(?::| file not found)"),
        "install what brings the header {}",
    ),
    (
        re.compile(r"cannot find -l(\S+?):?(?:\s|$)|library not found for -l(\S+)"),
        "install the library {} for development (as in lib…-dev, …-devel)",
    ),
    (
        re.compile(
            r"\[Errno \d+\] (?:No such file|Permission denied).*'(\S+)'$"
            r"|[Cc]ommand '?(\S+?)'? failed: (?:No such file|Permission denied)"
            r"|unable to execute '?([^\s':]+)"
            r"|\b(\S+): command not found"
        ),
        "install a compiler: {} cannot be started",
    ),
)


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
    found_lines = [*lines]
    for pattern, what in _REMEDIES:
        for line in found_lines:
            if found := pattern.search(line):
                named = next(filter(None, found.groups()), "")
                return _with_packages(what, named)
    return ""


def _with_packages(what: str, named: str) -> str:
    packages = packages_of(named)
    if named == "Python.h":
        return what.format(packages)
    told = what.format(named)
    if not named.endswith((".h", ".hpp")):
        return told
    usual = packages or "a package for development, as in lib…-dev, …-devel"
    return f"{told} ({usual})"
