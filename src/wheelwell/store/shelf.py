"""The shelf: source archives on disk, by their content."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from wheelwell.digest import Sha256
from wheelwell.store import atomic, inside, modes
from wheelwell.store.layout import Layout
from wheelwell.store.staging import staged


class DiskShelf:
    """Archives under `sources-v1/<sha256>/<file>`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._reserved: dict[Path, contextlib.ExitStack] = {}

    def locate(self, sha256: Sha256) -> Path | None:
        """Return the archive with that content, or None. Its content is for the reader to check."""
        directory = f"{self._layout.sources}/{sha256}"
        try:
            return Path(directory, min(inside.names(directory)))
        except (OSError, ValueError):
            return None

    def find(self, sha256: Sha256) -> Path | None:
        """Return the same, and mark it as used."""
        path = self.locate(sha256)
        try:
            if path is not None:
                inside.check(str(path.parent), below=self._layout.root)
                os.utime(path, follow_symlinks=False)
        except FileNotFoundError:
            return None  # a collector took it away just now
        except OSError:
            return path  # who cannot write here is not who collects here
        return path

    def reserve(self) -> Path:
        """Return a new empty directory in the staging area."""
        with contextlib.ExitStack() as unless_reserved:
            path = Path(unless_reserved.enter_context(staged(self._layout)), "source")
            modes.make_directory(str(path))
            self._reserved[path] = unless_reserved.pop_all()
        return path

    def put(self, staged: Path, sha256: Sha256) -> Path:
        """Keep `staged`; where the shelf has that content already, the new copy takes its place.

        One content is one file, by the name that it had first: mirrors may call it otherwise, and
        somebody may be reading it.
        """
        target = f"{self._layout.sources}/{sha256}"
        modes.share(str(staged))
        atomic.sync_file(str(staged))
        there = self.locate(sha256)
        name = there.name if there else staged.name
        if there is not None and not there.is_file():  # nothing that anybody reads is taken away
            os.rename(there, f"{staged.parent}/aside")
        atomic.move(str(staged), f"{target}/{name}", below=self._layout.root)
        with contextlib.suppress(FileNotFoundError):  # a collector took it away just now
            inside.sync(target)
        self.discard(staged.parent)
        return Path(target, name)

    def discard(self, reserved: Path) -> None:
        """Remove a reserved directory with what is in it."""
        if reservation := self._reserved.pop(reserved, None):
            reservation.close()
