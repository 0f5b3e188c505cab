"""Tar archives: what their headers may say, beyond what the library refuses (PEP 706).

The library reads some headers whole into memory, walks backwards where a size is negative, and
on older Pythons can be led out through a chain of links. None of this is met in a real source.
"""

from __future__ import annotations

import gzip
import posixpath
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from wheelwell.sources.bounds import Bounds

if sys.version_info >= (3, 11, 4):
    import tarfile
else:  # it cannot refuse what is unsafe (PEP 706); Debian 12 has such a Python
    from backports import tarfile  # type: ignore[no-redef]

__all__ = ["HEADER_LIMIT", "members", "opened", "tarfile"]

HEADER_LIMIT = 1 << 15
"""How many bytes a long name or a set of attributes may have. Paths have 4096 at most."""

_READ_WHOLE = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


class _Header(tarfile.TarInfo):
    """A header that is judged before the library believes it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0:
            raise tarfile.FilterError(f"{header.name!r} has a negative size")
        if header.type in _READ_WHOLE and header.size > HEADER_LIMIT:
            raise tarfile.FilterError(f"it holds a header of {header.size} bytes")
        return header


def opened(path: Path) -> tarfile.TarFile:
    """Open a tar archive, compressed or not. Raises `tarfile.TarError` and `OSError`."""
    return tarfile.open(path, tarinfo=_Header)


def members(archive: tarfile.TarFile, bounds: Bounds) -> Iterator[tarfile.TarInfo]:
    """Walk an archive, in one pass: decompressing is what takes long.

    Raises `InvalidSource`, `tarfile.FilterError` for a name that leads through a link, and what
    the library raises for data that breaks off or whose checksum is wrong.
    """
    links: set[str] = set()
    for member in archive:
        bounds.take(member.name, member.size)
        _check_way(member.name, links)
        if member.islnk():
            _check_way(member.linkname, links)
        if member.issym():
            links.add(posixpath.normpath(member.name))
        yield member
    _read_to_its_end(archive, bounds)


def _check_way(name: str, links: set[str]) -> None:
    """Refuse a name that is reached through a link of the archive, or takes a link's place.

    Where a link leads is judged by the library when it is made; what is written through it is
    then wherever it leads.
    """
    if ".." in name.split("/"):
        raise tarfile.FilterError(f"{name!r} leads upwards")
    if not links:
        return
    place = posixpath.normpath(name)
    while place not in {"", ".", "/"}:
        if place in links:
            raise tarfile.FilterError(f"{name!r} leads through the link {place!r}")
        place = posixpath.dirname(place)


def _read_to_its_end(archive: tarfile.TarFile, bounds: Bounds) -> None:
    """Read what follows the last member: the checksum of what was compressed stands there."""
    assert archive.fileobj is not None
    try:
        while rest := archive.fileobj.read(1 << 16):
            bounds.take("", len(rest))
    except gzip.BadGzipFile as error:
        if not str(error).startswith("Not a gzipped file"):
            raise
        # Something else follows the whole archive, as `gzip` itself puts up with.
