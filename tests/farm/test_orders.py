"""What a farm is given goes to workers that can do it, is sent again, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from wheelwell.farm import orders as orders_module
from wheelwell.farm.orders import Call, Order, Orders


class Sent:
    """Dask's future of something that was sent."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Client:
    """Dask's client, as far as orders use it; it does what it is sent when the test says so."""

    status = "running"

    def __init__(self) -> None:
        self.sent: list[tuple[Sent, dict[str, Any]]] = []
        self.processing: dict[str, list[str]] = {}
        self.follows: list[Coroutine[Any, Any, None]] = []
        self.answer: Callable[[], Any] = lambda: "done"
        self.loop = self
        self.scheduler = self

    def submit(self, *words: Any, **how: Any) -> Sent:
        self.sent.append((Sent(how["key"]), how))
        return self.sent[-1][0]

    def add_callback(self, follow: Any, order: Order, sent: Sent) -> None:
        self.follows.append(follow(order, sent))

    async def gather(self, sent: Sent, *, asynchronous: bool) -> Any:
        return self.answer()

    def sync(self, method: Any, **_: Any) -> Any:
        return self.processing

    def end(self, number: int) -> None:
        with pytest.raises(StopIteration):
            self.follows[number].send(None)


@pytest.fixture
def client() -> Client:
    return Client()


def order(client: Client, **call: Any) -> tuple[Orders, Order]:
    orders = Orders(client)
    return orders, Order(Call(words=(print,), name="numpy", **call), orders)


def test_the_longest_path_is_dasks_priority_and_memory_its_resource(client: Client) -> None:
    orders, made = order(client, priority=7.5, memory=900)
    orders.send(made, to=["a", "b"], memory=4000)
    [(_, how)] = client.sent
    assert how["priority"] == 7.5
    assert how["resources"] == {"memory": 900}
    assert how["workers"] == ["a", "b"]
    assert how["pure"] is False
    assert "numpy" in how["key"]
    client.end(0)
    assert made.result() == "done"
    assert not [*orders]


@pytest.mark.parametrize(
    ("memory", "most", "resources"),
    [(900, 0, None), (0, 4000, None), (9000, 4000, {"memory": 4000})],
    ids=["nobody declares any", "nobody knows", "more than anybody has"],
)
def test_no_more_memory_is_asked_for_than_a_worker_has(
    client: Client, memory: int, most: int, resources: dict[str, int] | None
) -> None:
    orders, made = order(client, memory=memory)
    orders.send(made, to=["a"], memory=most)
    assert client.sent[0][1]["resources"] == resources
    client.end(0)


def test_what_is_sent_again_has_the_outcome_of_the_second_time(client: Client) -> None:
    orders, made = order(client)
    orders.send(made, to=[], memory=0)
    assert not client.sent  # nobody is there
    for _ in range(2):
        orders.send(made, to=["a"], memory=0)
    (first, how), (_, again) = client.sent
    assert first.is_cancelled
    assert how["key"] != again["key"]
    client.answer = lambda: "first"
    client.end(0)
    assert not made.done()
    client.answer = lambda: "second"
    client.end(1)
    assert made.result() == "second"


def test_what_fails_says_so(client: Client) -> None:
    orders, made = order(client)
    orders.send(made, to=["a"], memory=0)

    def fail() -> None:
        raise ZeroDivisionError

    client.answer = fail
    client.end(0)
    assert isinstance(made.exception(), ZeroDivisionError)


def test_what_nobody_has_begun_is_taken_back_at_once(client: Client) -> None:
    orders, made = order(client)
    orders.send(made, to=["a"], memory=0)
    assert made.cancel()
    assert made.cancel()
    assert made.cancelled()
    assert client.sent[0][0].is_cancelled
    client.end(0)


def test_what_a_worker_has_begun_gets_a_while_to_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, made = order(client)
    orders.send(made, to=["a"], memory=0)
    client.processing = {"a": [client.sent[0][0].key]}
    assert not made.cancel()
    monkeypatch.setattr(orders_module, "_ENDING", 0.0)
    assert made.cancel()
    client.end(0)
