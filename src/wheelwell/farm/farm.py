"""A farm: an executor that gives errands to the workers of a Dask scheduler.

What is sent is an errand, as values; wheels go through the cache directory, which all share. Dask
decides which worker gets what, by priority, resources and load, and gives what a lost worker had
to another one. Only workers that were looked at get anything.

    submit ──Client.submit(workers=those that are fit)──> scheduler ──> worker: do(errand)
       └──────────────── outcome <── gather ────────────────────────────────┘
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import time
import uuid
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wheelwell.errors import FarmError, Lost
from wheelwell.farm.connection import PATIENCE, Client, connect, parse_address
from wheelwell.farm.doing import do, inode_of
from wheelwell.farm.look import about, differences
from wheelwell.farm.orders import Call, Order, Orders
from wheelwell.farm.workers import Workers
from wheelwell.schedule import Room
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.elastic import Elastic
from wheelwell.warm.errand import Errand

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

_POLL = 0.05
_NOBODY = Room(slots=0, cores=0)


class Farm(Elastic):
    """The workers of a scheduler, as an executor of one warm-up at a time. To be shut down."""

    def __init__(
        self,
        address: str,
        cache: WheelCache,
        *,
        jobs: int | None = None,
        tell: Callable[[str], None] = lambda _: None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """Connect to the scheduler at `address`, as `tls://host:8786`, and look at its workers.

        `cache` is the one that is warmed; its directory must be the workers' too. `jobs` bounds how
        many builds run at once. `tell` hears what is waited for, `warn` what is not as it should
        be. Raises `ConfigurationError`, and `FarmError` where the scheduler cannot be reached, or
        a worker that is there cannot build for this cache.
        """
        self._address = parse_address(address)
        self._jobs = jobs
        self._tell, self._warn = tell, warn or _warn
        self._is_waiting = False
        self._told: set[str] = set()
        self._topic = f"wheelwell-{uuid.uuid4().hex}"
        self._attendance = Attendance(cache)
        self._client: Client = connect(self._address, warn=self._warn)
        self._orders = Orders(self._client)
        try:
            self._check_scheduler()
            opening = pickle.dumps(cache.opening)
            self._workers = Workers(self._client, about(), opening, self._attendance.path())
            self._look_first()
            self._client.subscribe_topic(self._topic, self._heard)
        except BaseException:
            self.shutdown()
            raise

    def room(self) -> Room:
        """Return what the workers offer now; that there are none is told once."""
        if self._client.status != "running":  # `submit` says so, if that lasts
            return _NOBODY if self._client.status == "connecting" else Room(slots=1, cores=1)
        try:
            self._look_around()
        except TimeoutError:
            self._say_once(f"the scheduler at {self._address} does not answer")
        except OSError:
            return _NOBODY  # the connection is being lost, which is seen soon
        room = self._workers.room
        if not room.slots and not self._is_waiting:
            self._tell(f"waiting for workers at {self._address}")
        self._is_waiting = not room.slots
        return room if self._jobs is None else replace(room, slots=min(room.slots, self._jobs))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give something to the workers, or to the first one that comes.

        Raises `FarmError` where the scheduler is gone.
        """
        self._check_connected()
        order = Order(self._call(fn, args, kwargs), self._orders)
        self._orders.send(order, to=self._workers.fit, memory=self._workers.memory)
        return order

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Let go of the scheduler; nothing is waited for, and what runs there ends by itself."""
        self._attendance.end()
        for order in self._orders:
            if not order.done():
                self._orders.take_back(order)
                order.set_exception(Lost("the farm was shut down before it was done"))
        with contextlib.suppress(OSError):  # a scheduler that does not answer
            self._client.close(timeout=PATIENCE)

    def _call(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Call:
        if not isinstance(fn, Errand):
            return Call(words=(functools.partial(fn, *args, **kwargs),), name="call")
        wheelhouse = inode_of(fn.wheelhouse.directory) if fn.wheelhouse else 0
        return Call(
            words=(do, pickle.dumps(fn), self._topic, wheelhouse),
            name=fn.task.wanted.request.name or "project",
            priority=fn.start.length,
            memory=fn.start.job.memory,
            errand=fn,
        )

    def _check_scheduler(self) -> None:
        """Raise `FarmError` where the scheduler cannot even read what it hands on."""
        here = about()
        try:
            there = self._client.run_on_scheduler(about)
        except Exception as error:  # what it lacks it says in its own way
            raise FarmError(
                f"the scheduler at {self._address} cannot run what it has to: {error}",
                hint=_same(here),
            ) from error
        if why := differences(there, here):
            raise FarmError(f"the scheduler at {self._address} {why}", hint=_same(here))

    def _check_connected(self) -> None:
        while self._client.status == "connecting":  # which ends, one way or the other
            time.sleep(_POLL)
        if self._client.status != "running":
            raise FarmError(
                f"the scheduler at {self._address} is gone",
                hint="start it again, and then the same command: what is there is not built twice",
            )

    def _look_first(self) -> None:
        """Look at the workers that are there. Raises `FarmError` where one cannot build."""
        until = time.monotonic() + PATIENCE
        self._workers.look_around()
        while not self._workers.is_settled and time.monotonic() < until:
            time.sleep(_POLL)
            self._workers.look_around()
        if unfit := self._workers.unfit:
            raise FarmError("\n".join(unfit), hint="mend it there, or stop that worker")

    def _look_around(self) -> None:
        """See who has come and gone, and send what nobody has any more to those that are there."""
        self._workers.look_around()
        fit = frozenset(self._workers.fit)
        for order in self._orders:
            if not order.to & fit and fit:
                self._orders.send(order, to=fit, memory=self._workers.memory)
        for why in self._workers.unfit:
            self._say_once(f"{why}; it gets nothing to do")

    def _say_once(self, warning: str) -> None:
        if warning not in self._told:
            self._told.add(warning)
            self._warn(warning)

    def _heard(self, event: Any) -> None:
        """Tell of a step that a worker has begun."""
        _, told = event
        errand = self._orders.errand_of(told["key"])
        if errand is not None:
            subject = f"{told['subject']} on {told['worker']}"
            errand.here.reporter.began(told["step"], subject)


def _same(versions: dict[str, str]) -> str:
    return (
        f"the scheduler and all workers need Python {versions['Python']} with "
        f"wheelwell[farm]=={versions['wheelwell']}, distributed {versions['distributed']}"
    )


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=3)
