"""Plans of warm-ups on disk: what is to be done, and a line for each thing that has been.

A plan's file is written whole and durably at first. Then lines are appended, with one write each: a
line that the end of the machine cut short is no line.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from wheelwell.store import atomic, inside
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once, to_append

_SUFFIX = ".jsonl"


class DiskPlans:
    """Plans under `plans/<name>.jsonl`. Threads and processes share it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def names(self) -> list[str]:
        found = []
        for name in inside.names(self._layout.plans):
            with contextlib.suppress(OSError):
                status = os.lstat(f"{self._layout.plans}/{name}")
                if name.endswith(_SUFFIX):
                    found.append((status.st_mtime_ns, name.removesuffix(_SUFFIX)))
        return [name for _, name in sorted(found, reverse=True)]

    def read(self, name: str) -> list[Any]:
        try:
            with open(self._path(name), encoding="utf-8", opener=at_once) as file:
                whole = [line for line in file if line.endswith("\n")]
            return [json.loads(line) for line in whole]
        except (OSError, ValueError, RecursionError):
            return []

    def begin(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        data = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        with contextlib.suppress(OSError):
            inside.make_directories(self._layout.plans, below=self._layout.root, durable=True)
            atomic.write(self._path(name), data, layout=self._layout, durable=True)

    def add(self, name: str, line: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            inside.check(self._layout.plans, below=self._layout.root)
            descriptor = to_append(self._path(name))
            try:
                os.write(descriptor, f"{json.dumps(line)}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _path(self, name: str) -> str:
        return f"{self._layout.plans}/{name}{_SUFFIX}"


class NoPlans:
    """Plans that nobody keeps, where the cache is only read."""

    def names(self) -> list[str]:
        return []

    def read(self, name: str) -> list[Any]:  # noqa: ARG002
        return []

    def begin(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Do nothing."""

    def add(self, name: str, line: Mapping[str, Any]) -> None:
        """Do nothing."""
