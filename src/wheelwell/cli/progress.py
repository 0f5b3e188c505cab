"""Progress: one line that is rewritten on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import Self, TextIO

from wheelwell.cli.cells import cut, width
from wheelwell.cli.screen import Screen, is_colored, is_terminal
from wheelwell.protocols import Reporter
from wheelwell.quantities import as_clock, as_size

_TURN = 0.1
"""After how many seconds the first sign changes."""

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
        self._is_live = is_terminal(self._stream) and not quiet and not verbose
        self._is_colored = is_colored(self._stream)
        self._screen = Screen(self._stream, self._drawn)
        self._what = ""
        self._since = 0.0
        self._amount = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the live line, whatever ended the request."""
        self._screen.stop()
        self._what = ""

    def began(self, step: str, subject: str) -> None:
        """Tell of a step."""
        self._since, self._amount = time.monotonic(), ""
        self._what = f"{_DOING[step]} {subject}"
        if self._is_live:
            self._screen.start()
        elif not self._quiet:
            self._screen.write(self._what)

    def advanced(self, done: int, total: int | None) -> None:
        """Tell how far a download is."""
        self._amount = f" {as_size(done)}" + (f" of {as_size(total)}" if total else "")

    def logged(self, text: str) -> None:
        """Show the build's log, if that is wanted."""
        if self._verbose:
            self._stream.write(text if text.endswith("\n") else f"{text}\n")
            self._stream.flush()

    def warned(self, message: str) -> None:
        """Tell of what is not as it should be, even when quiet."""
        self._screen.write(f"warning: {message}")

    def say(self, text: str) -> None:
        """Tell of an outcome, unless quiet."""
        if not self._quiet:
            self._screen.write(text)

    def _drawn(self, size: os.terminal_size) -> list[str]:
        now = time.monotonic()
        ending = f"{self._amount} {as_clock(now - self._since)}"
        what = cut(self._what, max(10, size.columns - width(ending) - 3))
        turning = _FRAMES[int(now / _TURN) % len(_FRAMES)]
        if self._is_colored:
            return [f"\x1b[36m{turning}\x1b[0m {what}\x1b[2m{ending}\x1b[0m"]
        return [f"{turning} {what}{ending}"]
