"""The telling lines of a build's log: the few that say why it failed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from wheelwell.logline import shown
from wheelwell.mismatch import is_sign

MOST = 8
"""How many lines are told."""

READ = 1 << 22
"""How many bytes of a log are looked at, of its beginning and of its end."""

_TELLING = (
    re.compile(r"\bfatal error\b", re.IGNORECASE),
    re.compile(r"(^|[\s:])error(\[\w+\])?:", re.IGNORECASE),
    # An exception group draws a gutter in front of the errors that it holds.
    re.compile(r"^[\s|]*[\w.]*(?:Error|Exception|Interrupt|Exit)\b(?::|$)"),
    re.compile(r"\bundefined (reference|symbol)\b"),
    re.compile(r"cannot find -l|ld returned \d|: command not found|No such file or directory"),
    re.compile(r"\bCMake Error\b|\bcould not find\b", re.IGNORECASE),
    re.compile(
        r"Could not resolve host|name resolution|Name or service not known|Network is unreachable",
        re.IGNORECASE,
    ),
    re.compile(r"\.p(?:yx|xd|xi):\d+:\d+: (?!warning)|\berror in \S+ setup command:"),
    re.compile(r"Compatibility with CMake <|^\s*CMake [\d.]+ or higher is required"),
    re.compile(r"VersionConflict: |NumPy 1\.x cannot be run in|note: '_?Py\w+' declared here"),
    re.compile(r"feature `\w+` is required|lock file version `?\d`? requires"),
    re.compile(r"No solution found|^\s*╰─▶|\bwe can conclude\b|No matching distribution"),
)
_NOISE = re.compile(
    r"^[\s|]*(File \"|raise |Traceback|[~^\s]+$)|subprocess-exited-with-error|Werror"
)
_COMMAND = re.compile(r"[Ee]rror: [Cc]ommand '?\[.*returned non-zero exit status")
"""How a whole command line is told, which has failed for the reason that was told before."""


def read_log(path: Path, *, start: int = 0) -> str:
    """Return a log from the byte `start` on; of a very long one its beginning and its end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(start)
        said = file.read(READ)
        if size - READ > file.tell():
            file.seek(size - READ)
        said += file.read(READ)
    return said.decode(errors="replace")


def telling_lines(log: str) -> tuple[str, ...]:
    """Return the lines of `log` that say most about a failure, in their order."""
    lines = [shown(line) for line in log.splitlines()]
    found = [line for line in lines if line and not _NOISE.search(line) and _is_telling(line)]
    unique = [*dict.fromkeys(found)]
    unique = [line for line in unique if not _COMMAND.search(line)] or unique
    if len(unique) > MOST:  # the first compile error and what came of it in the end
        first, rest, last = (
            unique[: MOST // 2],
            unique[MOST // 2 : -MOST // 2],
            unique[-MOST // 2 :],
        )
        if not any(map(is_sign, first + last)) and (signs := [*filter(is_sign, rest)]):
            first[-1] = signs[0]
        unique = first + last
    return tuple(unique) or _last(lines)


def hint_for(log: str) -> str:
    """Return what to try where `log` shows a failure that is met again and again; else nothing."""
    if "unable to detect version" in log:  # said by setuptools-scm, for hatch-vcs and others too
        return (
            "its version comes from version control, of which this source holds nothing: ask for "
            "a Git checkout or git+https://…, "
            "or tell it by SETUPTOOLS_SCM_PRETEND_VERSION=1.0 in the environment"
        )
    return ""


def _is_telling(line: str) -> bool:
    return any(pattern.search(line) for pattern in _TELLING)


def _last(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple([line for line in lines if line.strip()][-MOST:])
