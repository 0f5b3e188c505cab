"""Index pages: what an index says about a project's files (PEP 503, 592, 658, 691, 700).

An index may answer HTML whatever it is asked for, so both forms become the same values. HTML
carries neither sizes nor upload times; some indexes add the latter as `data-upload-time`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""What to ask an index for: JSON first (PEP 691)."""

JSON = "application/vnd.pypi.simple.v1+json"


class UnreadablePage(ValueError):
    """A page is not what its content type promises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFile:
    """One file of a project, as an index offers it."""

    filename: str

    url: str
    """Absolute, without a fragment; may hold credentials."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    """Digests in hexadecimal, by the name of their algorithm."""

    requires_python: str = ""
    """Which Pythons it is for (PEP 345); empty for any."""

    yanked: str | None = None
    """Why it was yanked, perhaps empty; None where it was not (PEP 592)."""

    size: int | None = None
    """In bytes, where the index says it (PEP 700)."""

    upload_time: str = ""
    """In UTC (PEP 700), empty where the index does not say it."""


def parse_page(body: bytes, *, content_type: str, url: str) -> list[IndexFile]:
    """Return the files that the page at `url` lists, in its order.

    Raises `UnreadablePage`. An entry that is no file's is left out.
    """
    if content_type.partition(";")[0].strip().lower() == JSON:
        return _parse_json(body, url)
    return _parse_html(body, url)


def _parse_json(body: bytes, url: str) -> list[IndexFile]:
    try:
        page = json.loads(body)
        major = str(page["meta"]["api-version"]).partition(".")[0]
        if major != "1":
            raise UnreadablePage(f"version {major} of the index's interface is not known")
        return [_from_json(entry, url) for entry in page["files"]]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadablePage):
            raise
        raise UnreadablePage(f"not a page of an index in JSON: {error!r}") from error


def _from_json(entry: Mapping[str, Any], url: str) -> IndexFile:
    yanked = entry.get("yanked", False)
    size = entry.get("size")
    return IndexFile(
        filename=str(entry["filename"]),
        url=_join(url, str(entry["url"]))[0],
        hashes={str(name): str(digest).lower() for name, digest in entry["hashes"].items()},
        requires_python=str(entry.get("requires-python") or ""),
        yanked=None if yanked is False or yanked is None else ("" if yanked is True else yanked),
        size=size if isinstance(size, int) else None,
        upload_time=str(entry.get("upload-time") or ""),
    )


def _parse_html(body: bytes, url: str) -> list[IndexFile]:
    parser = _Anchors()
    parser.feed(body.decode("utf-8", errors="replace"))
    parser.close()
    try:
        base = urljoin(url, parser.base)
        found = [_from_anchor(anchor, base) for anchor in parser.anchors]
    except ValueError as error:
        raise UnreadablePage(f"a link of the page is no URL: {error}") from error
    return [file for file in found if file is not None]


def _from_anchor(anchor: Mapping[str, str | None], base: str) -> IndexFile | None:
    href = anchor.get("href")
    if not href:
        return None
    url, fragment = _join(base, href)
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename:
        return None
    algorithm, _, digest = fragment.partition("&")[0].partition("=")
    return IndexFile(
        filename=filename,
        url=url,
        hashes={algorithm: digest.lower()} if digest else {},
        requires_python=anchor.get("data-requires-python") or "",
        yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        upload_time=anchor.get("data-upload-time") or "",
    )


def _join(base: str, reference: str) -> tuple[str, str]:
    """Return the absolute URL without its fragment, and the fragment."""
    parts = urlsplit(urljoin(base, reference.strip()))
    return urlunsplit(parts._replace(fragment="")), parts.fragment


class _Anchors(HTMLParser):
    """Collects a page's links and its base."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[dict[str, str | None]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and not self.base:
            self.base = dict(attrs).get("href") or ""
