"""Tasks of lists: what each list says is wanted for each Python, with all that it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wheelwell.errors import ConfigurationError
from wheelwell.indexes import Network
from wheelwell.lists.reading import List
from wheelwell.lists.settled import undecided
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.lists.written import written
from wheelwell.warm.policy import Policy
from wheelwell.warm.task import Task

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache


Resolving = Callable[[str, str], AbstractContextManager[object]]
"""Is told the path of a list and a Python, while it is resolved for that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How lists are to be read."""

    cache: WheelCache
    policy: Policy = field(default_factory=Policy)
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prefers_binary: bool = False
    network: Network = Network.AS_NEEDED
    resolving: Resolving = lambda *_: contextlib.nullcontext()

    def said(self, lists: Sequence[List], pythons: Sequence[str]) -> Iterator[str]:
        """Yield what lists say for each Python, not resolved yet, credentials included."""
        for python in pythons:
            for each in lists:
                wanted = each.select(self._choice(python))
                yield written([one.request for one in wanted])
                yield repr([(one.request.hashes, one.request.config, one.files) for one in wanted])
                yield written(each.listed.constraints)
                yield repr((each.listed.switches, each.listed.rules, self.prefers_binary))

    def tasks(self, lists: Sequence[List], pythons: Sequence[str]) -> Iterator[Task]:
        """Yield what lists say is wanted for each Python.

        Raises `ConfigurationError`, and `SourceError` where nothing goes together.
        """
        for python in pythons:
            choice = self._choice(python)
            for each in lists:
                for wanted in self._complete(each, each.select(choice), python):
                    yield Task(wanted=wanted, python=python)

    def _choice(self, python: str) -> Choice:
        return Choice(
            environment=self.cache.interpreter(python).markers,
            extras=self.extras,
            groups=self.groups,
        )

    def _complete(self, of: List, wanted: Sequence[Wanted], python: str) -> Sequence[Wanted]:
        """Return what is wanted with all that it needs; a list of exact pins is taken as whole."""
        requests = [each.request for each in wanted]
        constraints = of.listed.constraints
        left = undecided(requests, constraints)
        if left and of.is_locked:
            raise ConfigurationError(f"{of.path}: constraints do not admit {left[0].text}")
        if of.is_locked or (all(each.pin for each in requests) and not left):
            return wanted
        with self.resolving(of.path, python):
            return self.cache.resolve(
                requests,
                constraints=constraints,
                policy=self.policy,
                interpreter=python,
                prefer_binary=self.prefers_binary,
                network=self.network,
            )
