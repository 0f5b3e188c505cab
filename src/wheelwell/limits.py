"""Limits: how much a cache may hold, and for how long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a cache may hold. None is no limit."""

    size: int | None = None
    """In bytes, over everything in the cache."""

    age: float | None = None
    """In seconds since something was last used."""
