"""Looking up: the stored wheel that answers a plan, of its own key or as good as that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelwell.fit import misfit
from wheelwell.options import Options, Reuse

if TYPE_CHECKING:
    from wheelwell.host import Host
    from wheelwell.parts import Parts
    from wheelwell.plan import Plan
    from wheelwell.record import Record
    from wheelwell.store.disk import Place, Store
    from wheelwell.store.entry import Entry

SAME = "the same source, interpreter and build"
"""Why an entry of the request's own key is a hit."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a look into the store went."""

    entry: Entry | None = None
    """What may be handed out."""

    reason: str = ""
    """Why it may although its key is another, or why what is there may not; mostly empty."""


class Lookup:
    """Looks into the store. Threads share it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stores: tuple[Store, ...] = (parts.store,)
        self._fitting: dict[tuple[str, str, str], Host] = {}  # where a build was found to fit

    def also_in(self, store: Store) -> None:
        """Look into a further store too, after the others."""
        self._stores = (*self._stores, store)

    def look(self, plan: Plan, place: Place, options: Options) -> Look:
        """Look for the wheel of the very key that can run here, then for one as good."""
        why, entry = "", self._find(place)
        if entry is not None:
            why = self._why_not(plan, entry.record)
            if not why:
                return Look(entry)
        if (options.reuse or self._parts.reuse) != Reuse.FIT:
            return Look(reason=why)
        return self._reusable(plan, place) or Look(reason=why)

    def use(self, entry: Entry) -> bool:
        """Mark what is to be handed out as used; False where it was taken away just now."""
        stores = [each for each in self._stores if entry.path.startswith(f"{each.layout.root}/")]
        return all(store.use(entry) for store in stores)

    def records(self, plan: Plan) -> Iterator[Record]:
        """Yield the records of all that is stored of a project; their wheels are not looked at."""
        for store in self._stores:
            yield from store.records(plan.identity.name)

    def _find(self, place: Place) -> Entry | None:
        for store in self._stores:
            if (entry := store.find(place)) is not None:
                return entry
        return None

    def _reusable(self, plan: Plan, place: Place) -> Look | None:
        others = {
            other.record.key: other for store in self._stores for other in store.others(place)
        }
        if not others:
            return None
        from wheelwell.reuse import reusable  # not on the way to an exact hit

        for found in reusable(plan.keyed, plan.identity, [each.record for each in others.values()]):
            if not self._misfit(plan, found.record):
                return Look(others[found.record.key], found.reason)
        return None

    def _why_not(self, plan: Plan, record: Record) -> str:
        """Return why the wheel of the very key cannot be handed out; empty where it can."""
        if why := self._misfit(plan, record):
            return f"the one in the cache does not fit: {why}"
        if record.degraded == "yes" and self._parts.system(plan) != record.system:
            return "the one in the cache is degraded, and the system has changed since"
        return ""

    def _misfit(self, plan: Plan, record: Record) -> str:
        """Return why a wheel cannot run here; asked again where something here has changed."""
        host = self._parts.hosts.of(plan.interpreter, record)
        name = (record.build, plan.interpreter.executable, plan.interpreter.version)
        if self._fitting.get(name) is host:
            return ""
        why = misfit(host, record)
        if not why:
            self._fitting[name] = host
        return why
