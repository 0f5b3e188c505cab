"""Collecting: a plan carried out, each thing looked at once more before it goes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wheelwell.collection import Candidate, CollectionPlan, Removal
from wheelwell.store import lease, removal
from wheelwell.store.inventory import Build
from wheelwell.store.layout import Layout
from wheelwell.store.staging import staged
from wheelwell.store.sweep import Swept


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What became of one removal."""

    removal: Removal
    size: int = 0
    """The bytes that were freed."""

    why_not: str = ""
    """Why the thing is still there, as a clause; empty where it is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What a collection did, or would do."""

    plan: CollectionPlan
    carried: tuple[Carried, ...]
    swept: tuple[Swept, ...]

    @property
    def freed(self) -> int:
        """The bytes that were freed."""
        return sum(each.size for each in self.carried) + sum(each.size for each in self.swept)

    @property
    def size(self) -> int:
        """The size of everything afterwards, in bytes."""
        return self.plan.before - sum(each.size for each in self.carried)


def carry_out(layout: Layout, removals: Iterable[Removal]) -> Iterator[Carried]:
    """Remove what a plan names, but for what was used since the survey, is held or being built.

    Raises `OSError`, as where the cache is only read.
    """
    for each in removals:
        remove = _remove_entry if each.candidate.kind == "wheels" else _remove_tree
        why_not = remove(layout, each.candidate)
        size = 0 if why_not else each.candidate.size
        yield Carried(removal=each, size=size, why_not=why_not)


def _remove_entry(layout: Layout, candidate: Candidate) -> str:
    def keep(build: Build) -> str:
        return removal.USED if build.used > candidate.used else ""

    return removal.remove(layout, candidate.path, keep=keep).why_not


def _remove_tree(layout: Layout, candidate: Candidate) -> str:
    if not candidate.lease:
        return _move_away(layout, candidate)
    held = lease.try_acquire(layout.lease(candidate.lease))
    if held is None:
        return removal.BUSY
    with held:
        return _move_away(layout, candidate)


def _move_away(layout: Layout, candidate: Candidate) -> str:
    """Take a thing out of its place, and put it back where its mark shows a use since."""
    path, name = candidate.path, os.path.basename(candidate.path)
    try:
        if candidate.kind == "environments" and not _hide(candidate):
            return removal.USED
        with staged(layout) as trash:
            aside = f"{trash}/{name}"
            os.rename(path, aside)
            if candidate.kind != "environments" and _is_used(candidate, aside):
                with contextlib.suppress(OSError):  # another is in its place already
                    os.rename(aside, path)
                return removal.USED
    except FileNotFoundError:
        return removal.GONE
    removal.prune(os.path.dirname(path), below=layout.environments)
    return ""


def _hide(candidate: Candidate) -> bool:
    """Let nobody take an environment, whose path never moves while somebody may; False if used."""
    hidden = f"{candidate.mark}.going"
    os.rename(candidate.mark, hidden)
    if os.lstat(hidden).st_mtime <= candidate.used:
        return True
    os.rename(hidden, candidate.mark)
    return False


def _is_used(candidate: Candidate, aside: str) -> bool:
    mark = aside + candidate.mark.removeprefix(candidate.path)
    return os.lstat(mark).st_mtime > candidate.used
