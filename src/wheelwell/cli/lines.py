"""Plain lines for a log, and a sign of life where none came for long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import TextIO

_BEAT = 5.0
"""After how many seconds it is asked again what there is to say."""


class Lines:
    """Writes lines to a log, as a `Screen` does to a terminal. Threads share it.

    `pulse` is told for how many seconds nothing was written, and returns what there is to say then.
    It is called by a thread of its own, every few seconds.
    """

    def __init__(self, stream: TextIO, pulse: Callable[[float], Iterable[str]]) -> None:
        self._stream = stream
        self._pulse = pulse
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        """Begin to give signs of life."""
        self._thread.start()

    def stop(self) -> None:
        """Give none any longer."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def write(self, text: str, stream: TextIO | None = None) -> None:
        """Write a line, or several, where nothing else is written meanwhile."""
        stream = stream or self._stream
        with self._lock:
            self._last = time.monotonic()
            stream.write(f"{text}\n")
            stream.flush()

    def _beat(self) -> None:
        while not self._is_over.wait(_BEAT):
            for line in self._pulse(time.monotonic() - self._last):
                with contextlib.suppress(OSError):  # nobody reads it; the wheels are wanted still
                    self.write(line)
