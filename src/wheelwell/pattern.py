"""Patterns: which entries a user means, by project, version or file name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from wheelwell.errors import UsageError
from wheelwell.record import Record
from wheelwell.request import is_name, normalize


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """Which entries are meant. `parse_pattern` makes it of what a user writes."""

    text: str
    """As it was written."""

    project: str = ""
    """The one project that is meant, normalized (PEP 503); empty for any."""

    version: str = ""
    """The version: canonical, without zeros at its end (PEP 440), or with `*`; empty for any."""

    filename: str = ""
    """The wheel's file name with `*`, `?` and `[…]`, in lower case; empty for any."""

    def matches(self, record: Record) -> bool:
        """Say whether the entry of a record is meant."""
        name, version = str(record.inputs["name"]), str(record.inputs["version"])
        if self.project and name != self.project:
            return False
        if self.version and not self._is_of(version):
            return False
        return not self.filename or self._is_named(record.filename, name)

    def means(self, project: str, version: str) -> bool:
        """Say whether a project is meant, by its normalized name; its version may not be known.

        Then no pattern with a version means it. Of a file's name only what is before the tags
        counts.
        """
        if self.project and project != self.project:
            return False
        if self.version and not (version and self._is_of(version)):
            return False
        return not self.filename or self._is_named(f"{project}-{version}-", project)

    def _is_of(self, version: str) -> bool:
        if self.version.endswith(".*") and not _is_glob(self.version[:-2]):
            return _is_prefix(self.version[:-2], version)
        if _is_glob(self.version):
            return fnmatchcase(version, self.version)
        from packaging.utils import canonicalize_version

        return canonicalize_version(version) == self.version

    def _is_named(self, filename: str, project: str) -> bool:
        """Compare with a file name, its project's name written in each of the usual ways."""
        rest = filename.lower().partition("-")[2]
        ways = (filename.lower(), f"{project}-{rest}", f"{project.replace('-', '_')}-{rest}")
        name, dash, tail = self.filename.partition("-")
        escaped = f"{re.sub('[-_.]+', '_', name)}{dash}{tail}"
        return any(fnmatchcase(way, wanted) for way in ways for wanted in (self.filename, escaped))


def parse_pattern(text: str) -> Pattern:
    """Read a pattern: `NAME`, `NAME==VERSION`, or a wheel's file name, perhaps with `*`.

    Raises `UsageError`.
    """
    name, equals, version = (part.strip() for part in text.partition("=="))
    if equals and is_name(name) and version:
        return Pattern(text=text, project=normalize(name), version=_canonical(version))
    if not equals and is_name(name) and not name.endswith(".whl"):
        return Pattern(text=text, project=normalize(name))
    if not equals and name and "/" not in name and (name.endswith(".whl") or _is_glob(name)):
        wanted = name.lower()
        return Pattern(text=text, filename=wanted if wanted.endswith(".whl") else f"{wanted}*")
    raise UsageError(
        f"{text!r} is no pattern of entries",
        hint="NAME, NAME==VERSION, or a wheel's file name with *, as in 'numpy-2.*'",
    )


def _canonical(version: str) -> str:
    if _is_glob(version):
        return version.lower()
    from packaging.utils import canonicalize_version
    from packaging.version import InvalidVersion, Version

    try:
        return canonicalize_version(Version(version))
    except InvalidVersion as error:
        raise UsageError(f"{version!r} is no version (PEP 440)") from error


def _is_prefix(prefix: str, version: str) -> bool:
    """Say whether `==prefix.*` admits a version (PEP 440)."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(f"=={prefix}.*").contains(version, prereleases=True)
    except InvalidSpecifier:
        return False


def _is_glob(text: str) -> bool:
    return not {*"*?["}.isdisjoint(text)
