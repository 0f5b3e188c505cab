"""A server that says, byte by byte, what a test wants: what no HTTP server would say."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

Answer = Callable[[threading.Event], Iterable[bytes]]
"""Gives the parts of an answer, one after another; the event is set when the server stops."""


class RawServer:
    """Gives every connection the same answer, and closes it."""

    def __init__(self, answer: Answer) -> None:
        self.asked = 0
        self._answer = answer
        self._over = threading.Event()
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner.asked += 1
                while self.rfile.readline() not in {b"\r\n", b""}:
                    pass
                try:
                    for part in owner._answer(owner._over):
                        self.wfile.write(part)
                except OSError:
                    return  # the client hung up

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"
