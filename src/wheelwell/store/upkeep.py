"""Upkeep: what a cache's keeper does with it: see, pin, shrink, check and empty it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.buckets import KINDS
from wheelwell.collection import RECENT, Candidate, CollectionPlan, Removal, plan
from wheelwell.limits import Limits
from wheelwell.pattern import Pattern
from wheelwell.store import collect, inventory, pins, survey, verify
from wheelwell.store.collect import Carried, Collected
from wheelwell.store.inventory import Stored
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import Layout
from wheelwell.store.purge import ASKED, Purge
from wheelwell.store.sweep import Sweep
from wheelwell.store.verify import Check, Verified

if TYPE_CHECKING:
    from wheelwell.statistics import Statistics


class Upkeep:
    """Looks after the store in one cache directory. Processes share it with those that build."""

    def __init__(
        self,
        layout: Layout,
        *,
        check: Check,
        clear: Callable[[Path], None],
        warn: Callable[[str], None],
    ) -> None:
        """`clear` ends the processes that a dead builder left in a slot."""
        self.layout = layout
        self._check = check
        self._clear = clear
        self._warn = warn

    def entries(self, *patterns: Pattern) -> Iterator[Stored]:
        """Yield the entries that one of the patterns means; without patterns, all."""
        return self._entries(patterns, self._damaged)

    def remove(self, entries: Iterable[Stored], *, is_dry: bool = False) -> Iterator[Carried]:
        """Remove entries, but for those that somebody holds, or that are being built anew.

        With `is_dry` nothing is removed. Raises `OSError` where the cache is only read.
        """
        return self._carry_out(
            (Removal(survey.candidate_of(each), ASKED) for each in entries), is_dry=is_dry
        )

    def purge(self, kinds: Iterable[str] = KINDS, *, is_dry: bool = False) -> Iterator[Carried]:
        """Remove all of these kinds (`buckets.KINDS`), but for what is held or being built.

        Pins do not keep it. Raises `OSError` where the cache is only read.
        """
        since = survey.busy_since(self.layout, now=time.time())
        chosen = frozenset(kinds)
        return Purge(layout=self.layout, kinds=chosen, since=since, is_dry=is_dry).run()

    def verify(self, *patterns: Pattern) -> Iterator[Verified]:
        """Read every entry again, and without patterns the source archives too.

        What is wrong is set aside, as far as this user may. Raises nothing.
        """
        bad: list[str] = []
        found = self._entries(patterns, lambda directory, _why: bad.append(directory))
        yield from verify.wheels(self.layout, found, check=self._check)
        for directory in bad:
            yield from verify.again(self.layout, directory, check=self._check)
        if not patterns:
            yield from verify.sources(self.layout)

    def plan(self, limits: Limits) -> CollectionPlan:
        """Decide what has to go so that the cache keeps within its limits. Nothing is removed."""
        now = time.time()
        since = survey.busy_since(self.layout, now=now)
        found = list(self._candidates(since))
        whole = survey.size_of(self.layout.root)
        other = max(0, whole - sum(candidate.size for candidate in found))
        return plan(found, limits, now=now, other=other)

    def collect(self, limits: Limits, *, is_dry: bool = False) -> Collected:
        """Sweep what nobody will use, and remove what passes the limits.

        What was used within the hour, is pinned, held, or being built stays. With `is_dry`
        nothing is removed. Raises `OSError` where the cache is only read.
        """
        now = time.time()
        since = min(now - RECENT, survey.busy_since(self.layout, now=now))
        sweep = Sweep(layout=self.layout, now=now, since=since, clear=self._clear, is_dry=is_dry)
        swept = tuple(sweep.run())
        decided = self.plan(limits)
        carried = tuple(self._carry_out(decided.removals, is_dry=is_dry))
        if not is_dry:
            DiskJournal(self.layout).roll_up(now=now)
        return Collected(plan=decided, carried=carried, swept=swept)

    def statistics(self, *projects: str, days: int | None = None) -> Statistics:
        """Return what happened to the cache: of projects or all, on so many last days or all."""
        from wheelwell.statistics import summed

        since = int(time.time() // 86400) - days + 1 if days is not None else 0
        return summed(DiskJournal(self.layout).events(), projects=projects, since=since)

    def pins(self) -> list[Pattern]:
        """Return what is pinned."""
        return pins.pinned(self.layout, damaged=lambda path: self._warn(f"{path} cannot be read"))

    def pin(self, pattern: Pattern) -> bool:
        """Let what a pattern means stay, whatever the limits; False where it was so already."""
        return pins.pin(self.layout, pattern)

    def unpin(self, pattern: Pattern) -> bool:
        """Take a pin back; False where there was none."""
        return pins.unpin(self.layout, pattern)

    def _entries(
        self, patterns: Sequence[Pattern], damaged: Callable[[str, str], None]
    ) -> Iterator[Stored]:
        projects = {pattern.project for pattern in patterns} or {""}
        for project in [""] if "" in projects else sorted(projects):
            for stored in inventory.entries(self.layout, project=project, damaged=damaged):
                if not patterns or any(pattern.matches(stored.record) for pattern in patterns):
                    yield stored

    def _candidates(self, since: float) -> Iterator[Candidate]:
        bad: list[str] = []
        pinned = pins.pinned(self.layout, damaged=bad.append)
        for path in bad:
            self._warn(f"{path} cannot be read: nobody knows what it pins, so every wheel stays")
        for each in survey.wheels(self.layout, pinned, damaged=self._damaged):
            yield replace(each, kept="a pin cannot be read") if bad else each
        yield from survey.rest(self.layout, since=since)

    def _carry_out(self, removals: Iterable[Removal], *, is_dry: bool) -> Iterator[Carried]:
        if is_dry:
            yield from (Carried(removal=each, size=each.candidate.size) for each in removals)
            return
        count = size = 0
        try:
            for done in collect.carry_out(self.layout, removals):
                is_wheel = done.removal.candidate.kind == "wheels" and not done.why_not
                count, size = count + is_wheel, size + done.size * is_wheel
                yield done
        finally:
            if count:
                self._note_removals(count, size)

    def _note_removals(self, count: int, size: int) -> None:
        journal = DiskJournal(self.layout)
        journal.note("removal", count=count, size=size)
        journal.close()

    def _damaged(self, directory: str, why: str) -> None:
        self._warn(f"the entry {directory} is damaged ({why}); `wheelwell verify` sets it aside")
