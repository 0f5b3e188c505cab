"""Requests: what a caller asks for, as text and as a value."""

from __future__ import annotations

import functools
import os.path
import re
from dataclasses import dataclass, field, replace

from wheelwell.errors import InvalidRequest

ARCHIVE_SUFFIXES = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
"""The endings of source archives, old ones too; PEP 625 has made `.tar.gz` the only new one."""

HASHES = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
"""What the fragment of a URL may promise of its archive: the algorithms that pip knows."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXACT = re.compile(
    rf"({_NAME})[ \t]*==[ \t]*((?:0|[1-9][0-9]{{0,99}})(?:\.(?:0|[1-9][0-9]{{0,99}}))*)"
)
_TOO_LONG = re.compile(r"[0-9]{1000}")  # `int` refuses them, but not before they are compared
_NAMED = re.compile(rf"({_NAME})\s*(?:\[([^]]*)\])?\s*@\s*(.*)", re.DOTALL)
_EXTRAS = re.compile(r"(.*[^\s/])\[([^][/]+)\]", re.DOTALL)
_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:file|https?):|git\+", re.IGNORECASE)
_MARKER = re.compile(r"\s+;\s*|;\s+")
_SEPARATORS = re.compile(r"[-_.]+")
_CREDENTIALS = re.compile(r"://\S*@")
_HINT = (
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

    def as_constraint(self) -> str:
        """Return it as a constraint on others, in one text however it was spelled."""
        return f"{self.name}{self.specifier}{f'; {self.marker}' if self.marker else ''}"


def normalize(name: str) -> str:
    """Return a project's name as it is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def is_name(text: str) -> bool:
    """Say whether `text` is a project's name (PEP 508)."""
    return re.fullmatch(_NAME, text) is not None


@functools.lru_cache(maxsize=4096)
def parse_request(text: str, *, directory: str = "", hashes: tuple[str, ...] = ()) -> Request:
    """Read what a caller typed; a relative path is taken from `directory`.

    Raises `InvalidRequest`, with the place of what could not be read.
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
    if not _is_encodable(text):
        raise InvalidRequest(f"not a request: {text!r}\n  no name holds such characters")
    if (named := _NAMED.fullmatch(text)) and _PLACE.match(named[3]):
        found = _located(named[3], normalize(named[1]), directory, hashes)
        return replace(found, extras=_extras(named[2])) if named[2] else found
    if _PLACE.match(text):
        return _located(text, "", directory, hashes)
    if text.endswith(".whl"):
        raise InvalidRequest(f"{_shown(text)} is a wheel already", hint=_HINT)
    if "://" in text:  # not where a URL may stand; a path would have been a slip
        raise InvalidRequest(f"not a request: {_shown(text)!r}", hint=_HINT)
    if _is_path(text):
        return _path(text, directory, hashes)
    return _requirement(text, hashes)


def _is_path(text: str) -> bool:
    told = text.split(";", maxsplit=1)[0]
    bare, _ = _without_extras(told.strip())
    return (
        bare in {".", "..", "~"}
        or text.startswith(("./", "../", "~/"))
        or "/" in told
        or bare.lower().endswith(ARCHIVE_SUFFIXES)
    )


def _is_encodable(text: str) -> bool:
    """Say whether the system can have a file of such a name."""
    try:
        return b"\0" not in text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False


def _path(text: str, directory: str, hashes: tuple[str, ...]) -> Request:
    told, *condition = _MARKER.split(text, maxsplit=1)
    bare, extras = _without_extras(told)
    path = os.path.join(directory, os.path.expanduser(bare))
    return Request(
        text=told,
        path=os.path.normpath(path),
        marker=_marker(condition[0]) if condition else "",
        hashes=hashes,
        extras=extras,
    )


def _without_extras(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a path and the extras behind it, as pip writes them: `./some[extra]`."""
    if (found := _EXTRAS.fullmatch(text)) and all(map(is_name, _listed(found[2]))):
        return found[1], _extras(found[2])
    return text, ()


def _extras(text: str) -> tuple[str, ...]:
    """Return the extras between brackets (PEP 508)."""
    names = _listed(text)
    if wrong := [name for name in names if not is_name(name)]:
        raise InvalidRequest(f"{_shown(wrong[0])!r} is no extra's name (PEP 508)")
    return tuple(sorted({normalize(name) for name in names}))


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text.strip() else []


def _located(place: str, name: str, directory: str, hashes: tuple[str, ...]) -> Request:
    from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

    from wheelwell.urls import is_readable, without_credentials

    url, *condition = _MARKER.split(place, maxsplit=1)
    shown = without_credentials(url)
    if not is_readable(url) or (name and len(url.split()) != 1):
        raise InvalidRequest(
            f"not a request: {name} @ {shown}" if name else f"not a request: {shown}",
            hint="in a URL, write special characters as in %20; a marker follows ' ; '",
        )
    parts = urlsplit(url)
    if parts.path.endswith(".whl"):
        raise InvalidRequest(f"{shown} is a wheel already", hint=_HINT)
    if parts.scheme not in {"http", "https", "file"} and not parts.scheme.startswith("git+"):
        raise InvalidRequest(
            f"{shown}: requests of the kind {parts.scheme}: are not known",
            hint="https:, http:, file:, git+https:, git+ssh: and git+file: are",
        )
    fragment = dict(parse_qsl(parts.fragment))
    promised = tuple(f"{kind}:{fragment[kind]}" for kind in HASHES if kind in fragment)
    extras: tuple[str, ...] = ()
    if not name:  # `#egg=name[extra]` is how pip named them before PEP 508
        egg, extras = _without_extras(fragment.get("egg", ""))
        name = normalize(egg) if is_name(egg) else ""
    common = {
        "text": f"{name} @ {shown}" if name else shown,
        "name": name,
        "marker": _marker(condition[0]) if condition else "",
        "hashes": hashes or promised,
        "subdirectory": _subdirectory(fragment.get("subdirectory", "")),
        "extras": extras,
    }
    if parts.scheme.startswith("git+"):
        from wheelwell.remote import parse_remote

        remote, ref = parse_remote(url.partition("#")[0])
        place = f"git+{remote.shown}{f'@{ref}' if ref else ''}"
        common["text"] = f"{name} @ {place}" if name else place
        return Request(url=remote.url, is_git=True, ref=ref, **common)  # type: ignore[arg-type]
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise InvalidRequest(f"{shown}: a file on another machine cannot be read")
        path = os.path.normpath(os.path.join(directory, unquote(parts.path)))
        if not _is_encodable(path):
            raise InvalidRequest(f"{shown}: no file has such a name")
        return Request(path=path, **common)  # type: ignore[arg-type]
    return Request(url=urlunsplit(parts._replace(fragment="")), **common)  # type: ignore[arg-type]


def _subdirectory(told: str) -> str:
    """Return a subdirectory in its one spelling: each is another key."""
    path = os.path.normpath(told.strip("/") or ".")
    if path == ".." or path.startswith("../") or not _is_encodable(path):
        raise InvalidRequest(f"the subdirectory {told!r} is not inside the source")
    return "" if path == "." else path


def _marker(text: str) -> str:
    from packaging.markers import Marker

    try:
        _check_numbers(text)
        return str(Marker(text))
    except (RecursionError, ValueError) as error:
        shown = f"not a marker: {_shown(text)!r}\n  {_first_line(error)}"
        raise InvalidRequest(shown) from error


def _check_numbers(text: str) -> None:
    if _TOO_LONG.search(text):
        raise ValueError("no version has so many digits")


def _first_line(error: Exception) -> str:
    return _shown(next(iter(str(error).splitlines()), ""))


def _shown(text: str) -> str:
    """Return `text` without what may be credentials, as far as that can be told of a slip."""
    return _CREDENTIALS.sub("://", text)


def _requirement(text: str, hashes: tuple[str, ...]) -> Request:
    from packaging.requirements import Requirement

    try:
        _check_numbers(text)
        requirement = Requirement(text)
    except (RecursionError, ValueError) as error:  # also: too many digits
        raise InvalidRequest(
            f"not a request: {text!r}\n  {_first_line(error)}", hint=_HINT
        ) from error
    if requirement.url:
        raise InvalidRequest(f"not a request: {text!r}\n  what follows @ is no URL", hint=_HINT)
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
