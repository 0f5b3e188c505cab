"""Slots: the stable directories in which builds run, so that compiler caches find what they know.

A slot is `slots/<project>/<n>`, leased while a build is in it. One that is free yet not empty was
left by a builder that died: it is cleared before anything else, with the processes in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell.store import lease
from wheelwell.store.layout import Layout
from wheelwell.store.lease import Lease

KEPT = "kept"
"""The name of the file that marks a slot which somebody asked to keep."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A leased slot. The directories in it exist, and are empty at first."""

    path: Path
    lease: Lease

    @property
    def source(self) -> Path:
        """The private copy of the source."""
        return self.path / "source"

    @property
    def home(self) -> Path:
        """The build's `HOME`."""
        return self.path / "home"

    @property
    def temporary(self) -> Path:
        """The build's `TMPDIR`."""
        return self.path / "tmp"

    @property
    def output(self) -> Path:
        """Where the backend puts the wheel, and the log is written."""
        return self.path / "out"

    def keep(self) -> None:
        """Leave everything here when the build is over."""
        (self.path / KEPT).touch()


@contextlib.contextmanager
def lease_slot(layout: Layout, project: str, *, clear: Callable[[Path], None]) -> Iterator[Slot]:
    """Lease the first free slot of a project.

    `clear` ends the processes that a dead builder left in a slot. Every free slot that was left
    so is cleared, not only the one that is taken: a build of the same key may still run there.
    """
    taken: Slot | None = None
    home = Path(layout.slots, project)
    number = 0
    while taken is None or (home / str(number)).exists():
        path = home / str(number)
        held = None if (path / KEPT).exists() else _try(layout, project, number)
        number += 1
        if held is None:
            continue
        _recover(path, clear)
        if taken is None:
            taken = Slot(path, held)
        else:
            held.__exit__(None, None, None)
    with taken.lease:
        for directory in (taken.source, taken.home, taken.temporary, taken.output):
            directory.mkdir(parents=True, mode=0o700)
        try:
            yield taken
        finally:
            if not (taken.path / KEPT).exists():
                _empty(taken.path)


def _try(layout: Layout, project: str, number: int) -> Lease | None:
    return lease.try_acquire(layout.lease(f"slot-{project}-{number}"))


def _recover(path: Path, clear: Callable[[Path], None]) -> None:
    if path.exists() and any(path.iterdir()):
        clear(path)
        _empty(path)


def _empty(path: Path) -> None:
    """Remove all that is in the slot, read-only directories of builds too."""
    for child in path.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child, onerror=_make_writable)
        else:
            child.unlink()


def _make_writable(remove: Callable[..., object], path: str, _: object) -> None:
    os.chmod(os.path.dirname(path), 0o700)
    if not os.path.islink(path):
        os.chmod(path, 0o700)
    if remove in {os.open, os.scandir, os.listdir}:
        shutil.rmtree(path, ignore_errors=True)
    else:
        remove(path)
