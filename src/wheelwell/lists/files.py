"""Files of a locked version: which of them are wheels, and what all of them hash to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from wheelwell.lists.wanted import Wanted
from wheelwell.request import HASHES, parse_request


def pinned(name: str, version: str, files: Iterable[tuple[str, str]]) -> Wanted:
    """Return what is wanted of a version at an index; `files` are names with their hashes.

    Raises `InvalidRequest`.
    """
    found = list(files)
    hashes = [hashed for _, hashed in found if hashed.partition(":")[0] in HASHES]
    return Wanted(
        request=parse_request(f"{name}=={version}", hashes=tuple(dict.fromkeys(hashes))),
        filenames=tuple(name for name, _ in found if name.endswith(".whl")),
    )


def filename_of(url: str) -> str:
    """Return the file name that a URL ends with, or a path."""
    return unquote(urlsplit(url).path).rpartition("/")[2]
