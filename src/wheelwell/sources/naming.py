"""Naming: what an archive from a URL is called, where the URL itself may not tell."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from urllib.parse import unquote, urlsplit

from wheelwell.request import ARCHIVE_SUFFIXES

NAMELESS = "archive"
"""What an archive is called that nobody gave a name."""

_LONGEST = 200  # bytes; file systems take 255

_SUFFIXES = {
    "application/gzip": ".tar.gz",
    "application/x-gzip": ".tar.gz",
    "application/x-tar": ".tar",
    "application/x-bzip2": ".tar.bz2",
    "application/x-xz": ".tar.xz",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}


def name_in_url(url: str) -> str:
    """Return the file name that a URL ends with, or `NAMELESS`."""
    return _safe(unquote(urlsplit(url).path.rpartition("/")[2])) or NAMELESS


def archive_name(url: str, headers: Mapping[str, str]) -> str:
    """Return what an archive is called, after its server (RFC 6266), its URL and its type.

    `headers` have names in lower case. The name is one of a file in any directory.
    """
    name = _disposed(headers.get("content-disposition", "")) or name_in_url(url)
    if name.lower().endswith(ARCHIVE_SUFFIXES):
        return name
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return name + _SUFFIXES.get(kind, "")


def _disposed(disposition: str) -> str:
    message = Message()
    message["Content-Disposition"] = disposition.replace("\r", " ").replace("\n", " ")
    try:
        name = message.get_filename("")
    except (LookupError, ValueError):  # a character set that nobody knows
        return ""
    return _safe(name.replace("\\", "/").rpartition("/")[2])


def _safe(name: str) -> str:
    """Return a name as a file may have it, or nothing where it can have none such."""
    printable = "".join(letter for letter in name if letter.isprintable())
    encoded = printable.encode(errors="ignore")[-_LONGEST:]  # the ending tells what it is
    name = encoded.decode(errors="ignore").strip()
    return "" if name in {"", ".", ".."} or "/" in name else name
