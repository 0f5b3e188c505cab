"""Waiting for a server: never for a caller who has gone, and not for ever.

A thread that waits in the system's `recv` cannot be told that its answer is no longer wanted. So
what is read from a connection is waited for in short turns, and the caller is asked between them.
"""

from __future__ import annotations

import contextlib
import contextvars
import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelwell.errors import Cancelled

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TURN = 0.1
"""How long, in seconds, one turn of waiting lasts."""

ENOUGH = 1024
"""How many bytes must come in `SPAN` silences that are just allowed."""

SPAN = 4

_is_cancelled: contextvars.ContextVar[Callable[[], bool]] = contextvars.ContextVar(
    "is_cancelled", default=lambda: False
)


class TooSlow(TimeoutError):
    """A server sends, but so little that it will never come to an end."""


@contextlib.contextmanager
def for_caller(is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let all waiting of this thread, in the block, end with `Cancelled` when the caller goes."""
    token = _is_cancelled.set(is_cancelled)
    try:
        yield
    finally:
        _is_cancelled.reset(token)


def check() -> None:
    """Raise `Cancelled` if the caller has gone."""
    if _is_cancelled.get()():
        raise Cancelled("cancelled while a server was waited for")


def pause(seconds: float) -> None:
    """Wait that long, or until the caller goes. Raises `Cancelled`."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check()
        time.sleep(min(left, TURN))
    check()


@dataclass(slots=True)
class Pace:
    """Judges how fast an answer comes, by the time that was spent in waiting for it alone."""

    limit: float
    """How long, in seconds, a server may be silent."""

    _silent: float = 0.0
    _spent: float = 0.0
    _got: int = 0

    def told(self, seconds: float, count: int) -> None:
        """Note that `count` bytes came after so many seconds. Raises `TimeoutError`."""
        self._silent = 0.0 if count else self._silent + seconds
        self._spent += seconds
        self._got += count
        if self._silent >= self.limit:
            raise TimeoutError("silent for too long")
        if self._got >= ENOUGH:
            self._spent, self._got = 0.0, 0
        elif self._spent >= SPAN * self.limit:
            raise TooSlow(f"{self._got} bytes in {self._spent:.0f} s")


class PatientResponse(http.client.HTTPResponse):
    """An answer whose every byte is waited for in turns."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Turns(sock, self.fp))  # nothing was read from it yet


class _Turns(io.RawIOBase):
    """Reads from a socket in turns."""

    def __init__(self, sock: socket.socket, file: io.BufferedIOBase) -> None:
        super().__init__()
        self._socket = sock
        self._file = file  # the socket is not closed before this is
        limit = sock.gettimeout()
        self._pace = Pace(float("inf") if limit is None else limit)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._socket.settimeout(min(TURN, self._pace.limit))
        while True:
            check()
            started = time.monotonic()
            try:
                count = self._socket.recv_into(buffer)
            except TimeoutError:
                self._pace.told(time.monotonic() - started, 0)
            else:
                self._pace.told(time.monotonic() - started, count)
                return count

    def close(self) -> None:
        self._file.close()
        super().close()
