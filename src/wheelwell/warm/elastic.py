"""Elastic executors: they say themselves how much they can take, which changes meanwhile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Executor

from wheelwell.schedule import Room


class Elastic(Executor, ABC):
    """An executor whose room is its own affair. One thread asks it."""

    @abstractmethod
    def room(self) -> Room:
        """Return what all errands together may use now; no slots while nobody is there."""
