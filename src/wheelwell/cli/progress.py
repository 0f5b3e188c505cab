"""Progress: one line that is rewritten on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Self, TextIO

from wheelwell.protocols import Reporter
from wheelwell.quantities import as_size

_TICK = 0.1
_DOING = {
    "resolving": "looking up",
    "downloading": "downloading",
    "identifying": "reading",
    "preparing": "preparing the environment:",
    "building": "building",
    "checking": "checking",
    "waiting": "waiting for",
}
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress(Reporter):
    """Says on standard error what happens.

    On a terminal that is one line, with how long the step has taken, gone when the step is over;
    elsewhere a plain line a step. `quiet` leaves all of it out but warnings; `verbose` shows the
    build's log, and a plain line a step.
    """

    def __init__(
        self, *, quiet: bool = False, verbose: bool = False, stream: TextIO | None = None
    ) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._verbose = verbose
        self._is_live = (
            self._stream.isatty()
            and not quiet
            and not verbose
            and os.environ.get("TERM", "") not in {"", "dumb"}
        )
        self._is_colored = self._is_live and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()
        self._what = ""
        self._since = 0.0
        self._amount = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the live line, whatever ended the request."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None
            self._stop.clear()
        self._what = ""

    def began(self, step: str, subject: str) -> None:
        """Tell of a step."""
        with self._lock:
            self._what, self._since, self._amount = (
                f"{_DOING[step]} {subject}",
                time.monotonic(),
                "",
            )
        if self._is_live:
            self._start()
        elif not self._quiet:
            print(self._what, file=self._stream, flush=True)

    def advanced(self, done: int, total: int | None) -> None:
        """Tell how far a download is."""
        with self._lock:
            self._amount = f" {as_size(done)}" + (f" of {as_size(total)}" if total else "")

    def logged(self, text: str) -> None:
        """Show the build's log, if that is wanted."""
        if self._verbose:
            self._stream.write(text if text.endswith("\n") else f"{text}\n")
            self._stream.flush()

    def warned(self, message: str) -> None:
        """Tell of what is not as it should be, even when quiet."""
        self._line(f"warning: {message}")

    def say(self, text: str) -> None:
        """Tell of an outcome, unless quiet."""
        if not self._quiet:
            self._line(text)

    def _line(self, text: str) -> None:
        with self._lock:
            clear = "\r\x1b[K" if self._thread is not None else ""
            self._stream.write(f"{clear}{text}\n")
            self._stream.flush()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._animate, daemon=True)
            self._thread.start()

    def _animate(self) -> None:
        frame = 0
        while not self._stop.wait(_TICK):
            with self._lock:
                self._stream.write(f"\r{self._shown(frame)}\x1b[K")
                self._stream.flush()
            frame += 1
        with self._lock:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _shown(self, frame: int) -> str:
        """Return the line, no wider than the terminal: a wrapped one could not be rewritten."""
        try:
            width = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            width = 0
        ending = f"{self._amount} {_duration(time.monotonic() - self._since)}"
        room = max(10, (width or 80) - len(ending) - 3)
        what = self._what if len(self._what) <= room else f"{self._what[: room - 1]}…"
        turning = _FRAMES[frame % len(_FRAMES)]
        if self._is_colored:
            return f"\x1b[36m{turning}\x1b[0m {what}\x1b[2m{ending}\x1b[0m"
        return f"{turning} {what}{ending}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
