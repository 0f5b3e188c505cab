"""What a list says is wanted, and what a user chooses of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wheelwell.errors import ConfigurationError
from wheelwell.request import Request, normalize


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A project that is wanted, in one version."""

    request: Request

    filenames: tuple[str, ...] = ()
    """Upstream's wheels by their file names, as far as the list tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which parts of a list are wanted, and where."""

    environment: Mapping[str, str]
    """The environment markers of the Python (PEP 508)."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def check(self, path: str, *, extras: Sequence[str], groups: Sequence[str]) -> None:
        """Raise `ConfigurationError` where a list has no such extra or group."""
        for kind, wanted, known in (
            ("extra", self.extras, extras),
            ("group", self.groups, groups),
        ):
            there = {normalize(each) for each in known}
            for each in wanted:
                if normalize(each) not in there:
                    raise ConfigurationError(
                        f"{path} has no {kind} {each}",
                        hint=f"it has: {', '.join(sorted(known))}" if known else "it has none",
                    )

    def admits(self, marker: str, *, extra: str = "") -> bool:
        """Say whether a marker holds (PEP 508). Raises `ConfigurationError`."""
        if not marker:
            return True
        from packaging.markers import InvalidMarker, Marker

        try:
            return Marker(marker).evaluate({**self.environment, "extra": extra})
        except (InvalidMarker, ValueError, KeyError, RecursionError) as error:
            raise ConfigurationError(f"the marker {marker!r} means nothing: {error}") from error
