"""Upkeep: what a cache's keeper does with it: see, pin, shrink, check and empty it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.buckets import KINDS
from wheelwell.collection import RECENT, Candidate, CollectionPlan, Removal, plan
from wheelwell.digest import is_sha256
from wheelwell.inputs import source_of
from wheelwell.limits import Limits
from wheelwell.pattern import Pattern
from wheelwell.record import Record
from wheelwell.store import collect, inside, inventory, pins, survey, verify
from wheelwell.store.collect import Carried, Collected
from wheelwell.store.disk import open_store
from wheelwell.store.inventory import Stored
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.opening import at_once
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

    def others(self, *kinds: str) -> Iterator[Candidate]:
        """Yield what there is of kinds (`buckets.KINDS`) but wheels, with size and last use."""
        return survey.kinds_of(self.layout, kinds)

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
        count = size = 0
        for done in Purge(layout=self.layout, kinds=chosen, since=since, is_dry=is_dry).run():
            is_wheel = done.removal.candidate.kind == "wheels" and not done.why_not
            count, size = count + is_wheel, size + done.size * is_wheel
            yield done
        if count and not is_dry and "journal" not in chosen:
            self._note_removals(count, size)

    def verify(self, *patterns: Pattern) -> Iterator[Verified]:
        """Read every entry again, and without patterns the source archives too.

        What is wrong is set aside, as far as this user may. Raises nothing.
        """
        bad: dict[str, str] = {}
        found = self._entries(patterns, bad.__setitem__)
        yield from verify.wheels(self.layout, found, check=self._check)
        for directory, why in bad.items():
            if is_sha256(os.path.basename(directory)):
                yield from verify.again(self.layout, directory, check=self._check)
            else:
                name = os.path.basename(directory)
                yield Verified(kind="wheels", name=name, path=directory, fault=why)
        if not patterns:
            yield from verify.sources(self.layout)

    def plan(self, limits: Limits) -> CollectionPlan:
        """Decide what has to go so that the cache keeps within its limits. Nothing is removed."""
        now = time.time()
        found, other = self._survey(now)
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
        found, other = self._survey(now)
        first = decided = plan(found, limits, now=now, other=other)
        carried: list[Carried] = []
        while True:
            done = list(self._carry_out(decided.removals, is_dry=is_dry))
            carried += done
            stayed = {each.removal.candidate.path: each.why_not for each in done if each.why_not}
            if not stayed:
                break
            gone = {each.removal.candidate.path for each in done} - stayed.keys()
            found = [
                replace(each, kept=stayed.get(each.path, each.kept))
                for each in found
                if each.path not in gone
            ]
            decided = plan(found, limits, now=now, other=other)
        if not is_dry:
            DiskJournal(self.layout).roll_up(now=now)
        return Collected(plan=first, carried=tuple(carried), swept=swept)

    def statistics(self, *projects: str, days: int | None = None) -> Statistics:
        """Return what happened to the cache: of projects or all, on so many last days or all."""
        from wheelwell.statistics import summed

        since = int(time.time() // 86400) - days + 1 if days is not None else 0
        return summed(DiskJournal(self.layout).events(), projects=projects, since=since)

    def pins(self) -> list[Pattern]:
        """Return what is pinned."""
        return pins.pinned(self.layout, damaged=lambda path: self._warn(f"{path} cannot be read"))

    def lost(self, *patterns: Pattern) -> Iterator[Record]:
        """Yield the records of what was set aside, and that was not built again since."""
        seen = set()
        for name in inside.names(self.layout.quarantine):
            path = f"{self.layout.quarantine}/{name}/{RECORD}"
            with contextlib.suppress(OSError, ValueError), open(path, opener=at_once) as file:
                record = Record.from_text(file.read())
                is_meant = not patterns or any(each.matches(record) for each in patterns)
                if is_meant and record.key not in seen and not self._is_there(record):
                    seen.add(record.key)
                    yield record

    def pin(self, pattern: Pattern) -> bool:
        """Let what a pattern means stay, whatever the limits; False where it was so already."""
        open_store(self.layout.root, warn=self._warn)  # which marks a new one
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

    def _survey(self, now: float) -> tuple[list[Candidate], int]:
        """Return what may go, and the bytes of what is no candidate; what runs is not counted."""
        found = list(self._candidates(survey.busy_since(self.layout, now=now)))
        other = survey.size_of_cache(self.layout) - sum(candidate.size for candidate in found)
        return found, max(0, other)

    def _candidates(self, since: float) -> Iterator[Candidate]:
        bad: list[str] = []
        pinned = pins.pinned(self.layout, damaged=bad.append)
        for path in bad:
            self._warn(f"{path} cannot be read: nobody knows what it pins, so every wheel stays")
        for each in survey.wheels(self.layout, pinned, damaged=self._damaged):
            yield replace(each, kept="a pin cannot be read") if bad else each
        yield from survey.rest(self.layout, since=since)

    def _is_there(self, record: Record) -> bool:
        source = source_of(record.inputs)
        directory = self.layout.entry(str(record.inputs["name"]), source, record.key)
        return os.path.lexists(f"{directory}/{RECORD}")

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
