"""Pace: a server that sends, but so slowly that it will never be done, has not answered.

A time-out says how long a server may be silent. One that sends a byte now and then is never
silent: here it is ended as well, be it in the head of its answer or in the body.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

import requests
import urllib3

SLOWEST = 100
"""How many bytes a second a server must send, on average over a window."""

_WINDOWS = 2
"""How many times as long as a server may be silent a window is."""


class TooSlow(TimeoutError):
    """A server sends fewer bytes than could ever make an answer."""


class PacedAdapter(requests.adapters.HTTPAdapter):
    """An adapter whose connections raise `TooSlow`, which the client wraps as a time-out."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        found = super().proxy_manager_for(*arguments, **named)
        if type(found) is urllib3.ProxyManager:  # the one for SOCKS has connections of its own
            found.pool_classes_by_scheme = _POOLS
        return found


class _Paced(io.RawIOBase):
    """What a socket receives, as long as that is not too slow.

    Only the time counts in which we wait for the server, not what we do in between.
    """

    def __init__(self, raw: socket.SocketIO, window: float | None) -> None:
        self._raw = raw
        self._window = window
        self._waited = 0.0
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        started = time.monotonic()
        received = self._raw.readinto(buffer)
        self._waited += time.monotonic() - started
        self._received += received or 0
        if received and self._window is not None and self._waited > self._window:
            self._judge()
        return received

    def _judge(self) -> None:
        if self._received < SLOWEST * self._waited:
            raise TooSlow("the server sends too slowly")
        self._waited, self._received = 0.0, 0

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        silence = sock.gettimeout()
        self.fp.close()
        window = None if silence is None else silence * _WINDOWS
        self.fp = io.BufferedReader(_Paced(sock.makefile("rb", buffering=0), window))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Response  # type: ignore[mutable-override]


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = _Response  # type: ignore[mutable-override]


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection  # type: ignore[mutable-override]


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # type: ignore[mutable-override]


_POOLS = {"http": _Pool, "https": _SecurePool}
