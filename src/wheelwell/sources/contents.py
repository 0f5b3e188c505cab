"""Contents: what a source holds, as far as its identity needs it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.parser import HeaderParser

from packaging.version import Version

from wheelwell.declarative import is_declarative
from wheelwell.errors import InvalidSource
from wheelwell.identity import Identity
from wheelwell.languages import languages_of
from wheelwell.request import is_name, normalize

TEXT_LIMIT = 1 << 20
"""How many bytes of a file are read to see what it declares."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """The files of a source, and the text of those that declare something."""

    names: tuple[str, ...]
    """All paths, in POSIX form, as seen from the top of the source."""

    texts: Mapping[str, str]
    """The text of build files, and of `PKG-INFO`, by path."""

    def below(self, subdirectory: str) -> Contents:
        """Return what is in a subdirectory. Raises `InvalidSource` where there is none."""
        if not subdirectory:
            return self
        start = f"{subdirectory}/"
        names = tuple(name[len(start) :] for name in self.names if name.startswith(start))
        if not names:
            raise InvalidSource(
                f"there is no directory {subdirectory} in the source",
                hint="the subdirectory is that of the project, seen from the archive's top",
            )
        texts = {n[len(start) :]: text for n, text in self.texts.items() if n.startswith(start)}
        return replace(self, names=names, texts=texts)


def identify(contents: Contents, *, is_distribution: bool) -> Identity:
    """Return what a source itself tells of its identity.

    `PKG-INFO` counts in a distribution only: in a directory it may be what an old build left.
    Raises `InvalidSource` where it is no project.
    """
    if not {"pyproject.toml", "setup.py"} & {*contents.names}:
        raise InvalidSource(
            "it is no Python project: there is neither a pyproject.toml nor a setup.py at its top",
            hint="is the project in a subdirectory?",
        )
    declared = _from_pyproject(contents.texts.get("pyproject.toml", ""))
    if is_distribution and "PKG-INFO" in contents.texts:
        told = _from_pkg_info(contents.texts["PKG-INFO"])
        declared = told if told.is_complete else declared
    languages = languages_of(contents.names, contents.texts)
    texts = {n: t for n, t in contents.texts.items() if is_distribution or n != "PKG-INFO"}
    return replace(
        declared,
        languages=tuple(sorted(languages)),
        is_declarative=is_declarative(contents.names, texts),
    )


def _from_pkg_info(text: str) -> Identity:
    headers = HeaderParser().parsestr(text)
    return _identity(
        headers.get("Name", ""), headers.get("Version", ""), headers.get("Requires-Python", "")
    )


def _from_pyproject(text: str) -> Identity:
    try:
        project = tomllib.loads(text).get("project", {})
    except (ValueError, RecursionError) as error:  # also a number with too many digits
        raise InvalidSource(f"its pyproject.toml cannot be read: {error}") from error
    if not isinstance(project, dict):
        raise InvalidSource("the `project` of its pyproject.toml is no table (PEP 621)")
    requires = project.get("requires-python", "")
    return _identity(project.get("name", ""), project.get("version", ""), requires)


def _identity(name: object, version: object, requires_python: object) -> Identity:
    """Return an identity; empty where the texts are not what they should be."""
    if not (isinstance(name, str) and isinstance(version, str) and is_name(name.strip())):
        name = version = ""
    try:
        canonical = str(Version(str(version)))
    except ValueError:  # also of a number with too many digits
        canonical = ""
    return Identity(
        name=normalize(name.strip()) if name else "",
        version=canonical,
        requires_python=str(requires_python or "").strip(),
    )
