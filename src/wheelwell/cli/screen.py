"""A screen: the last lines of a terminal, redrawn while something goes on, and then gone.

above: lines that stay (`write`)      [1/7] built     a 1.0 for 3.12
                                      warning: …
the view, as `draw` says; the         building  b 1.0 for 3.12    12 s
cursor is where its last line begins  [1/7] 1 running, 5 queued
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from wheelwell.cli.cells import rows

if TYPE_CHECKING:
    from signal import _HANDLER

_TICK = 0.1
"""After how many seconds the view is drawn again."""

_STOPPED = 3 * _TICK
"""After how many seconds a tick took so long that the process may have been stopped (Ctrl-Z)."""

_USUAL = (80, 24)
"""The size of a terminal that does not tell it."""

_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def is_terminal(stream: TextIO) -> bool:
    """Say whether a stream is a terminal on which lines can be taken back."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


def is_colored(stream: TextIO) -> bool:
    """Say whether a stream is a terminal, and colours are wanted (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


class Screen:
    """Draws the view at the end of a terminal. Threads share it.

    `draw` returns the lines of the view, which must fit the size that it is given, with a column to
    spare. One thread draws and writes all there is: an interrupt, which comes to the main thread,
    cannot part what was written from what is known of it.
    """

    def __init__(self, stream: TextIO, draw: Callable[[os.terminal_size], Sequence[str]]) -> None:
        self._stream = stream
        self._draw = draw
        self._lock = threading.Lock()
        self._said: list[tuple[str, TextIO]] = []
        """Lines that stay, and are still to be written, each with where."""
        self._wake = threading.Event()
        self._is_over = False
        self._thread: threading.Thread | None = None
        self._before: _HANDLER = None
        self._shown: Sequence[str] = ()
        """The lines of the view that are on the terminal, without their colours."""

    def start(self) -> None:
        """Begin to draw; nothing is seen before the first tick is over."""
        if self._thread is not None:
            return
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGCONT, self._forget)
        self._is_over = False
        self._wake.clear()
        self._thread = threading.Thread(target=self._animate, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the view away, whatever ended what it showed."""
        if self._thread is None:
            return
        self._is_over = True
        self._wake.set()
        self._thread.join()
        with self._lock:
            self._thread = None
        self._write_said()
        if self._before is not None:
            signal.signal(signal.SIGCONT, self._before)
            self._before = None

    def write(self, text: str, stream: TextIO | None = None) -> None:
        """Write a line that stays, or several, above the view where there is one.

        `stream` may be another one, which may lead to the same terminal.
        """
        with self._lock:
            self._said.append((text, stream or self._stream))
            is_drawing = self._thread is not None
        if is_drawing:
            self._wake.set()
        else:
            self._write_said()

    def _animate(self) -> None:
        while True:
            before = time.monotonic()
            is_said = self._wake.wait(_TICK)
            if time.monotonic() - before > _STOPPED:  # let the main thread hear of it first
                time.sleep(_TICK)
            if is_said:
                self._wake.clear()
                self._put(self._taken_away())
                with contextlib.suppress(OSError):
                    self._write_said()
            if self._is_over:
                break
            self._put(self._frame())
        self._put(self._taken_away())

    def _write_said(self) -> None:
        with self._lock:
            said, self._said = self._said, []
        for text, stream in said:
            stream.write(f"{text}\n")
            stream.flush()

    def _frame(self) -> str:
        """Return what puts the view as it is now in the place of the one that was drawn."""
        lines = self._draw(self._size())
        if not lines:
            return self._taken_away()
        above = self._rows_above()
        self._shown = [_COLOUR.sub("", line) for line in lines]
        joined = "\x1b[K\n".join(lines)
        up = f"\x1b[{above}A" if above else ""
        return f"\r{up}{joined}\x1b[J\r"

    def _taken_away(self) -> str:
        """Return what leaves the cursor where the view began, and nothing of the view.

        Row by row: tmux keeps what is erased from the top of the screen on.
        """
        if not self._shown:
            return ""
        above, self._shown = self._rows_above(), ()
        return "\r\x1b[J" + "\x1b[A\x1b[K" * above

    def _rows_above(self) -> int:
        """Return how many rows of the view are above the cursor.

        A terminal that has become narrower has wrapped the lines, as nearly all do.
        """
        columns = self._size().columns
        return sum(rows(line, columns) for line in self._shown[:-1])

    def _size(self) -> os.terminal_size:
        try:
            columns, lines = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            columns, lines = 0, 0
        return os.terminal_size((columns or _USUAL[0], lines or _USUAL[1]))

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone, and what goes on may go on
            self._stream.write(text)
            self._stream.flush()

    def _forget(self, _: int, __: FrameType | None) -> None:
        """Leave the view where it is: whoever had the terminal meanwhile wrote below it."""
        self._shown = ()
