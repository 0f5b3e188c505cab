"""Selection: which of all that is wanted a warm-up does, by what a user allows and denies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wheelwell.errors import UsageError
from wheelwell.pattern import Pattern, parse_pattern
from wheelwell.request import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Patterns of what is done, and of what is not; by default all is."""

    only: tuple[Pattern, ...] = ()
    """What is done; none for all."""

    skipped: tuple[Pattern, ...] = ()
    """What is not, even if it is among `only`."""

    def why_not(self, request: Request) -> str:
        """Return why a request is skipped; empty where it is done."""
        for pattern in self.skipped:
            if pattern.means(request.name, request.pin):
                return f"--skip {pattern.text}"
        if self.only and not any(each.means(request.name, request.pin) for each in self.only):
            return "it is not among --only"
        return ""


def selection_of(only: Iterable[str], skipped: Iterable[str]) -> Selection:
    """Return the selection that patterns make, as a user writes them, with commas between them.

    Raises `UsageError`.
    """
    return Selection(
        only=tuple(_patterns(only, "--only")), skipped=tuple(_patterns(skipped, "--skip"))
    )


def _patterns(texts: Iterable[str], switch: str) -> Iterable[Pattern]:
    for text in (part.strip() for each in texts for part in each.split(",")):
        pattern = parse_pattern(text)
        if pattern.filename.endswith(".whl"):
            raise UsageError(
                f"{switch} {text}: no wheel's name is known before it is built",
                hint="NAME, NAME==VERSION, or either with *, as in 'nvidia-*'",
            )
        yield pattern
