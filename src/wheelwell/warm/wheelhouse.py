"""The wheelhouse: a directory that gets every wheel, and the sources if they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.errors import DamagedWheel, NoMatchingSource, NoSuchProject
from wheelwell.export.copying import copy, write
from wheelwell.outcome import Outcome, Sdist
from wheelwell.request import ARCHIVE_SUFFIXES
from wheelwell.warm.asking import Asking
from wheelwell.warm.pins import MARK, pins
from wheelwell.wheel import Wheel

if TYPE_CHECKING:
    from wheelwell.archived import Archived
    from wheelwell.cache import WheelCache

LIST = "requirements.txt"
"""The file that says what lies in a wheelhouse."""

_KINDS = {
    b"\x1f\x8b": ".tar.gz",
    b"PK\x03\x04": ".zip",
    b"BZh": ".tar.bz2",
    b"\xfd7zXZ": ".tar.xz",
}
"""What archives begin with, and the ending that installers know them by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheelhouse:
    """A directory that is there. Threads and processes share it."""

    directory: str
    """Absolute."""

    has_sdists: bool = False
    """Whether source archives go there too."""

    def collect(self, outcome: Outcome, asking: Asking) -> Outcome:
        """Copy what an outcome has come to, and return the outcome with what is there.

        A wheel that is found to be damaged is asked for again. Raises `WheelwellError`, `OSError`.
        """
        assert outcome.wheel is not None
        wheel = outcome.wheel
        try:
            self._copy(wheel)
        except DamagedWheel:
            asking.cache.set_aside(wheel)
            wheel = asking.wheel()
            self._copy(wheel)
        outcome = replace(outcome, wheel=wheel)
        return self._with_source(outcome, wheel, asking) if self.has_sdists else outcome

    def _copy(self, wheel: Wheel) -> None:
        target = f"{self.directory}/{wheel.filename}"
        copy(str(wheel.path), target, sha256=wheel.sha256, is_forced=True)

    def _with_source(self, outcome: Outcome, wheel: Wheel, asking: Asking) -> Outcome:
        """Copy the source archive of a wheel too; that there is none is told, and no failure."""
        is_wheel = asking.wanted.request.is_wheel
        try:
            found = None if is_wheel else asking.archive(wheel)
        except (NoMatchingSource, NoSuchProject) as error:
            return replace(outcome, note=f"no source of it is collected: {error.message}")
        if found is None:
            kind = "it was asked for as a wheel" if is_wheel else "its source is no archive"
            return replace(outcome, note=f"no source of it is collected: {kind}")
        if found.subdirectory:
            why = f"it is in {found.subdirectory}, inside another archive"
            return replace(outcome, note=f"no source of it is collected: {why}")
        name = _filename(found, wheel)
        copy(str(found.path), f"{self.directory}/{name}", sha256=found.sha256, is_forced=True)
        return replace(outcome, sdist=Sdist(filename=name, sha256=found.sha256))


def _filename(found: Archived, wheel: Wheel) -> str:
    """Return the file name by which installers find an archive: its own, if that tells of it."""
    from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
    from packaging.version import InvalidVersion, Version

    try:
        name, version = parse_sdist_filename(found.filename)
        if (name, version) == (canonicalize_name(wheel.name), Version(wheel.version)):
            return found.filename
    except (InvalidSdistFilename, InvalidVersion):
        pass
    return f"{wheel.name.replace('-', '_')}-{wheel.version}{_suffix(found)}"


def _suffix(found: Archived) -> str:
    with open(found.path, "rb") as file:
        start = file.read(8)
    kinds = (suffix for first, suffix in _KINDS.items() if start.startswith(first))
    own = (suffix for suffix in ARCHIVE_SUFFIXES if found.filename.lower().endswith(suffix))
    return next(kinds, None) or next(own, ".tar")


def is_ours(path: str) -> bool:
    """Say whether a file may be replaced by the list of a wheelhouse: it is one, or not there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n") == MARK
    except FileNotFoundError:
        return not os.path.lexists(path)
    except OSError:
        return False


def write_list(
    cache: WheelCache, wheelhouse: Wheelhouse, outcomes: Iterable[Outcome], pythons: Iterable[str]
) -> None:
    """Write what lies in a wheelhouse as a requirements file, by which it can be installed."""
    environments = {python: cache.interpreter(python).markers for python in pythons}
    write(f"{wheelhouse.directory}/{LIST}", pins(outcomes, environments).encode())
