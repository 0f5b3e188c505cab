"""Requests: what a caller asks for, as text and as a value."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from wheelwell.errors import InvalidRequest

ARCHIVE_SUFFIXES = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
"""The endings of source archives, old ones too; PEP 625 has made `.tar.gz` the only new one."""

HASHES = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
"""What the fragment of a URL may promise of its archive: the algorithms that pip knows."""

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXACT = re.compile(
    rf"({NAME})[ \t]*==[ \t]*((?:0|[1-9][0-9]{{0,99}})(?:\.(?:0|[1-9][0-9]{{0,99}}))*)"
)
_TOO_LONG = re.compile(r"[0-9]{1000}")  # `int` refuses them, but not before they are compared
_LONGEST = 16_384  # no path, URL or marker comes near it
_SEPARATORS = re.compile(r"[-_.]+")
_CREDENTIALS = re.compile(r"://\S*@")
HINT = (
    "ask for a requirement (lxml==5.3.0), an archive's path or URL, a directory, or git+https://…"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One thing that is asked for: a requirement, or a project in a file or directory."""

    text: str
    """As it was given, without credentials."""

    name: str = ""
    """Normalized (PEP 503); empty where a path or URL stands alone."""

    specifier: str = ""
    """Which versions will do (PEP 440); empty for any."""

    pin: str = ""
    """The one version that will do, where the specifier is one `==` or `===` without a wildcard."""

    marker: str = ""
    """When it is wanted at all (PEP 508); empty for always."""

    path: str = ""
    """The absolute path of an archive or directory, if that is what is asked for."""

    url: str = field(default="", repr=False)
    """Where an archive is, credentials included, if that is what is asked for."""

    hashes: tuple[str, ...] = ()
    """What its archive may hash to, as in `sha256:…`; none for no demand."""

    subdirectory: str = ""
    """Where the project is inside its archive or repository."""

    is_git: bool = False
    """Whether the URL is of a Git repository."""

    ref: str = ""
    """The branch, tag or commit of the repository; empty for its default branch."""

    extras: tuple[str, ...] = ()
    """The extras that it names, normalized and sorted: they change no wheel, but what it needs."""

    config: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Config settings (PEP 517) that its build alone is given: names, each with its values."""

    is_wheel: bool = False
    """Whether the path or URL is of a wheel, as in a list that was resolved."""

    def as_constraint(self) -> str:
        """Return it as a constraint on others, in one text however it was spelled."""
        return f"{self.name}{self.specifier}{f'; {self.marker}' if self.marker else ''}"


def normalize(name: str) -> str:
    """Return a project's name as it is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def is_name(text: str) -> bool:
    """Say whether `text` is a project's name (PEP 508)."""
    return re.fullmatch(NAME, text) is not None


@functools.lru_cache(maxsize=4096)
def parse_request(
    text: str, *, directory: str = "", hashes: tuple[str, ...] = (), may_be_wheel: bool = False
) -> Request:
    """Read what a caller typed; a relative path is taken from `directory`.

    Where it may not be a wheel, one is refused: there is nothing to build. Raises
    `InvalidRequest`, with the place of what could not be read.
    """
    text = text.strip()
    if exact := _EXACT.fullmatch(text):  # by far the most usual; `packaging` costs 30 ms to import
        name, version = exact.groups()
        return Request(
            text=text,
            name=normalize(name),
            specifier=f"=={version}",
            pin=version,
            hashes=hashes,
        )
    if not text:
        raise InvalidRequest("an empty request", hint="name a project, an archive or a directory")
    if len(text) > _LONGEST:
        raise InvalidRequest(f"{shown(text[:60])}… is too long for a request: {len(text)} letters")
    from wheelwell.places import read_place

    place = read_place(text, directory=directory, hashes=hashes, may_be_wheel=may_be_wheel)
    return place or _requirement(text, hashes)


def read_marker(text: str) -> str:
    """Return a marker in its one spelling (PEP 508). Raises `InvalidRequest`."""
    from packaging.markers import Marker

    try:
        _check_numbers(text)
        return str(Marker(text))
    except (RecursionError, ValueError) as error:
        raise InvalidRequest(f"not a marker: {shown(text)!r}\n  {_first_line(error)}") from error


def _check_numbers(text: str) -> None:
    if _TOO_LONG.search(text):
        raise ValueError("no version has so many digits")


def _first_line(error: Exception) -> str:
    return shown(next(iter(str(error).splitlines()), ""))


def shown(text: str) -> str:
    """Return `text` without what may be credentials, as far as that can be told of a slip."""
    return _CREDENTIALS.sub("://", text)


def _requirement(text: str, hashes: tuple[str, ...]) -> Request:
    from packaging.requirements import Requirement

    try:
        _check_numbers(text)
        requirement = Requirement(text)
    except (RecursionError, ValueError) as error:  # also: too many digits
        raise InvalidRequest(
            f"not a request: {text!r}\n  {_first_line(error)}", hint=HINT
        ) from error
    if requirement.url:
        raise InvalidRequest(f"not a request: {text!r}\n  what follows @ is no URL", hint=HINT)
    clauses = [*requirement.specifier]
    exact = len(clauses) == 1 and clauses[0].operator in {"==", "==="}
    exact = exact and not clauses[0].version.endswith("*")
    return Request(
        text=text,
        name=normalize(requirement.name),
        specifier=str(requirement.specifier),
        pin=clauses[0].version if exact else "",
        marker=str(requirement.marker or ""),
        hashes=hashes,
        extras=tuple(sorted(map(normalize, requirement.extras))),
    )
