"""Remedies: what to install where something did not compile, read from what the log says."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REMEDIES = (
    (
        re.compile(r"\b(Python\.h)[:'\"]? .*(?:No such file|not found)"),
        "install the headers of this Python (as in python3-dev, python3-devel)",
    ),
    (
        re.compile(r"fatal error: '?([\w./+-]+\.h\w*)'?(?::| file not found)"),
        "install what brings the header {} (a package for development, as in lib…-dev, …-devel)",
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
    lines = [*evidence]
    for pattern, what in _REMEDIES:
        for line in lines:
            if found := pattern.search(line):
                named = next(filter(None, found.groups()), "")
                return f"{what.format(named)}, and ask again: it is built anew then"
    return (
        "mend what the lines above tell, and ask again: after a change of the system's packages, "
        "headers or libraries it is built anew; else with --rebuild"
    )
