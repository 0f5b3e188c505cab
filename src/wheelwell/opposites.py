"""Opposites: projects on two sides that exclude each other, as pip's switches put them there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wheelwell.errors import ConfigurationError
from wheelwell.request import is_name, normalize

ALL, NONE = ":all:", ":none:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opposites:
    """Projects on two sides, by normalized name (PEP 503); `:all:` is every one not named."""

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()

    def side_of(self, project: str) -> bool | None:
        """Return on which side a project is, None for neither. Its name counts before `:all:`."""
        for name in (project, ALL):
            if name in self.yes or name in self.no:
                return name in self.yes
        return None

    def put(self, names: Iterable[str], *, side: bool) -> Opposites:
        """Return them with more names on a side, each taken from the other; all take all."""
        there, other = (set(self.yes), set(self.no)) if side else (set(self.no), set(self.yes))
        for name in names:
            if name == ALL:
                there.clear()
                other.clear()
            if name == NONE:
                there.clear()
            else:
                there.add(name)
                other.discard(name)
        yes, no = (there, other) if side else (other, there)
        return Opposites(yes=frozenset(yes), no=frozenset(no))


def names_in(text: str, switch: str) -> list[str]:
    """Read what such a switch takes: names with commas, `:all:`, `:none:`, which takes back.

    Raises `ConfigurationError`.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in {ALL, NONE} and not is_name(name):
            raise ConfigurationError(f"{switch} takes projects' names, {ALL} or {NONE}: {name!r}")
    if not names:
        raise ConfigurationError(f"{switch} names no project", hint=f"{ALL} stands for all")
    return [name if name in {ALL, NONE} else normalize(name) for name in names]
