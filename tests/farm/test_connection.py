"""Whoever cannot reach a scheduler is told so in seconds, and what to look at."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wheelwell.errors import ConfigurationError, FarmError
from wheelwell.farm import connection
from wheelwell.farm.connection import connect, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tls://farm.example:8786", "tls://farm.example:8786"),
        ("tcp://farm.example", "tcp://farm.example:8786"),
        ("tcp://[::1]:1/", "tcp://[::1]:1"),
    ],
)
def test_an_address_is_one_of_dasks(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


def test_the_file_of_a_scheduler_has_its_address(tmp_path: Path) -> None:
    file = tmp_path / "farm.json"
    file.write_text('{"type": "Scheduler", "address": "tls://10.0.0.1:8786"}')
    assert str(parse_address(str(file))) == "tls://10.0.0.1:8786"
    for text in ("{}", "[]", "not JSON", '{"address": "nowhere"}'):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match="address of a scheduler"):
            parse_address(str(file))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "farm.example:8786",
        "http://farm.example",
        "tcp://",
        "tcp://h:port",
        "tls://me@h",
        "tcp://[h",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a scheduler"):
        parse_address(text)


@contextmanager
def listening(answer: Callable[[socket.socket], Any]) -> Iterator[str]:
    """Listen on loopback, and let each who connects have that answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    other, _ = server.accept()
                except OSError:
                    return
                answer(other)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield "tcp://{}:{}".format(*server.getsockname())
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def refused(address: str) -> FarmError:
    with pytest.raises(FarmError) as caught:
        connect(parse_address(address), warn=pytest.fail)
    return caught.value


def test_that_nothing_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refused(f"tcp://127.0.0.1:{port}")
    assert "cannot be reached: Connection refused" in error.message
    assert "dask scheduler" in error.hint


def banner(other: socket.socket) -> None:
    """Say what no scheduler says."""
    with other:
        other.sendall(b"SSH-2.0-" * 9)


def test_that_the_other_side_does_not_encrypt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_context", lambda _: ssl.create_default_context())
    with listening(banner) as address:
        error = refused(address.replace("tcp", "tls"))
    assert "no encrypted connection" in error.message
    assert f"Else it is {address}" in error.hint


@pytest.mark.parametrize("answer", ["nothing", "the end", "something else"])
def test_that_something_else_listens_is_told(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.2)
    kept: list[socket.socket] = []
    answers: dict[str, Callable[[socket.socket], Any]] = {
        "nothing": kept.append,
        "the end": socket.socket.close,
        "something else": banner,
    }
    with listening(answers[answer]) as address:
        error = refused(address)
    assert "does not answer as a scheduler" in error.message
    assert "with TLS" in error.hint
    for each in kept:
        each.close()


def failing(error: Exception) -> Callable[..., socket.socket]:
    def create_connection(*_: object, **__: object) -> socket.socket:
        raise error

    return create_connection


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (socket.gaierror(-2, "Name or service not known"), "there is no host farm.example"),
        (TimeoutError("timed out"), "did not answer in 5 s"),
        (OSError(113, "No route to host"), "cannot be reached: No route to host"),
    ],
)
def test_why_nobody_is_reached_is_told(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", failing(error))
    assert message in refused("tcp://farm.example").message


class Peer:
    """A connection to somewhere."""

    def __init__(self, host: str) -> None:
        self._host = host

    def getpeername(self) -> tuple[str, int]:
        return self._host, 8786

    def recv(self, _: int) -> bytes:
        return b"."

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("peer", "is_warned"),
    [("127.0.0.1", False), ("::1", False), ("10.0.0.7", True), ("fe80::1%eth0", True)],
)
def test_what_goes_in_the_clear_through_a_network_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, peer: str, is_warned: bool
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: Peer(peer))
    told: list[str] = []
    connection._reach(parse_address("tcp://farm.example"), None, warn=told.append)
    assert len(told) == is_warned


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError) as caught:
        connect(parse_address("tcp://127.0.0.1"), warn=pytest.fail)
    assert caught.value.hint == "pip install 'wheelwell[farm]'"
