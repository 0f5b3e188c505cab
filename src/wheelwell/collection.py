"""Collection: which things leave a cache so that it keeps within its limits, and in what order.

What goes first is what is worth least. The worth of a thing is the seconds that having it again
would cost, for each byte that it takes, and for each second since it was last used: of two that
were used at the same time the one that is cheap and large goes, and of two alike the older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wheelwell.limits import Limits

RECENT = 3600.0
"""What was used within so many seconds is never collected: a path of it may be in use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A thing in a cache that may be removed."""

    kind: str
    """What it is, of `buckets.KINDS`."""

    name: str
    """What a user knows it by."""

    path: str
    size: int
    """In bytes."""

    used: float
    """When it was last used, in seconds since 1970."""

    seconds: float
    """What it would cost to have it again."""

    mark: str = ""
    """The file or directory whose time says when it was used; empty for `path` itself."""

    lease: str = ""
    """The name of the lease under which it is removed; empty for none."""

    kept: str = ""
    """Why it must stay, as a clause; empty where it may go."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing that goes, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionPlan:
    """What goes, in order, and what is left then."""

    removals: tuple[Removal, ...]
    before: int
    """The size of everything, in bytes."""

    after: int
    """What is left of it, in bytes."""

    excess: int = 0
    """By how many bytes the limit is passed all the same, because what is left must stay."""


def plan(
    candidates: Iterable[Candidate], limits: Limits, *, now: float, other: int = 0
) -> CollectionPlan:
    """Decide what goes. `other` are the bytes of what is no candidate."""
    found = list(candidates)
    before = other + sum(candidate.size for candidate in found)
    removals = [Removal(c, _aged(c, now)) for c in found if _is_old(c, limits, now=now)]
    after = before - sum(removal.candidate.size for removal in removals)
    if limits.size is not None and after > limits.size:
        aged = {removal.candidate.path for removal in removals}
        rest = [c for c in found if c.path not in aged and is_free(c, now=now)]
        for candidate in sorted(rest, key=lambda c: (worth(c, now=now), c.used, c.path)):
            if after <= limits.size:
                break
            removals.append(Removal(candidate, "the cache is larger than its limit"))
            after -= candidate.size
    excess = max(0, after - limits.size) if limits.size is not None else 0
    return CollectionPlan(removals=tuple(removals), before=before, after=after, excess=excess)


def worth(candidate: Candidate, *, now: float) -> float:
    """Return what a thing is worth: seconds to have it again, by byte and by second of idleness."""
    idle = max(now - candidate.used, 1.0)
    return candidate.seconds / max(candidate.size, 1) / idle


def is_free(candidate: Candidate, *, now: float) -> bool:
    """Say whether a thing may go at all. One that was used in the future may not."""
    return not candidate.kept and now - candidate.used > RECENT


def _is_old(candidate: Candidate, limits: Limits, *, now: float) -> bool:
    if limits.age is None or not is_free(candidate, now=now):
        return False
    return now - candidate.used > limits.age


def _aged(candidate: Candidate, now: float) -> str:
    days = (now - candidate.used) / 86400
    return f"it was not used for {days:.0f} days" if days >= 2 else "it was not used for long"
