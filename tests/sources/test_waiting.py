"""A server is waited for as long as it makes progress, and only while somebody wants its answer."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from support.index import IndexServer
from wheelwell.errors import Cancelled, FetchError
from wheelwell.indexes import Connection
from wheelwell.options import Options
from wheelwell.sources import waiting
from wheelwell.sources.fetch import Web
from wheelwell.sources.session import LONGEST_PAUSE, Backoff
from wheelwell.sources.waiting import ENOUGH, SPAN, Pace, TooSlow

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"


def web(timeout: float = 30) -> Web:
    return Web(Connection(timeout=timeout), agent="wheelwell/test")


@contextlib.contextmanager
def serving(send: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Run a server whose every connection is answered by `send`; the event is set at the end."""
    ended = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(1 << 16)
                send(connection, ended)

        def accept() -> None:
            while not ended.is_set():
                connection, _ = server.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a-1.tar.gz"
        ended.set()
        socket.create_connection(server.getsockname()).close()
        acceptor.join()
        for thread in threads:
            thread.join()


def after(start: bytes, each: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Return what sends a start, and then something again and again, slowly."""

    def send(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.wait(0.02):
            connection.sendall(each)

    return send


# The rule.


def test_silence_that_is_too_long_ends_the_waiting() -> None:
    pace = Pace(10)
    pace.told(9, 0)
    pace.told(0.5, 1)  # not silent any longer
    pace.told(9, 0)
    with pytest.raises(TimeoutError):
        pace.told(1, 0)


def test_trickle_ends_the_waiting_however_regular_it_is() -> None:
    pace = Pace(10)
    for _ in range(7):
        pace.told(5, 1)
    with pytest.raises(TooSlow):
        pace.told(5, 1)


def test_slow_server_may_go_on_while_it_makes_progress() -> None:
    pace = Pace(10)
    for _ in range(1000):
        pace.told(9.9, -(-ENOUGH // SPAN))


# Real servers.


@pytest.mark.parametrize(
    "send",
    [after(b"", b"H"), after(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), after(HEAD + b"\r\n", b"x")],
    ids=["start", "head", "body"],
)
def test_server_that_trickles_is_told(
    send: Callable[[socket.socket, threading.Event], None], tmp_path: Path
) -> None:
    with (
        serving(send) as url,
        pytest.raises(FetchError, match=r"fewer than 1024 bytes came in 0\.8 s|no answer"),
    ):
        web(timeout=0.2).download(url, tmp_path, hashes=())


@pytest.mark.parametrize(
    "send",
    [after(b"", b""), after(HEAD, b""), after(HEAD + b"\r\nabc", b""), after(HEAD, b"X: y\r\n")],
    ids=["start", "head", "body", "trickle"],
)
@pytest.mark.parametrize("what", ["page", "file"])
def test_caller_who_goes_while_a_server_is_waited_for_is_let_go(
    send: Callable[[socket.socket, threading.Event], None], what: str, tmp_path: Path
) -> None:
    asked = itertools.count()

    class Leaving(threading.Event):
        def is_set(self) -> bool:
            return next(asked) > 2  # when the answer is being waited for

    caller = Options(cancel=Leaving())

    def ask(url: str) -> object:
        if what == "page":
            return web().page(url, accept="*/*", caller=caller)
        return web().download(url, tmp_path, hashes=(), caller=caller)

    with serving(send) as url, pytest.raises(Cancelled):
        ask(url)


def test_caller_who_goes_between_two_tries_is_let_go(index: IndexServer) -> None:
    gone = threading.Event()
    index.answer("/simple/a/", status=503, headers={"Retry-After": "50"})

    class Leaving(threading.Event):
        def is_set(self) -> bool:
            return bool(index.requests) or gone.is_set()

    with pytest.raises(Cancelled):
        web().page(f"{index.url}a/", accept="*/*", caller=Options(cancel=Leaving()))
    assert len(index.requests) == 1


def test_pause_lasts_as_long_as_it_is_told() -> None:
    clock = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock[0])
        patch.setattr(time, "sleep", lambda s: clock.__setitem__(0, clock[0] + s))
        waiting.pause(3)
    assert clock[0] == pytest.approx(3)


def test_server_that_trickles_is_not_tried_again() -> None:
    slow, silent = (
        urllib3.exceptions.ReadTimeoutError(urllib3.HTTPConnectionPool("host"), "/", "x")
        for _ in range(2)
    )
    slow.__cause__, silent.__cause__ = TooSlow(), TimeoutError()
    assert Backoff(total=4).increment("GET", "/", error=silent).total == 3
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        Backoff(total=4).increment("GET", "/", error=slow)


# When a server says when to ask again.


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited, in seconds, though it was not."""
    told: list[float] = []
    monkeypatch.setattr(waiting, "pause", told.append)
    return told


@pytest.mark.parametrize("status", [429, 503])
def test_server_that_says_when_to_ask_again_is_asked_then(
    index: IndexServer, pauses: list[float], status: int
) -> None:
    index.answer("/simple/a/", status=status, headers={"Retry-After": "7"}, times=2)
    assert web().page(f"{index.url}a/", accept="text/html") is None
    assert pauses == [7, 7]


def test_server_that_wants_too_long_a_pause_is_not_asked_again(
    index: IndexServer, pauses: list[float]
) -> None:
    told = str(int(LONGEST_PAUSE) + 1)
    index.answer("/simple/a/", status=429, headers={"Retry-After": told})
    with pytest.raises(FetchError, match="429") as raised:
        web().page(f"{index.url}a/", accept="text/html")
    assert told in raised.value.hint
    assert pauses == []
    assert len(index.requests) == 1


def test_server_that_fails_is_asked_again_after_growing_pauses(
    index: IndexServer, pauses: list[float]
) -> None:
    index.answer("/simple/a/", status=500)
    with pytest.raises(FetchError, match="500"):
        web().page(f"{index.url}a/", accept="text/html")
    assert pauses == sorted(pauses)
    assert 0 < sum(pauses) < 10
    assert len(index.requests) == 5
