"""Source archives: what is in them, and unpacking them without harm."""

from __future__ import annotations

import calendar
import contextlib
import errno
import lzma
import os
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from wheelwell.errors import InvalidSource
from wheelwell.languages import BUILD_FILES
from wheelwell.sources import tar
from wheelwell.sources.bounds import Bounds
from wheelwell.sources.contents import TEXT_LIMIT, Contents
from wheelwell.sources.tar import tarfile

_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    LookupError,  # a name without a letter
    MemoryError,  # of xz, whose head says how much it wants
    NotImplementedError,
    OverflowError,  # a time that no clock shows
    RuntimeError,  # an encrypted zip
    UnicodeError,
    ValueError,
)

_BROKEN_NAMES = frozenset(
    {
        errno.EEXIST,
        errno.EINVAL,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOTDIR,
    }
)
"""What the system says of names that contradict each other, or that it cannot hold."""


def read(path: Path) -> Contents:
    """Return what is in an archive, as seen from its one top directory.

    Raises `InvalidSource`.
    """
    with _translated(path):
        if _is_zip(path):
            return _read_zip(path)
        return _read_tar(path)


def unpack(path: Path, into: Path) -> Path:
    """Unpack an archive into the empty directory `into`; return its one top directory.

    Nothing is written outside `into`, and no device, no link that leads out, no mode that others
    could write to (PEP 706). Raises `InvalidSource`, and `OSError` where the disk is full.
    """
    with _translated(path):
        if _is_zip(path):
            _unpack_zip(path, into)
        else:
            _unpack_tar(path, into)
    tops = sorted(child for child in into.iterdir() if child.name != "pax_global_header")
    if len(tops) != 1 or not tops[0].is_dir() or tops[0].is_symlink():
        raise _tops_error(path, [top.name for top in tops])
    return tops[0]


def newest(top: Path) -> int:
    """Return when the newest file of an unpacked archive was changed, as its archive says.

    In seconds since 1970; 0 where there is no file.
    """
    found = 0.0
    for place, _, names in os.walk(top):
        for name in names:
            status = os.lstat(os.path.join(place, name))
            if stat.S_ISREG(status.st_mode):
                found = max(found, status.st_mtime)
    return int(found)


def _is_zip(path: Path) -> bool:
    """Say whether a file is a zip rather than a tar: a URL's name for it may tell nothing."""
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}


def _read_tar(path: Path) -> Contents:
    names: set[str] = set()
    texts: dict[str, str] = {}
    with tar.opened(path) as archive:
        for member in tar.members(archive, Bounds(path)):
            name = posixpath.normpath(member.name)
            names.add(name)
            is_told = member.isreg() and _is_telling(name)
            if is_told and (file := archive.extractfile(member)) is not None:
                texts[name] = file.read(TEXT_LIMIT).decode("utf-8", errors="replace")
    return _contents(path, names, texts)


def _read_zip(path: Path) -> Contents:
    names: set[str] = set()
    texts: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        for member in _bounded(archive, path):
            name = posixpath.normpath(member.filename)
            names.add(name)
            if not member.is_dir() and _is_telling(name):
                with archive.open(member) as file:
                    texts[name] = file.read(TEXT_LIMIT).decode("utf-8", errors="replace")
    return _contents(path, names, texts)


def _contents(path: Path, names: set[str], texts: dict[str, str]) -> Contents:
    tops = {name.split("/")[0] for name in names} - {"pax_global_header", "."}
    if len(tops) != 1 or not any("/" in name for name in names):
        raise _tops_error(path, sorted(tops))
    start = len(next(iter(tops))) + 1
    return Contents(
        names=tuple(sorted(name[start:] for name in names if len(name) > start)),
        texts={name[start:]: text for name, text in texts.items()},
    )


def _unpack_tar(path: Path, into: Path) -> None:
    with tar.opened(path) as archive:
        archive.extractall(into, members=tar.members(archive, Bounds(path)), filter="data")


def _unpack_zip(path: Path, into: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in _bounded(archive, path):
            name = member.filename
            if posixpath.isabs(name) or ".." in name.split("/") or "\\" in name:
                raise InvalidSource(
                    f"{path.name} holds {name!r}, which leads out of it", hint=_WHOLE
                )
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                why = f"{path.name} holds the link {name!r}; a .zip may not"
                raise InvalidSource(why, hint=_WHOLE)
            target = archive.extract(member, into)
            if not member.is_dir():
                os.chmod(target, 0o755 if mode & 0o111 else 0o644)
                # `make` and its like compare times: keep what the archive says.
                os.utime(target, (_zip_time(member), _zip_time(member)))


def _is_telling(name: str) -> bool:
    base = posixpath.basename(name)
    return base in BUILD_FILES or (name.count("/") == 1 and base == "PKG-INFO")


def _zip_time(member: zipfile.ZipInfo) -> float:
    with contextlib.suppress(ValueError, OverflowError):
        # The format has no time zone; a fixed one keeps the answer the same on every machine.
        return float(calendar.timegm((*member.date_time, 0, 0, 0)))
    return 0.0


def _bounded(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Return all that is in an archive, once it is known not to be too much."""
    members = archive.infolist()
    bounds = Bounds(path)
    for member in members:
        bounds.take(member.filename, member.file_size)
    return members


def _tops_error(path: Path, tops: list[str]) -> InvalidSource:
    shown = ", ".join(tops[:5]) or "nothing"
    return InvalidSource(
        f"{path.name} is no source distribution: it holds {shown} where one directory should be",
        hint="a source distribution has one top directory, {name}-{version}/",
    )


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise InvalidSource(f"{path.name} is unsafe to unpack: {error}", hint=_WHOLE) from error
    except _BROKEN as error:
        raise InvalidSource(
            f"{path.name} cannot be unpacked: {str(error) or type(error).__name__}",
            hint=_WHOLE,
        ) from error
    except OSError as error:
        # Without a number it is bz2's way to say that the data is broken.
        if error.errno is not None and error.errno not in _BROKEN_NAMES:
            raise
        reason = error.strerror or error
        raise InvalidSource(f"{path.name} cannot be unpacked: {reason}", hint=_WHOLE) from error


_WHOLE = "is it a whole source archive (.tar.gz or .zip), as its author published it?"
