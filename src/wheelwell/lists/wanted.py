"""What a list says is wanted, and what a user chooses of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wheelwell.errors import ConfigurationError
from wheelwell.lists.toml import Unreadable
from wheelwell.request import Request, normalize
from wheelwell.requires_python import admits

if TYPE_CHECKING:
    from packaging.markers import Marker


class File(NamedTuple):
    """A file, as a lock tells of it; what it does not tell is empty."""

    name: str
    hashes: tuple[str, ...] = ()
    """Each as in `sha256:…`."""

    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A project that is wanted, in one version."""

    request: Request

    filenames: tuple[str, ...] = ()
    """Upstream's wheels by their file names, as far as the list tells."""

    is_told: bool = False
    """Whether the list tells of all files of it, so that no index need be asked for wheels."""

    files: tuple[File, ...] = ()
    """Its files, wheels too, as far as the list tells where they are."""


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

    def check_python(self, path: str, specifier: str) -> None:
        """Raise `ConfigurationError` where a list is for other Pythons (`Requires-Python`)."""
        version = self.environment.get("python_full_version", "")
        if not admits(specifier, version):
            raise ConfigurationError(
                f"{path} is for Python {specifier}, and not for {version}",
                hint="--python takes another one, or lock it for this one too",
            )

    def admits(self, marker: str, *, extra: str = "") -> bool:
        """Say whether a marker holds (PEP 508). Raises `Unreadable`."""
        if not marker:
            return True
        from packaging.markers import InvalidMarker

        try:
            return _parsed(marker).evaluate({**self.environment, "extra": extra})
        except (InvalidMarker, ValueError, KeyError, RecursionError) as error:
            raise Unreadable(f"the marker {marker!r} means nothing: {error}") from error


@functools.lru_cache(maxsize=4096)
def _parsed(marker: str) -> Marker:
    """Return a marker: in a lock the same ones come again and again."""
    from packaging.markers import Marker

    return Marker(marker)
