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
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from wheelwell.sources.hashing import STRENGTH

JSON = "application/vnd.pypi.simple.v1+json"

ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What to ask an index for: JSON first (PEP 691)."""


class UnreadablePage(ValueError):
    """A page is not what its content type promises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFile:
    """One file of a project, as an index offers it."""

    filename: str

    url: str = field(repr=False)
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

    metadata: Mapping[str, str] | None = None
    """The digests of its `METADATA`, which is beside it; None where it is not (PEP 658, 714)."""


def parse_page(body: bytes, *, content_type: str, url: str) -> list[IndexFile]:
    """Return the files that the page at `url` lists, in its order.

    Raises `UnreadablePage`. An entry that is no file's is left out.
    """
    # JSON of another kind is of another version, or says so: it must not pass for an empty page.
    is_json = content_type.partition(";")[0].strip().lower().endswith("json")
    found = _parse_json(body, url) if is_json else _parse_html(body, url)
    return [file for file in found if _is_file_name(file.filename)]


def link(url: str) -> IndexFile | None:
    """Return the file that a link names, with the hash in its fragment; None where it names none.

    Raises `ValueError` where it is no URL.
    """
    return _from_anchor({"href": url}, url, url)


def _parse_json(body: bytes, url: str) -> list[IndexFile]:
    try:
        page = json.loads(body)
        _check_version(str(page["meta"]["api-version"]))
        return [_from_json(entry, url) for entry in page["files"]]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadablePage):
            raise
        raise UnreadablePage(f"not a page of an index in JSON: {error!r}") from error


def _from_json(entry: Mapping[str, Any], url: str) -> IndexFile:
    yanked = entry.get("yanked")
    size = entry.get("size")
    return IndexFile(
        filename=_text(entry["filename"]),
        url=_join(url, _text(entry["url"]))[0],
        hashes={_text(name): _text(digest).lower() for name, digest in entry["hashes"].items()},
        requires_python=_text(entry.get("requires-python") or ""),
        # PEP 691: what is truthy says yanked, and may be the reason.
        yanked=None if not yanked else _text(yanked) if isinstance(yanked, str) else "",
        size=size if type(size) is int and size >= 0 else None,
        upload_time=_text(entry.get("upload-time") or ""),
        metadata=_metadata(entry.get("core-metadata", entry.get("dist-info-metadata"))),
    )


def _metadata(told: object) -> Mapping[str, str] | None:
    """Return what a page says of a file's metadata: its digests, or only that it is there."""
    if isinstance(told, Mapping):
        return {_text(name): _text(digest).lower() for name, digest in told.items()}
    return {} if told else None


def _text(value: object) -> str:
    """Return a value as text that UTF-8 can hold: JSON can spell halves of characters."""
    return str(value).encode(errors="replace").decode()


def _parse_html(body: bytes, url: str) -> list[IndexFile]:
    parser = _Anchors()
    try:
        # Not closed: what is not whole holds no link, and older Pythons take long to see that.
        parser.feed(body.decode("utf-8", errors="replace"))
    except AssertionError as error:  # what the parser raises for a broken declaration
        raise UnreadablePage(f"not a page in HTML: {error}") from error
    _check_version(parser.version)
    try:
        base = urljoin(url, parser.base)
        found = [_from_anchor(anchor, base, url) for anchor in parser.anchors]
    except ValueError as error:
        raise UnreadablePage(f"a link of the page is no URL: {error}") from error
    return [file for file in found if file is not None]


def _from_anchor(anchor: Mapping[str, str | None], base: str, page: str) -> IndexFile | None:
    href = anchor.get("href")
    if not href:
        return None
    url, fragment = _join(page, href, base=base)
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename:
        return None
    return IndexFile(
        filename=filename,
        url=url,
        hashes={name: value.lower() for name, value in parse_qsl(fragment) if name in STRENGTH},
        requires_python=anchor.get("data-requires-python") or "",
        yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        upload_time=anchor.get("data-upload-time") or "",
        metadata=_metadata_named(
            anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata"))
        ),
    )


def _metadata_named(told: str | None) -> Mapping[str, str] | None:
    """Return what an anchor says of a file's metadata: `true`, or a digest with its kind."""
    kind, _, digest = (told or "").partition("=")
    if not kind or kind.lower() == "false":
        return None
    return {kind: digest.lower()} if kind in STRENGTH and digest else {}


def _join(page: str, reference: str, *, base: str = "") -> tuple[str, str]:
    """Return the absolute URL without its fragment, and the fragment.

    A link to the page's own host gets the page's credentials, as with pip and uv: many private
    indexes give absolute links.
    """
    parts = urlsplit(urljoin(base or page, reference.strip()))
    asked = urlsplit(page)
    _, has_user, host = asked.netloc.rpartition("@")
    if has_user and (parts.scheme, parts.netloc) == (asked.scheme, host):
        parts = parts._replace(netloc=asked.netloc)
    return urlunsplit(parts._replace(fragment="")), parts.fragment


def _check_version(version: str) -> None:
    """Refuse another major version of the interface (PEP 629)."""
    major = version.partition(".")[0]
    if major != "1":
        raise UnreadablePage(f"version {major} of the index's interface is not known")


def _is_file_name(name: str) -> bool:
    """Say whether a name can be a file's, in the directory that we choose."""
    return name not in {"", ".", ".."} and not {"/", "\\", "\0"} & {*name}


class _Anchors(HTMLParser):
    """Collects a page's links, its base and its version."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[dict[str, str | None]] = []
        self.base = ""
        self.version = "1.0"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and not self.base:
            self.base = dict(attrs).get("href") or ""
        elif tag == "meta" and dict(attrs).get("name") == "pypi:repository-version":
            self.version = dict(attrs).get("content") or ""
