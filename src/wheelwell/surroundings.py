"""Surroundings: the environment of a Python, as a build without isolation finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """An environment that is the user's own: it is looked at, and never changed."""

    python: str
    """The path that starts its interpreter."""

    prefix: str
    """`sys.prefix`: the environment's directory."""

    is_virtual: bool
    """Whether it is a virtual environment, and not an installation."""

    scripts: str
    """The directory of its programs."""

    installed: Mapping[str, str]
    """Its distributions by normalized name, each with its version; where the version does not say
    what is there (an editable one, one from a URL or a directory), with a digest of that too."""

    frontend: str = "no isolation"
    """What prepared it."""

    @property
    def directories(self) -> tuple[str, ...]:
        """Where a build looks for programs before all else."""
        return (self.scripts,)

    def version(self, name: str) -> str:
        """Return the version of a distribution, empty where there is none."""
        return self.installed.get(name, "").partition(" ")[0]
