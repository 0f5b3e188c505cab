"""Remembered facts on disk: small JSON files that may be lost, but never mislead."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from wheelwell.store import atomic, inside
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once


class DiskMemory:
    """Facts by bucket and name. Threads share it: a value that was read is never changed."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._read: dict[str, tuple[tuple[int, int], Any]] = {}

    def recall(self, bucket: str, name: str) -> Any:
        """Return the JSON value that was remembered, or None where there is none to be read."""
        path = self._layout.fact(bucket, name)
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_ino)
            known = self._read.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            with open(path, encoding="utf-8", opener=at_once) as file:
                value = json.load(file)
        except (OSError, ValueError, RecursionError):
            return None
        self._read[path] = (stamp, value)
        return value

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        """Keep `value`, or quietly do not: what is forgotten is found out again."""
        path = self._layout.fact(bucket, name)
        data = json.dumps(value, sort_keys=True).encode()  # ASCII: a path may hold any bytes
        with contextlib.suppress(OSError):
            inside.make_directories(os.path.dirname(path), below=self._layout.root)
            atomic.write(path, data, layout=self._layout, durable=False)
