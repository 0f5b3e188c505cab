"""Removals told: what went, what stayed and why, and how much room that made."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wheelwell.cli import print_json
from wheelwell.quantities import as_size

if TYPE_CHECKING:
    from wheelwell.store.collect import Carried
    from wheelwell.store.sweep import Swept


class Removals:
    """Tells of removals as they happen, and of their sum."""

    def __init__(self, *, is_dry: bool, json: bool, quiet: bool) -> None:
        self._is_dry = is_dry
        self._json = json
        self._quiet = quiet
        self._counts: Counter[str] = Counter()
        self.freed = 0
        self.stayed = 0

    def tell(self, done: Iterable[Carried]) -> None:
        """Tell of each thing that was planned to go."""
        for each in done:
            candidate = each.removal.candidate
            if each.why_not:
                self.stayed += 1
            else:
                self._count(candidate.kind, each.size)
            if self._json:
                print_json(
                    {
                        "kind": candidate.kind,
                        "name": candidate.name,
                        "path": candidate.path,
                        "bytes": candidate.size,
                        "reason": each.removal.reason,
                        "removed": not each.why_not and not self._is_dry,
                        "why_not": each.why_not,
                    }
                )
            elif each.why_not:
                print(f"{candidate.name} stays: {each.why_not}", file=sys.stderr)
            elif not self._quiet and candidate.kind == "wheels":
                self._line(f"{candidate.name} ({as_size(each.size)}): {each.removal.reason}")

    def swept(self, done: Iterable[Swept]) -> None:
        """Tell of what was removed because nobody will use it."""
        for each in done:
            self._count(each.kind, each.size)
            if self._json:
                print_json(
                    {
                        "kind": each.kind,
                        "name": "",
                        "path": each.path,
                        "bytes": each.size,
                        "reason": "nobody will use it",
                        "removed": not self._is_dry,
                        "why_not": "",
                    }
                )

    def sum_up(self) -> None:
        """Say how much went, by kind."""
        if self._json or self._quiet:
            return
        if not self._counts:
            print("there is nothing to remove" if not self.stayed else "nothing was removed")
            return
        counts = ", ".join(f"{_NAMES.get(kind, kind)} {n}" for kind, n in self._counts.items())
        self._line(f"{as_size(self.freed)} in all ({counts})")

    def _count(self, kind: str, size: int) -> None:
        self._counts[kind] += 1
        self.freed += size

    def _line(self, text: str) -> None:
        print(f"{'would remove' if self._is_dry else 'removed'} {text}", flush=True)


_NAMES = {"builds": "superseded builds", "staging": "leftovers of writers", "slots": "of builders"}
