"""Requests: what a caller asks for, as text and as a value."""

from __future__ import annotations

import functools
import os.path
import re
from dataclasses import dataclass

from wheelwell.errors import InvalidRequest

ARCHIVE_SUFFIXES = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
"""The endings of source archives, old ones too; PEP 625 has made `.tar.gz` the only new one."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXACT = re.compile(rf"({_NAME})\s*==\s*((?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*)")
_NAMED_URL = re.compile(rf"({_NAME})\s*(?:\[[^]]*\])?\s*@\s*(\S+)(?:\s+;\s*(.*))?")
_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|file:|git\+")
_SEPARATORS = re.compile(r"[-_.]+")


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
    """The one version that will do, where the specifier is a single `==` without a wildcard."""

    marker: str = ""
    """When it is wanted at all (PEP 508); empty for always."""

    path: str = ""
    """The absolute path of an archive or directory, if that is what is asked for."""

    url: str = ""
    """Where an archive is, credentials included, if that is what is asked for."""

    hashes: tuple[str, ...] = ()
    """What its archive may hash to, as in `sha256:…`; none for no demand."""

    subdirectory: str = ""
    """Where the project is inside its archive."""


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
    if (named := _NAMED_URL.fullmatch(text)) and _PLACE.match(named[2]):
        return _located(named[2], normalize(named[1]), named[3] or "", directory, hashes)
    if _PLACE.match(text):
        return _located(text, "", "", directory, hashes)
    if _is_path(text):
        path = os.path.join(directory, os.path.expanduser(text))
        return Request(text=text, path=os.path.normpath(path), hashes=hashes)
    return _requirement(text, hashes)


def _is_path(text: str) -> bool:
    bare = text.split(";", maxsplit=1)[0]
    return (
        text in {".", "..", "~"}
        or text.startswith(("./", "../", "~/"))
        or "/" in bare
        or text.lower().endswith(ARCHIVE_SUFFIXES)
    )


def _located(url: str, name: str, marker: str, directory: str, hashes: tuple[str, ...]) -> Request:
    from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

    from wheelwell.urls import without_credentials

    shown = without_credentials(url)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "file"}:
        raise InvalidRequest(
            f"{shown}: requests of the kind {parts.scheme}: are not known",
            hint="https:, http: and file: are; a checkout can be asked for by its directory",
        )
    fragment = dict(parse_qsl(parts.fragment))
    promised = tuple(
        f"{kind}:{fragment[kind]}" for kind in ("sha256", "sha512") if kind in fragment
    )
    common = {
        "text": f"{name} @ {shown}" if name else shown,
        "name": name,
        "marker": marker,
        "hashes": hashes or promised,
        "subdirectory": fragment.get("subdirectory", "").strip("/"),
    }
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise InvalidRequest(f"{shown}: a file on another machine cannot be read")
        path = os.path.normpath(os.path.join(directory, unquote(parts.path)))
        return Request(path=path, **common)  # type: ignore[arg-type]
    return Request(url=urlunsplit(parts._replace(fragment="")), **common)  # type: ignore[arg-type]


def _requirement(text: str, hashes: tuple[str, ...]) -> Request:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise InvalidRequest(
            f"not a request: {text!r}\n  {str(error).splitlines()[0]}",
            hint="ask for a requirement (lxml==5.3.0), an archive's path or URL, or a directory",
        ) from error
    clauses = [*requirement.specifier]
    exact = len(clauses) == 1 and clauses[0].operator == "==" and "*" not in clauses[0].version
    return Request(
        text=text,
        name=normalize(requirement.name),
        specifier=str(requirement.specifier),
        pin=clauses[0].version if exact else "",
        marker=str(requirement.marker or ""),
        hashes=hashes,
    )
