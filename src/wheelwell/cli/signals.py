"""Signals: Ctrl-C and SIGTERM as exceptions, one at a time, none of them lost."""

from __future__ import annotations

import signal
import sys
import weakref
from types import FrameType

from wheelwell.cli.exits import Interrupted, Terminated

_AGAIN = 0.01
"""After how many seconds an exception that got lost is raised again."""


class Signals:
    """Raises what a signal asks for, but not into the clearing up after an earlier one.

    That takes no longer than killing takes, and must not be cut short.
    """

    def __init__(self) -> None:
        self._number: int = signal.SIGTERM
        self._raised: weakref.ref[BaseException] | None = None

    def listen(self) -> None:
        """Let both signals end what goes on in this process's main thread."""
        signal.signal(signal.SIGTERM, self._end)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
            signal.signal(signal.SIGINT, self._end)
        sys.unraisablehook = self._keep

    def ignore(self) -> None:
        """Let no signal of those that are listened to disturb the end of the process."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) == self._end:
                signal.signal(number, signal.SIG_IGN)

    def _end(self, number: int, _: FrameType | None) -> None:
        if self._raised is not None and self._raised() is not None:
            return  # it is on its way
        self._number = number
        error = Interrupted() if number == signal.SIGINT else Terminated()
        self._raised = weakref.ref(error)
        try:
            raise error
        finally:
            del error  # its traceback holds this frame, and the frame would hold it

    def _keep(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Raise again what came while an object was destroyed, from where nothing can be raised."""
        if not isinstance(unraisable.exc_value, (Interrupted, Terminated)):
            sys.__unraisablehook__(unraisable)
            return
        signal.signal(signal.SIGALRM, self._end_again)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)

    def _end_again(self, _: int, frame: FrameType | None) -> None:
        if self._raised is None or self._raised() is None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._end(self._number, frame)
