"""Responses on disk: what servers answered, a file each, whole or not there."""

from __future__ import annotations

import contextlib
import os

from wheelwell.store import atomic, inside
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once


class DiskResponses:
    """Responses under `http-v1/<name>`. Threads and processes share it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def find(self, name: str) -> bytes | None:
        """Return what is kept, or None. Raises `OSError` where it cannot be read."""
        try:
            with open(self._path(name), "rb", opener=at_once) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def keep(self, name: str, data: bytes) -> None:
        """Keep `data`, or quietly do not: it is asked for again then."""
        with contextlib.suppress(OSError):
            inside.make_directories(self._layout.responses, below=self._layout.root)
            atomic.write(self._path(name), data, layout=self._layout, durable=False)

    def drop(self, name: str) -> None:
        """Remove what is kept, if that can be done."""
        with contextlib.suppress(OSError):
            inside.check(self._layout.responses, below=self._layout.root)
            os.unlink(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._layout.responses}/{name}"
