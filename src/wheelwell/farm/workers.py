"""The workers of a farm: who is there, and who of them can build for us."""

from __future__ import annotations

import importlib.metadata
import time
import uuid
from collections.abc import Collection, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass

from wheelwell.farm.connection import Client, ask
from wheelwell.farm.look import Look, look
from wheelwell.schedule import Room
from wheelwell.version import VERSION

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

    seen: Look | None = None
    """None until it was looked at."""

    is_lost: bool = False
    """Whether the look at it was lost on its way."""

    @property
    def is_fit(self) -> bool:
        return self.seen is not None and not self.seen.why_not


class Workers:
    """Who is there. One thread uses it; looks are on their way meanwhile, and not waited for."""

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
        return [address for address, each in self._known.items() if each.is_fit]

    @property
    def unfit(self) -> list[str]:
        """Why others cannot, a sentence for each."""
        return [
            f"the worker {each.name} ({address}){each.seen.on_host} {each.seen.why_not}"
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
        there = [each for each in self._known.values() if each.is_fit]
        return Room(
            slots=sum(each.threads for each in there),
            cores=sum(each.seen.cores for each in there if each.seen is not None),
        )

    @property
    def memory(self) -> int:
        """The most that one of them declares to have, in bytes; 0 where none does."""
        return max((each.memory for each in self._known.values() if each.is_fit), default=0)

    def look_around(self) -> None:
        """See who has come and gone. Raises `OSError` where the scheduler does not answer."""
        now = time.monotonic()
        if now - self._asked < _OFTEN:
            return
        self._asked = now
        there = ask(self._client, "identity", n_workers=-1)["workers"]
        for address, each in list(self._known.items()):
            if address not in there or each.is_lost:
                del self._known[address]
        for address in there.keys() - self._known.keys():
            told = there[address]
            worker = self._known[address] = _Worker(
                name=str(told.get("name", address)),
                threads=int(told["nthreads"]),
                memory=int(told.get("resources", {}).get("memory", 0)),
            )
            self._client.loop.add_callback(self._look_at, address, worker)

    async def _look_at(self, address: str, worker: _Worker) -> None:
        """Look at a worker, on the client's own loop."""
        try:
            worker.seen = await self._version_of(address) or await self._look_of(address)
        except BaseException:  # noqa: BLE001  (it or its scheduler has gone: it is found again)
            worker.is_lost = True

    async def _version_of(self, address: str) -> Look | None:
        """Return why a worker cannot even be looked at: one without wheelwell would not live on."""
        found = await self._client.run(
            importlib.metadata.version,
            "wheelwell",
            workers=[address],
            on_error="return",
            asynchronous=True,
        )
        version = found[address]
        if isinstance(version, importlib.metadata.PackageNotFoundError):
            return Look(why_not=f"has no wheelwell: install wheelwell[farm]=={VERSION} there")
        if isinstance(version, Exception):
            raise version
        if version != importlib.metadata.version("wheelwell"):
            return Look(why_not=f"has wheelwell {version}, where {VERSION} asks")
        return None

    async def _look_of(self, address: str) -> Look:
        looking = self._client.submit(
            look,
            *self._wanted,
            key=f"wheelwell-look-{uuid.uuid4().hex}",
            workers=[address],
            priority=_FIRST,
            pure=False,
        )
        try:
            found: Look = await self._client.gather(looking, asynchronous=True)
        except (OSError, CancelledError):  # it has gone, or who would tell has
            raise
        except Exception as error:  # noqa: BLE001  (whatever another installation comes to)
            why = f"cannot tell of itself ({type(error).__name__}: {error})"
            return Look(why_not=f"{why}: is the same wheelwell installed there?")
        return found
