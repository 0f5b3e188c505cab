"""Orders: what a farm was given, on its way to workers and back."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any

from wheelwell.errors import Lost
from wheelwell.farm.connection import Client, ask
from wheelwell.warm.errand import Errand

_ENDING = 15.0
"""How long, in seconds, what is taken back may take to end on its worker."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What a worker is to call, and how much it takes there."""

    words: tuple[Any, ...]
    """A function and its arguments."""

    name: str
    """What it is about, for Dask's own pages."""

    priority: float = 0.0
    memory: int = 0
    """In bytes; 0 where nobody knows."""

    errand: Errand | None = None


class Order(Future[Any]):
    """A call that a farm was given, and the future of what it comes to."""

    def __init__(self, call: Call, orders: Orders) -> None:
        super().__init__()
        self.call = call
        self.sent: Any = None
        """Dask's future; None while there is nobody to send it to."""

        self.to: frozenset[str] = frozenset()
        """Who may do it, by address."""

        self._orders = orders
        self._taken_back = 0.0

    def cancel(self) -> bool:
        """Take it back; what a worker has already ends there by itself, and gets a while for it."""
        if self.done():
            return self.cancelled()
        now = time.monotonic()
        self._taken_back = self._taken_back or now
        if now - self._taken_back < _ENDING and self._orders.is_being_done(self):
            return False
        self._orders.take_back(self)
        return super().cancel() and not self.set_running_or_notify_cancel()


class Orders:
    """Those that are not done yet. Threads share it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._open: dict[str, Order] = {}

    def __iter__(self) -> Iterator[Order]:
        with self._lock:
            return iter([*self._open.values()])

    def errand_of(self, key: str) -> Errand | None:
        """Return the errand that goes by Dask's key."""
        with self._lock:
            order = self._open.get(key)
        return order.call.errand if order else None

    def send(self, order: Order, *, to: Collection[str], memory: int) -> None:
        """Send an order to some of these workers; with nobody there, it waits to be sent again.

        `memory` is the most that one of them says to have: nothing asks for more.
        """
        self.take_back(order)
        order.to = frozenset(to)
        key = f"wheelwell-{order.call.name}-{uuid.uuid4().hex}"
        with self._lock:
            self._open[key] = order
        if to:
            needed = min(order.call.memory, memory)
            sent = order.sent = self._client.submit(
                *order.call.words,
                key=key,
                workers=[*to],
                priority=order.call.priority,
                resources={"memory": needed} if needed else None,
                pure=False,
            )
            self._client.loop.add_callback(self._follow, order, sent)

    def is_being_done(self, order: Order) -> bool:
        """Say whether a worker has it."""
        sent = order.sent  # which is over at any moment
        if sent is None or self._client.status != "running":
            return False
        try:
            processing = ask(self._client, "processing", workers=None)
        except OSError:
            return False  # nobody can tell, or would hear of it
        return any(sent.key in keys for keys in processing.values())

    def take_back(self, order: Order) -> None:
        """Wait for it no longer, and let Dask forget it."""
        with self._lock:
            sent, order.sent = order.sent, None
            self._forget(order)
        if sent is not None and self._client.status == "running":
            sent.cancel()

    def _forget(self, order: Order) -> None:
        for key in [key for key, each in self._open.items() if each is order]:
            del self._open[key]

    async def _follow(self, order: Order, sent: Any) -> None:
        """Wait for what a call comes to, on the client's own loop."""
        from distributed import KilledWorker

        try:
            came = await self._client.gather(sent, asynchronous=True)
        except KilledWorker as error:
            self._settle(
                order,
                sent,
                error=Lost(
                    f"{order.call.name} was lost with {error.allowed_failures + 1} workers, one "
                    "after the other",
                    hint="it may be what ends them, for want of memory: see the workers' logs",
                ),
            )
        except BaseException as error:  # noqa: BLE001  (whoever waits is told, whatever it is)
            self._settle(order, sent, error=error)
        else:
            self._settle(order, sent, came=came)

    def _settle(
        self, order: Order, sent: Any, *, came: Any = None, error: BaseException | None = None
    ) -> None:
        """Tell who waits, unless it was sent anew, or taken back meanwhile."""
        with self._lock:
            if order.sent is not sent or order.done():
                return
            order.sent = None
            self._forget(order)
        with contextlib.suppress(InvalidStateError):  # it is being taken back just now
            if error is None:
                order.set_result(came)
            else:
                order.set_exception(error)
