"""The system as a build may find it: its packages, headers and libraries, told by times alone.

A directory's time changes where names in it come or go, which is what installing does. A file that
is edited in its place does not show.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping

from wheelwell.digest import sha256_of
from wheelwell.interpreter import Interpreter
from wheelwell.settings import Settings

PACKAGES = (
    "/var/lib/dpkg/status",
    *("/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db"),
    *("/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/Packages.db"),
    *("/lib/apk/db/installed", "/usr/lib/apk/db/installed"),
    "/var/lib/pacman/local",
    *("/opt/homebrew/Cellar", "/usr/local/Cellar"),
)
"""What changes where the system's packages do."""

DIRECTORIES: Mapping[str, int] = {
    "/usr/include": 2,
    "/usr/local/include": 2,
    "/opt/homebrew/include": 2,
    "/opt/local/include": 2,
    "/usr/lib": 2,
    "/usr/lib64": 2,
    "/usr/local/lib": 2,
    "/usr/local/lib64": 2,
    "/usr/share/pkgconfig": 0,
    "/opt/homebrew/lib": 1,
    "/opt/local/lib": 1,
}
"""Where headers and libraries are, with how far down they are looked at."""

_NAMED = 2
"""How far down what a setting names is looked at: `lib/pkgconfig` of a prefix."""

_MOST = 2000
"""Of how many directories below one the time is taken: a setting may name any."""

_NOT_SEARCHED = frozenset({"HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "CARGO_HOME"})
"""Variables that name where builds write, and find nothing."""

_NOT_OF_COMPILERS = re.compile(r"^(python|pypy|node_modules|ruby|perl|go|jvm|firmware|modules)")
"""Libraries of other languages, in which something comes and goes whatever compilers find."""

_PATH = re.compile(r"(?:^|[\s:;,=]|-[IL])(/[^\s:;,\"']+)")


def system_digest(interpreter: Interpreter, settings: Settings) -> str:
    """Return a digest of how the system looks to a build."""
    seen = {path: _time(path) for path in PACKAGES}
    for path, depth in {**DIRECTORIES, **_named(interpreter, settings)}.items():
        seen |= _times(path, depth)
    return sha256_of(sorted(seen.items()))


def _named(interpreter: Interpreter, settings: Settings) -> dict[str, int]:
    """Return what belongs to this build: its Python's headers, and the paths in its settings."""
    prefix = os.path.dirname(os.path.dirname(interpreter.executable))
    values = [v for name, v in settings.variables.items() if name not in _NOT_SEARCHED]
    values += [value for several in settings.config.values() for value in several]
    paths = [os.path.normpath(path) for value in values for path in _PATH.findall(value)]
    places = (path for path in paths if not _is_everyones(path))
    return {f"{prefix}/include": 1} | dict.fromkeys(places, _NAMED)


def _is_everyones(path: str) -> bool:
    """Say whether it is a directory such as `/tmp`, in which something changes all the time."""
    try:
        return bool(os.stat(path).st_mode & stat.S_ISVTX)
    except OSError:
        return False


def _times(top: str, depth: int) -> dict[str, int]:
    """Return the times of a directory and of those below it; of a file, where it is one."""
    seen = {top: _time(top)}
    level = [top]
    for _ in range(depth):
        level = [below for path in level if seen[path] for below in _directories(path)]
        level = level[: _MOST - len(seen)]
        seen |= {path: _time(path) for path in level}
    return seen


def _time(path: str) -> int:
    """Return the time of a path; 0 where there is none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _directories(path: str) -> Iterator[str]:
    with contextlib.suppress(OSError), os.scandir(path) as items:
        for item in items:
            if not _NOT_OF_COMPILERS.match(item.name) or path.endswith("/include"):
                # A link leads to what is looked at elsewhere, or in a circle.
                with contextlib.suppress(OSError):
                    if item.is_dir(follow_symlinks=False):
                        yield item.path
