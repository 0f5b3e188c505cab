"""Who of a farm's workers gets something to do: those that were looked at, and can build for us."""

from __future__ import annotations

import asyncio
import importlib.metadata
from concurrent.futures import CancelledError
from typing import Any

import pytest

from wheelwell.farm import workers as workers_module
from wheelwell.farm.look import Look
from wheelwell.farm.workers import Workers
from wheelwell.schedule import Room

HERE = importlib.metadata.version("wheelwell")


class Client:
    """Dask's client, as far as workers are concerned: what they answer is what the test says."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, str | Exception] = {}
        self.looks: dict[str, Look | BaseException] = {}
        self.looked: list[str] = []
        self.loop = self
        self.scheduler = self

    identity = None

    def sync(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"workers": self.there}

    def add_callback(self, look_at: Any, *about: Any) -> None:
        asyncio.run(look_at(*about))

    async def run(self, *_: Any, workers: list[str], **__: Any) -> dict[str, str | Exception]:
        return {address: self.versions.get(address, HERE) for address in workers}

    def submit(self, *_: Any, workers: list[str], **__: Any) -> str:
        self.looked += workers
        return workers[0]

    async def gather(self, address: str, **_: Any) -> Look:
        seen = self.looks.get(address, Look(host="h", cores=8))
        if isinstance(seen, BaseException):
            raise seen
        return seen

    def come(self, address: str, **told: Any) -> None:
        self.there[address] = {"name": address[-1], "nthreads": 2, **told}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def workers(client: Client, monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr(workers_module, "_OFTEN", 0.0)
    return Workers(client, {}, b"", "")


def test_those_that_can_build_have_room_and_those_that_leave_take_it_along(
    client: Client, workers: Workers
) -> None:
    workers.look_around()
    assert (workers.room, workers.memory) == (Room(slots=0, cores=0), 0)
    client.come("tcp://a", resources={"memory": 30e9})
    client.come("tcp://b", resources={"memory": 10e9})
    workers.look_around()
    assert (workers.room, workers.memory) == (Room(slots=4, cores=16), 30e9)
    del client.there["tcp://a"]
    workers.look_around()
    assert (workers.room, [*workers.fit]) == (Room(slots=2, cores=8), ["tcp://b"])
    assert sorted(client.looked) == ["tcp://a", "tcp://b"]  # once each


def test_one_without_our_version_is_not_even_looked_at(client: Client, workers: Workers) -> None:
    client.versions = {
        "tcp://a": importlib.metadata.PackageNotFoundError("wheelwell"),
        "tcp://b": "0.0.1",
    }
    client.come("tcp://a")
    client.come("tcp://b")
    workers.look_around()
    assert not client.looked  # it would be the end of one that cannot read the question
    assert workers.room.slots == 0
    first, second = sorted(workers.unfit)
    assert "the worker a (tcp://a) has no wheelwell: install wheelwell[farm]" in first
    assert "the worker b (tcp://b) has wheelwell 0.0.1, where " in second


@pytest.mark.parametrize("lost", [CancelledError(), OSError(), asyncio.CancelledError()])
def test_a_look_that_was_lost_is_taken_again(
    client: Client, workers: Workers, lost: BaseException
) -> None:
    client.looks["tcp://a"] = lost
    client.come("tcp://a")
    workers.look_around()
    settled = [workers.is_settled]
    del client.looks["tcp://a"]
    workers.look_around()
    assert [*settled, workers.is_settled] == [False, True]
    assert workers.room.slots == 2


def test_one_that_fails_when_it_is_looked_at_is_named(client: Client, workers: Workers) -> None:
    client.looks["tcp://a"] = AttributeError("no such thing")
    client.come("tcp://a")
    workers.look_around()
    assert "cannot tell of itself (AttributeError: no such thing)" in workers.unfit[0]
