"""Slots: the stable directories in which builds run, so that compiler caches find what they know.

A slot is `slots/<project>/<n>`, leased while a build is in it. One that is free yet not empty was
left by a builder that died: it is cleared before anything else, with the processes in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelwell.store import inside, lease
from wheelwell.store.layout import Layout
from wheelwell.store.lease import Lease

KEPT = "kept"
"""The name of the file that marks a slot which somebody asked to keep."""

_ENDED = "The build that ran here has ended.\n"
"""What that file says when no process is left."""


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
        _mark_kept(self.path, "")


@contextlib.contextmanager
def lease_slot(layout: Layout, project: str, *, clear: Callable[[Path], None]) -> Iterator[Slot]:
    """Lease the first free slot of a project.

    `clear` ends the processes that a dead builder left in a slot. Every free slot that was left
    so is cleared, not only the one that is taken: a build of the same key may still run there.
    """
    inside.make_directories(f"{layout.slots}/{project}", below=layout.root)
    number = 0
    while (taken := _take(layout, project, number, clear)) is None:
        number += 1
    with taken.lease:
        number += 1
        while (other := Path(layout.slots, project, str(number))).exists():
            # An empty one is not even leased: another build may want it just now.
            if _is_used(other) and (left := _take(layout, project, number, clear)):
                left.lease.__exit__(None, None, None)
            number += 1
        try:
            inside.make_directories(str(taken.path), below=layout.root)
            for directory in (taken.source, taken.home, taken.temporary, taken.output):
                directory.mkdir(parents=True, mode=0o700)
            yield taken
        finally:
            if (taken.path / KEPT).exists():
                _mark_kept(taken.path, _ENDED)
            else:
                with contextlib.suppress(OSError):  # the next one to come tries again
                    _empty(taken.path)


def leftovers(layout: Layout) -> Iterator[str]:
    """Yield the slots that dead builders left, and that nobody asked to keep."""
    for slot in _all(layout):
        if not _is_own(slot):
            continue  # another user's, of a cache that is shared: that one's to clear
        if not _is_used(slot) or (slot / KEPT).exists():
            continue
        held = lease.try_acquire(layout.lease(f"slot-{slot.parent.name}-{slot.name}"))
        if held is not None:
            held.__exit__(None, None, None)
            yield str(slot)


def prune(layout: Layout) -> None:
    """Remove the slots in which nothing is, and that nobody has taken."""
    for slot in _all(layout):
        if _is_own(slot) and not _is_used(slot):
            held = lease.try_acquire(layout.lease(f"slot-{slot.parent.name}-{slot.name}"))
            if held is not None:
                with held, contextlib.suppress(OSError):
                    slot.rmdir()
    for project in inside.directories(layout.slots):
        with contextlib.suppress(OSError):  # who makes a slot just now makes it again
            os.rmdir(f"{layout.slots}/{project}")


def clear_leftover(layout: Layout, slot: str, *, clear: Callable[[Path], None]) -> bool:
    """Clear a slot that a dead builder left; False where somebody took it just now."""
    path = Path(slot)
    if (taken := _take(layout, path.parent.name, int(path.name), clear)) is None:
        return False
    taken.lease.__exit__(None, None, None)
    return True


def _take(layout: Layout, project: str, number: int, clear: Callable[[Path], None]) -> Slot | None:
    """Lease and clear one slot; None for one that is in use, kept, or cannot be cleared."""
    path = Path(layout.slots, project, str(number))
    if not _is_own(path):
        return None  # of a cache that users share: nobody builds in another's
    held = lease.try_acquire(layout.lease(f"slot-{project}-{number}"))
    if held is None:
        return None
    with contextlib.ExitStack() as unless_taken:
        unless_taken.enter_context(held)
        if (kept := path / KEPT).exists():
            if kept.read_text() != _ENDED:
                clear(path)
                _mark_kept(path, _ENDED)
            return None
        if _is_used(path):
            clear(path)
            try:
                _empty(path)
            except OSError:
                return None
        unless_taken.pop_all()
    return Slot(path, held)


def _mark_kept(slot: Path, said: str) -> None:
    """Write the mark anew: a link in its place would be written through."""
    (slot / KEPT).unlink(missing_ok=True)
    with (slot / KEPT).open("x") as file:
        file.write(said)


def _all(layout: Layout) -> Iterator[Path]:
    """Yield the slots of all projects."""
    for project in inside.directories(layout.slots):
        for number in filter(str.isdecimal, inside.directories(f"{layout.slots}/{project}")):
            yield Path(layout.slots, project, number)


def _is_own(path: Path) -> bool:
    """Say whether a slot is ours to build in, and no link to somewhere else."""
    try:
        status = path.lstat()
        return status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
    except FileNotFoundError:
        return True


def _is_used(path: Path) -> bool:
    return path.exists() and any(path.iterdir())


def _empty(path: Path) -> None:
    """Remove all that is in the slot, read-only directories of builds too."""
    for child in path.iterdir():
        if child.is_dir() and not child.is_symlink():
            _remove(child)
        else:
            child.unlink()


def _remove(directory: Path) -> None:
    try:
        shutil.rmtree(directory)
    except RecursionError:  # it calls itself for every directory in another; `rm` does not
        subprocess.run(["rm", "-rf", "--", str(directory)], check=False, capture_output=True)
    except OSError:
        _make_writable(directory)
        shutil.rmtree(directory)


def _make_writable(directory: Path) -> None:
    """Let us into all directories below: each is opened before `walk` looks into it."""
    directory.chmod(0o700)
    for path, names, _ in os.walk(directory):
        for name in names:
            if not os.path.islink(f"{path}/{name}"):
                os.chmod(f"{path}/{name}", 0o700)
