"""Purging: removing all of a kind, but for what somebody holds, or a running build may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from wheelwell.buckets import KINDS
from wheelwell.collection import Candidate, Removal
from wheelwell.store import collect, inside, inventory, removal, survey
from wheelwell.store.collect import Carried
from wheelwell.store.layout import Layout
from wheelwell.store.staging import staged

ASKED = "it was asked for"


@dataclass(frozen=True, kw_only=True, slots=True)
class Purge:
    """One purge of a cache."""

    layout: Layout
    kinds: frozenset[str]
    """Of `buckets.KINDS`."""

    since: float
    """What was used since then must stay: a build that runs may use it."""

    is_dry: bool = False
    """Whether nothing is removed, but only told."""

    def run(self) -> Iterator[Carried]:
        """Remove what may go, yielding each thing. Raises `OSError`."""
        if "wheels" in self.kinds:
            bad: dict[str, str] = {}
            yield from map(self._key, inventory.keys(self.layout, damaged=bad.__setitem__))
            yield from (self._other(path, why) for path, why in bad.items())
        for each in survey.rest(self.layout, since=self.since):
            if each.kind in self.kinds:
                yield self._single(each)
        for kind in sorted(self.kinds):
            for bucket in KINDS[kind]:
                path = f"{self.layout.root}/{bucket}"
                if bucket not in survey.WEIGHED and os.path.isdir(path):
                    yield self._bucket(kind, path)

    def _key(self, directory: str) -> Carried:
        project = os.path.basename(os.path.dirname(os.path.dirname(directory)))
        size = survey.size_of(directory)
        why_not = "" if self.is_dry else removal.clear(self.layout, directory).why_not
        return _carried("wheels", project, directory, size=size, why_not=why_not)

    def _other(self, path: str, why: str) -> Carried:
        """Remove what is in the place of a directory; tell of one that cannot be looked into."""
        size = survey.size_of(path)
        if self.is_dry or (not os.path.isdir(path) and inside.erase(path)):
            why = ""
        return _carried("wheels", os.path.basename(path), path, size=size, why_not=why)

    def _single(self, candidate: Candidate) -> Carried:
        removing = Removal(candidate, ASKED)
        if candidate.kept:
            return Carried(removal=removing, why_not=candidate.kept)
        if self.is_dry:
            return Carried(removal=removing, size=candidate.size)
        return next(collect.carry_out(self.layout, [removing]))

    def _bucket(self, kind: str, path: str) -> Carried:
        size = survey.size_of(path)
        if not self.is_dry:
            with staged(self.layout) as trash:
                os.rename(path, f"{trash}/bucket")
        return _carried(kind, os.path.basename(path), path, size=size)


def _carried(kind: str, name: str, path: str, *, size: int, why_not: str = "") -> Carried:
    candidate = Candidate(kind=kind, name=name, path=path, size=size, used=0.0, seconds=0.0)
    gone = 0 if why_not else size
    return Carried(removal=Removal(candidate, ASKED), size=gone, why_not=why_not)
