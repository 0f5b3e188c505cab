"""Rules: which files and releases a resolver may choose, as uv and pip are told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wheelwell.opposites import ALL, Opposites


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What a resolver may choose; by default what it chooses of itself."""

    formats: Opposites = field(default_factory=Opposites)
    """Projects that are built from source in any case, and that never are."""

    releases: Opposites = field(default_factory=Opposites)
    """Projects whose pre-releases may be chosen though nothing asks for them, and never may."""

    prefers_binary: bool = False
    """Whether an older version with a wheel is better than a newer one without."""

    @property
    def suits_uv(self) -> bool:
        """Whether uv can be told: it has no way to say some of it."""
        is_of_some = (self.releases.yes | self.releases.no) - {ALL}
        return not is_of_some and not self.prefers_binary

    def for_uv(self) -> dict[str, str]:
        """Return the variables that tell uv what it takes from no file."""
        side = self.releases.side_of(ALL)
        return {} if side is None else {"UV_PRERELEASE": "allow" if side else "disallow"}

    def lines(self) -> str:
        """Return the lines of a requirements file that tell pip of all, and uv of the formats."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _switched("--no-binary", self.formats.yes)
        yield from _switched("--only-binary", self.formats.no)
        if self.releases.yes == {ALL}:
            yield "--pre"  # every pip knows that one
        else:
            yield from _switched("--all-releases", self.releases.yes)
        yield from _switched("--only-final", self.releases.no)
        if self.prefers_binary:
            yield "--prefer-binary"


def _switched(switch: str, names: frozenset[str]) -> Iterator[str]:
    if names:
        yield f"{switch} {','.join(sorted(names))}"
