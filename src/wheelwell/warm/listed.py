"""Tasks of lists: what each list says is wanted for each Python, with all that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wheelwell.errors import ConfigurationError
from wheelwell.indexes import Network
from wheelwell.lists.reading import List
from wheelwell.lists.settled import undecided
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.warm.policy import Policy
from wheelwell.warm.run import Task

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How lists are to be read."""

    cache: WheelCache
    policy: Policy = field(default_factory=Policy)
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prefers_binary: bool = False
    network: Network = Network.AS_NEEDED

    def tasks(self, lists: Sequence[List], pythons: Sequence[str]) -> Iterator[Task]:
        """Yield what lists say is wanted for each Python.

        Raises `ConfigurationError`, and `SourceError` where nothing goes together.
        """
        for python in pythons:
            choice = Choice(
                environment=self.cache.interpreter(python).markers,
                extras=self.extras,
                groups=self.groups,
            )
            for each in lists:
                for wanted in self._complete(each, each.select(choice), python):
                    yield Task(wanted=wanted, python=python)

    def _complete(self, of: List, wanted: Sequence[Wanted], python: str) -> Sequence[Wanted]:
        """Return what is wanted with all that it needs; a list of exact pins is taken as whole."""
        requests = [each.request for each in wanted]
        constraints = of.listed.constraints
        left = undecided(requests, constraints)
        if left and of.is_locked:
            raise ConfigurationError(f"{of.path}: constraints do not admit {left[0].text}")
        if of.is_locked or (all(each.pin for each in requests) and not left):
            return wanted
        return self.cache.resolve(
            requests,
            constraints=constraints,
            policy=self.policy,
            interpreter=python,
            prefer_binary=self.prefers_binary,
            network=self.network,
        )
