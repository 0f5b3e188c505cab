"""Places: requests by path or by URL, as text and as a value."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from wheelwell.errors import InvalidRequest
from wheelwell.request import (
    ARCHIVE_SUFFIXES,
    HASHES,
    HINT,
    NAME,
    Request,
    is_name,
    normalize,
    read_marker,
    shown,
)
from wheelwell.urls import is_readable, without_credentials

_NAMED = re.compile(rf"({NAME})\s*+(?:\[([^]]*)\]\s*+)?@\s*+(.*)", re.DOTALL)
_EXTRAS = re.compile(r"(.*[^\s/])\[([^][/]+)\]", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:file|https?):|git\+", re.IGNORECASE)
_MARKER = re.compile(r"(?<=\s);\s*+|;\s++")
_WHEEL = ".whl"


def read_place(
    text: str, *, directory: str, hashes: tuple[str, ...], may_be_wheel: bool
) -> Request | None:
    """Return the request that a path or URL is, with or without a name; None for other texts.

    Raises `InvalidRequest`.
    """
    if not _is_encodable(text):
        raise InvalidRequest(f"not a request: {text!r}\n  no name holds such characters")
    request = _read(text, _Context(directory, hashes))
    if request is None or not _filename(request).endswith(_WHEEL):
        return request
    if not may_be_wheel:
        raise InvalidRequest(f"{shown(request.text)} is a wheel already", hint=HINT)
    return _of_wheel(request)


@dataclass(frozen=True, slots=True)
class _Context:
    directory: str
    hashes: tuple[str, ...]


def _read(text: str, context: _Context) -> Request | None:
    if (named := _NAMED.fullmatch(text)) and _URL.match(named[3]):
        found = _located(named[3], normalize(named[1]), context)
        return replace(found, extras=_extras(named[2])) if named[2] else found
    if _URL.match(text):
        return _located(text, "", context)
    if "://" in text and not text.endswith(_WHEEL):  # a path would have been a slip
        raise InvalidRequest(f"not a request: {shown(text)!r}", hint=HINT)
    return _path(text, context) if _is_path(text) else None


def _is_path(text: str) -> bool:
    told = text.split(";", maxsplit=1)[0]
    bare, _ = _without_extras(told.strip())
    return (
        bare in {".", "..", "~"}
        or text.startswith(("./", "../", "~/"))
        or "/" in told
        or bare.lower().endswith((*ARCHIVE_SUFFIXES, _WHEEL))
    )


def _is_encodable(text: str) -> bool:
    """Say whether the system can have a file of such a name."""
    try:
        return b"\0" not in text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False


def _path(text: str, context: _Context) -> Request:
    told, *condition = _MARKER.split(text, maxsplit=1)
    told = told.rstrip()
    bare, extras = _without_extras(told)
    path = os.path.join(context.directory, os.path.expanduser(bare))
    return Request(
        text=told,
        path=os.path.normpath(path),
        marker=read_marker(condition[0]) if condition else "",
        hashes=context.hashes,
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
        raise InvalidRequest(f"{shown(wrong[0])!r} is no extra's name (PEP 508)")
    return tuple(sorted({normalize(name) for name in names}))


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text.strip() else []


def _located(place: str, name: str, context: _Context) -> Request:
    url, *condition = _MARKER.split(place, maxsplit=1)
    url = url.rstrip()
    told = without_credentials(url)
    if not is_readable(url) or (name and len(url.split()) != 1):
        raise InvalidRequest(
            f"not a request: {name} @ {told}" if name else f"not a request: {told}",
            hint="in a URL, write special characters as in %20; a marker follows ' ; '",
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "file"} and not parts.scheme.startswith("git+"):
        raise InvalidRequest(
            f"{told}: requests of the kind {parts.scheme}: are not known",
            hint="https:, http:, file:, git+https:, git+ssh: and git+file: are",
        )
    fragment = dict(parse_qsl(parts.fragment))
    promised = tuple(f"{kind}:{fragment[kind]}" for kind in HASHES if kind in fragment)
    extras: tuple[str, ...] = ()
    if not name:  # `#egg=name[extra]` is how pip named them before PEP 508
        egg, extras = _without_extras(fragment.get("egg", ""))
        name = normalize(egg) if is_name(egg) else ""
    common = Request(
        text=f"{name} @ {told}" if name else told,
        name=name,
        marker=read_marker(condition[0]) if condition else "",
        hashes=context.hashes or promised,
        subdirectory=_subdirectory(fragment.get("subdirectory", "")),
        extras=extras,
    )
    if parts.scheme.startswith("git+"):
        from wheelwell.remote import parse_remote

        remote, ref = parse_remote(url.partition("#")[0])
        at = f"git+{remote.shown}{f'@{ref}' if ref else ''}"
        at = f"{name} @ {at}" if name else at
        return replace(common, text=at, url=remote.url, is_git=True, ref=ref)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise InvalidRequest(f"{told}: a file on another machine cannot be read")
        path = os.path.normpath(os.path.join(context.directory, unquote(parts.path)))
        if not _is_encodable(path):
            raise InvalidRequest(f"{told}: no file has such a name")
        return replace(common, path=path)
    return replace(common, url=urlunsplit(parts._replace(fragment="")))


def _subdirectory(told: str) -> str:
    """Return a subdirectory in its one spelling: each is another key."""
    path = os.path.normpath(told.strip("/") or ".")
    if path == ".." or path.startswith("../") or not _is_encodable(path):
        raise InvalidRequest(f"the subdirectory {told!r} is not inside the source")
    return "" if path == "." else path


def _of_wheel(request: Request) -> Request:
    """Return the request of a wheel with the name that its file name tells (PEP 427)."""
    from packaging.utils import parse_wheel_filename

    filename = _filename(request)
    try:
        name, *_ = parse_wheel_filename(filename)
    except ValueError as error:
        raise InvalidRequest(f"{request.text}: no wheel is called {filename!r}") from error
    if request.name not in {"", name}:
        raise InvalidRequest(f"{request.text} is a wheel of {name}")
    return replace(request, name=name, is_wheel=True)


def _filename(request: Request) -> str:
    path = request.path or unquote(urlsplit(request.url).path)
    return path.rpartition("/")[2]
