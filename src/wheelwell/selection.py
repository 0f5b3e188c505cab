"""Selections: which entries are chosen, by when they were built and used, and with what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wheelwell.errors import UsageError
from wheelwell.instants import seconds
from wheelwell.record import Record
from wheelwell.request import is_name, normalize

_WITH = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._+-]*)\s*([<>=!~].*)?", re.DOTALL)
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_BRACKETS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What is asked of entries; all of it must be so."""

    built_before: float | None = None
    """They were built before this instant, in seconds since 1970."""

    used_before: float | None = None
    """They were last used before this instant."""

    built_with: tuple[str, ...] = ()
    """Build requirements or compilers that each were in the build, as in `setuptools<78`."""

    def __post_init__(self) -> None:
        """Raise `UsageError` where a requirement makes no sense."""
        for text in self.built_with:
            _split(text)

    def chooses(self, record: Record, *, used: float) -> bool:
        """Say whether an entry that was last used then is chosen."""
        if self.built_before is not None and not built_at(record) < self.built_before:
            return False
        if self.used_before is not None and not used < self.used_before:
            return False
        return all(_was_built_with(record, text) for text in self.built_with)


def built_at(record: Record) -> float:
    """Return when a wheel was built, in seconds since 1970; 0 where that is not known."""
    try:
        return seconds(record.observed.built_at)
    except (ValueError, UsageError):
        return 0.0


def _was_built_with(record: Record, text: str) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    name, specifier = _split(text)
    wanted = SpecifierSet(specifier)
    for found, version in _parts(record):
        try:
            if found == name and (not specifier or wanted.contains(version, prereleases=True)):
                return True
        except InvalidVersion:
            continue
    return False


def _parts(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what took part in a build, by name and version."""
    for name, version in record.observed.requirements.items():
        yield normalize(name), str(version)
    toolchain: Any = record.inputs.get("toolchain")
    for compiler in toolchain if isinstance(toolchain, list) else ():
        told = str(compiler.get("version", ""))
        number = _VERSION.search(_BRACKETS.sub("", told))
        for name in (compiler.get("identity", ""), compiler.get("role", "")):
            yield normalize(str(name)), number[0] if number else ""


def _split(text: str) -> tuple[str, str]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found = _WITH.fullmatch(text)
    if found is None or not is_name(found[1].rstrip("+")):
        raise UsageError(
            f"{text!r} names no build requirement or compiler", hint="as in 'setuptools<78' or gcc"
        )
    specifier = found[2] or ""
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise UsageError(f"{specifier!r} is no version specifier (PEP 440)") from error
    return normalize(found[1]), specifier
