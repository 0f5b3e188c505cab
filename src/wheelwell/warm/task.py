"""Tasks of a warm-up: what is wanted for which Python, and what that turns out to need."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell.lists.wanted import Wanted
from wheelwell.outcome import name_of
from wheelwell.request import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that is wanted, for one Python."""

    wanted: Wanted
    python: str

    needed_by: str = ""
    """For a build requirement: the project that needed it first; empty for what was asked for."""

    as_of: str = ""
    """The instant as of which a build requirement was resolved; empty for now."""

    @property
    def name(self) -> str:
        """What tells it from every other task."""
        return name_of(self.wanted.request.text, self.python, self.needed_by, self.as_of)


@dataclass(frozen=True, kw_only=True, slots=True)
class Postponed:
    """What an errand comes to that has to wait for build requirements to be built first."""

    requirements: tuple[Request, ...]
    project: str
    """Whose they are."""

    as_of: str
    """The instant as of which they were resolved; empty for now."""

    warnings: tuple[str, ...] = ()
    """What was warned of in another process."""

    def tasks(self, python: str) -> tuple[Task, ...]:
        """Return what has to be done before, for a Python."""
        return tuple(
            Task(
                wanted=Wanted(request=request),
                python=python,
                needed_by=self.project,
                as_of=self.as_of,
            )
            for request in self.requirements
        )
