"""Files and places that locks name: as what is wanted, and as what can be asked for instead."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from wheelwell.fit import tags_of
from wheelwell.lists.toml import Unreadable
from wheelwell.lists.wanted import File, Wanted
from wheelwell.request import HASHES, Request, parse_request


def pinned(name: str, version: str, files: Iterable[File]) -> Wanted:
    """Return what is wanted of a version at an index. Raises `InvalidRequest`."""
    found = list(files)
    hashes = [each for file in found for each in file.hashes if each.partition(":")[0] in HASHES]
    return Wanted(
        request=parse_request(f"{name}=={version}", hashes=tuple(dict.fromkeys(hashes))),
        filenames=tuple(file.name for file in found if file.name.endswith(".whl")),
        is_told=bool(found),
        files=tuple(file for file in found if file.url),
    )


def at(
    name: str, place: str, directory: str, *, hashes: Sequence[str] = (), inside: str = ""
) -> Wanted:
    """Return what is wanted of a project at a URL, or at a path from a directory.

    `inside` is the subdirectory. Raises `InvalidRequest`.
    """
    url = place.partition("#")[0] if "://" in place else as_uri(directory, place)
    ending = f"#subdirectory={inside}" if inside else ""
    text = f"{name} @ {url}{ending}"
    return Wanted(request=parse_request(text, hashes=tuple(hashes), may_be_wheel=True))


def in_git(name: str, place: str, commit: str, directory: str, *, inside: str = "") -> Wanted:
    """Return what is wanted of a commit of a repository, by URL, path, or as `git@host:path`.

    Raises `InvalidRequest`.
    """
    url = place.removeprefix("git+")
    if "://" not in url:
        user, colon, path = url.partition(":")
        is_remote = colon and "/" not in user
        url = f"ssh://{user}/{path}" if is_remote else as_uri(directory, url)
    ending = f"#subdirectory={inside}" if inside else ""
    return Wanted(request=parse_request(f"{name} @ git+{url}@{commit}{ending}"))


def source_of(wanted: Wanted) -> Request | None:
    """Return the source archive that a list names, None where it names none."""
    archives = (each for each in wanted.files if not each.name.endswith(".whl"))
    return next((_named(wanted, file) for file in archives), None)


def wheel_of(wanted: Wanted, tags: Sequence[str]) -> Request | None:
    """Return the wheel that a list names and that fits best; `tags` are the best first."""
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    best: tuple[int, File] | None = None
    for file in wanted.files:
        rank = min((ranks[tag] for tag in tags_of(file.name) if tag in ranks), default=None)
        if rank is not None and (best is None or rank < best[0]):
            best = (rank, file)
    return _named(wanted, best[1]) if best else None


def filename_of(url: str) -> str:
    """Return the file name that a URL ends with, or a path. Raises `Unreadable`."""
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError as error:
        raise Unreadable(f"{url!r} is no URL") from error


def as_uri(*path: str) -> str:
    """Return the URL of a path that is taken from a directory. Raises `Unreadable`."""
    try:
        return Path(os.path.abspath(os.path.join(*path))).as_uri()
    except ValueError as error:
        raise Unreadable(f"{path[-1]!r} is no path: {error}") from error


def _named(wanted: Wanted, file: File) -> Request:
    url = file.url.partition("#")[0]
    return parse_request(f"{wanted.request.name} @ {url}", hashes=file.hashes, may_be_wheel=True)
