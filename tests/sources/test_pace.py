"""A server that sends too slowly is ended; one that is only waited with is not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from socket import SocketIO
from typing import cast
from unittest import mock

import pytest

from wheelwell.sources import pace


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Socket(io.RawIOBase):
    """Receives so many bytes, each time after so many seconds."""

    def __init__(self, clock: Clock, *, seconds: float, size: int) -> None:
        self.clock, self.seconds, self.size = clock, seconds, size

    def readinto(self, buffer: object) -> int:
        self.clock.now += self.seconds
        return self.size


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock by which the pace is judged."""
    found = Clock()
    with mock.patch.object(pace, "time", found):
        yield found


def paced(clock: Clock, *, seconds: float, size: int) -> pace._Paced:
    socket = Socket(clock, seconds=seconds, size=size)
    return pace._Paced(cast("SocketIO", socket), 30)


def receive(received: pace._Paced, *, times: int) -> None:
    for _ in range(times):
        received.readinto(bytearray(1))


def test_server_that_trickles_is_ended_after_a_window(clock: Clock) -> None:
    received = paced(clock, seconds=1, size=pace.SLOWEST - 1)
    with pytest.raises(pace.TooSlow):
        receive(received, times=40)
    assert clock.now == 31


def test_server_that_is_just_fast_enough_goes_on(clock: Clock) -> None:
    received = paced(clock, seconds=1, size=pace.SLOWEST)
    receive(received, times=1000)


def test_server_that_was_fast_once_may_not_trickle_later(clock: Clock) -> None:
    received = paced(clock, seconds=1, size=1 << 20)
    receive(received, times=100)
    cast("Socket", received._raw).size = 1
    with pytest.raises(pace.TooSlow):
        receive(received, times=70)


def test_time_that_we_take_ourselves_does_not_count(clock: Clock) -> None:
    received = paced(clock, seconds=0, size=1)
    for _ in range(100):
        received.readinto(bytearray(1))
        clock.now += 100
