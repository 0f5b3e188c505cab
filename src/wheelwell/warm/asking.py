"""Asking the cache for what a list wants: at the indexes, or where the list itself says it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from wheelwell.errors import NoMatchingSource, NoSuchProject, NotInCache
from wheelwell.indexes import Network
from wheelwell.lists.files import source_of, wheel_of
from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.request import Request, parse_request
from wheelwell.wheel import Wheel

if TYPE_CHECKING:
    from wheelwell.archived import Archived
    from wheelwell.cache import WheelCache

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """One thing that is wanted, asked of a cache.

    The indexes in force come first: they may be another's mirrors, and what is found there is a
    hit for whoever asks for the same pin. A lock may name files that none of them has.
    """

    cache: WheelCache
    wanted: Wanted
    choices: Choices

    def wheel(self) -> Wheel:
        """Return the wheel, as `WheelCache.get` does."""
        return self._asked(self._get, self._files())

    def lookup(self) -> Wheel | None:
        """Return the wheel if it is there, as `WheelCache.lookup` does."""
        return self._asked(self._look_up, self._files())

    def archive(self, wheel: Wheel) -> Archived | None:
        """Return the source archive of a wheel, as `WheelCache.archive` does."""
        request = self.wanted.request
        if not (request.pin or request.path or request.url):
            request = parse_request(f"{wheel.name}=={wheel.version}", hashes=request.hashes)
        return self._asked(self._archive, map(source_of, [self.wanted]), request)

    def _get(self, request: Request) -> Wheel:
        return self.cache.get(request, **self.choices)

    def _look_up(self, request: Request) -> Wheel | None:
        return self.cache.lookup(request, **self.choices)

    def _archive(self, request: Request) -> Archived | None:
        return self.cache.archive(request, **self.choices)

    def _asked(
        self,
        ask: Callable[[Request], _Found],
        others: Iterable[Request | None],
        request: Request | None = None,
    ) -> _Found:
        """Ask for what is wanted, and where no index has it for the first of `others`."""
        try:
            return ask(request or self.wanted.request)
        except (NoMatchingSource, NoSuchProject, NotInCache) as error:
            is_unasked = self.choices.get("network") is Network.NEVER
            if isinstance(error, NotInCache) and not is_unasked:
                raise
            other = next(filter(None, others), None)
            if other is None:
                raise
        return ask(other)

    def _files(self) -> Iterator[Request | None]:
        """Yield what the list names: where wheels are preferred the best one, and the source."""
        if self.choices.get("prefer_binary"):
            tags = self.cache.interpreter(self.choices.get("interpreter", "")).tags
            yield wheel_of(self.wanted, tags)
        yield source_of(self.wanted)
