"""The workers of a farm: who is there, and who of them can build for us."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.farm.connection import Client, ask
from wheelwell.farm.look import Look, look
from wheelwell.schedule import Room

_OFTEN = 1.0
"""How often, in seconds, the scheduler is asked at most who is there."""

_FIRST = 1e9
"""The priority of looks: one is over at once, and nothing begins without it."""


@dataclass(slots=True)
class _Worker:
    name: str
    threads: int
    memory: int
    """What it declares to have, in bytes; 0 where it says nothing."""

    looking: Any
    """The future of the look at it."""

    seen: Look | None = None


class Workers:
    """Who is there. One thread uses it."""

    def __init__(
        self, client: Client, versions: Mapping[str, str], opening: bytes, path: str
    ) -> None:
        """Workers are looked at by `versions`, a pickled opening, and by who attends at `path`."""
        self._client = client
        self._wanted = (versions, opening, path)
        self._known: dict[str, _Worker] = {}
        self._asked = -_OFTEN

    @property
    def fit(self) -> Collection[str]:
        """The addresses of those that can build."""
        return [address for address, each in self._known.items() if _is_fit(each)]

    @property
    def unfit(self) -> list[str]:
        """Why others cannot, a sentence for each."""
        return [
            f"the worker {each.name} ({address}) on {each.seen.host} {each.seen.why_not}"
            for address, each in self._known.items()
            if each.seen is not None and each.seen.why_not
        ]

    @property
    def is_settled(self) -> bool:
        """Whether all that are there were looked at."""
        return all(each.seen is not None for each in self._known.values())

    @property
    def room(self) -> Room:
        """What those that can build have: a slot for each thread."""
        there = [each for each in self._known.values() if _is_fit(each)]
        return Room(
            slots=sum(each.threads for each in there),
            cores=sum(each.seen.cores for each in there if each.seen is not None),
        )

    @property
    def memory(self) -> int:
        """The most that one of them declares to have, in bytes; 0 where none does."""
        return max((each.memory for each in self._known.values() if _is_fit(each)), default=0)

    def look_around(self) -> None:
        """See who has come and gone. Looks go on meanwhile: nobody is waited for.

        Raises `OSError` where the scheduler does not answer.
        """
        now = time.monotonic()
        if now - self._asked >= _OFTEN:
            self._asked = now
            there = ask(self._client, "identity", n_workers=-1)["workers"]
            for address in self._known.keys() - there.keys():
                del self._known[address]
            for address in there.keys() - self._known.keys():
                self._known[address] = self._found(address, there[address])
        for each in self._known.values():
            if each.seen is None and each.looking.done():
                each.seen = _seen(each.looking)

    def _found(self, address: str, told: Mapping[str, Any]) -> _Worker:
        looking = self._client.submit(
            look,
            *self._wanted,
            key=f"wheelwell-look-{uuid.uuid4().hex}",
            workers=[address],
            priority=_FIRST,
            pure=False,
        )
        return _Worker(
            name=str(told.get("name", address)),
            threads=int(told["nthreads"]),
            memory=int(told.get("resources", {}).get("memory", 0)),
            looking=looking,
        )


def _is_fit(worker: _Worker) -> bool:
    return worker.seen is not None and not worker.seen.why_not


def _seen(looking: Any) -> Look | None:
    """Return what a look came to; None where it was lost with its worker."""
    if looking.status == "cancelled":
        return None
    error = looking.exception()
    if error is None:
        found: Look = looking.result()
        return found
    first = next(iter(str(error).splitlines()), "")
    return Look(
        host="its machine",
        why_not=f"cannot tell of itself ({type(error).__name__}: {first}): is this version of "
        "wheelwell installed there?",
    )
