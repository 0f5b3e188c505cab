"""A wheel's own metadata, read from the file."""

from __future__ import annotations

import re
import zipfile
from email.parser import HeaderParser

from wheelwell.errors import ExportError

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def metadata_of(wheel: str) -> bytes:
    """Return the file METADATA of a wheel (PEP 427). Raises `ExportError`, `OSError`."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = filter(_METADATA.fullmatch, archive.namelist())
            return archive.read(name)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise ExportError(f"{wheel} has no metadata that can be read: {error}") from error


def requires_python(metadata: bytes) -> str:
    """Return which Pythons a wheel says that it is for; empty for any."""
    headers = HeaderParser().parsestr(metadata.decode("utf-8", errors="replace"))
    return " ".join(str(headers.get("Requires-Python", "")).split())
