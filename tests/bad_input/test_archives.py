"""Source archives that would do harm, or are none: refused before anything is built."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.index import IndexServer
from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

PYPROJECT = b'[project]\nname = "a"\nversion = "1"\n'
Member = tuple[tarfile.TarInfo, bytes]
MIB = 1 << 20


def member(name: str, content: bytes = b"", *, kind: bytes = b"0", link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(content), 0o644
    return info, content


def tar(path: Path, *members: Member) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as file:
        for info, content in members:
            file.addfile(info, io.BytesIO(content))
    return path


def good(*more: Member) -> list[Member]:
    return [member("a-1/pyproject.toml", PYPROJECT), *more]


def _outside(cache: Cache) -> set[str]:
    """Return what lies beside the cache: what an archive might have put there."""
    return {*os.listdir(cache.directory.parent)}


UNSAFE = "unsafe to unpack"
HARM = {
    "up": (member("a-1/../../../../../../../tmp/x"), UNSAFE),
    "up-at-once": (member("../x"), UNSAFE),
    "soft-absolute": (member("a-1/x", kind=tarfile.SYMTYPE, link="/etc/passwd"), UNSAFE),
    "soft-up": (member("a-1/x", kind=tarfile.SYMTYPE, link="../../x"), UNSAFE),
    "hard-absolute": (member("a-1/x", kind=tarfile.LNKTYPE, link="/etc/passwd"), UNSAFE),
    "hard-up": (member("a-1/x", kind=tarfile.LNKTYPE, link="../../x"), UNSAFE),
    "character-device": (member("a-1/x", kind=tarfile.CHRTYPE), UNSAFE),
    "block-device": (member("a-1/x", kind=tarfile.BLKTYPE), UNSAFE),
    "pipe": (member("a-1/x", kind=tarfile.FIFOTYPE), UNSAFE),
    "two-tops": (member("b-1/x"), "it holds a-1, b-1 where one directory should be"),
    "name-too-long": (member(f"a-1/{'x' * 300}"), "cannot be unpacked: File name too long"),
    "file-at-top": (member("x"), "it holds a-1, x where one directory should be"),
}


@pytest.mark.parametrize(("bad", "says"), HARM.values(), ids=HARM)
def test_tar_that_would_do_harm(cache: Cache, tmp_path: Path, bad: Member, says: str) -> None:
    archive = tar(tmp_path / "a-1.tar.gz", *good(bad))
    before = _outside(cache)
    cache.refuses(archive, says=[f"{archive}: a-1.tar.gz ", says])
    assert _outside(cache) - {"cache"} == before


def test_absolute_name_is_refused_or_lands_inside(cache: Cache, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a-1.tar.gz", *good(member(f"{tmp_path}/x", b"x")))
    cache.refuses(archive, says=["a-1.tar.gz is no source distribution: it holds "])
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["/x", "../x", "a-1/../../x", "a-1\\..\\x", "C:\\x"])
def test_zip_that_would_do_harm(cache: Cache, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "a-1.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a-1/pyproject.toml", PYPROJECT)
        file.writestr(name, b"x")
    before = _outside(cache)
    cache.refuses(archive, says=[f"{archive}: a-1.zip "])
    assert _outside(cache) - {"cache"} == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    ids=["empty", "text", "html", "zip", "bz2", "xz", "zeros"],
    argvalues=[
        ("a-1.tar.gz", b"", "cannot be unpacked"),
        ("a-1.tar.gz", b"this is no archive", "cannot be unpacked"),
        ("a-1.tar.gz", b"<!DOCTYPE html><html>Not found</html>", "cannot be unpacked"),
        ("a-1.zip", b"PK\3\4", "cannot be unpacked"),
        ("a-1.tar.bz2", b"BZh9", "cannot be unpacked"),
        ("a-1.tar.xz", b"\xfd7zXZ\0", "cannot be unpacked"),
        ("a-1.tar.gz", gzip.compress(b"\0" * 10240), "it holds nothing where one directory"),
    ],
)
def test_file_that_is_no_archive(
    cache: Cache, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    cache.refuses(f"./{name}", says=[f"./{name}: {name} ", says])


def _zeros(size: int) -> Iterator[bytes]:
    """Return a tar that holds one file of so many zeros, piece by piece."""
    for info, content in good():
        yield info.tobuf() + content + b"\0" * (-len(content) % 512)
    info = tarfile.TarInfo("a-1/zeros")
    info.size = size
    yield info.tobuf()
    for _ in range(size // MIB):
        yield b"\0" * MIB
    yield b"\0" * 1024


def _packed(path: Path, parts: Iterator[bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for part in parts:
            file.write(part)
    return path


def _long_name(size: int) -> Iterator[bytes]:
    """Return a tar in which one name alone has so many bytes, which a reader holds in memory."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, size
    yield info.tobuf()
    for _ in range(size // MIB):
        yield b"a" * MIB
    for info, content in good():
        yield info.tobuf() + content + b"\0" * (-len(content) % 512)
    yield b"\0" * 1024


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (lambda: _zeros(300 * MIB), "a-1.tar.gz would unpack to more than"),
        (lambda: _long_name(256 * MIB), "a-1.tar.gz is unsafe to unpack"),
    ],
    ids=["zeros", "name"],
)
def test_bomb(
    cache: Cache,
    index: IndexServer,
    tmp_path: Path,
    parts: Callable[[], Iterator[bytes]],
    says: str,
) -> None:
    archive = _packed(tmp_path / "a-1.tar.gz", parts())
    assert archive.stat().st_size < 10 * MIB
    cache.refuses(archive, says=[says])


def test_bomb_in_a_zip(cache: Cache, tmp_path: Path) -> None:
    archive = tmp_path / "a-1.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("a-1/pyproject.toml", PYPROJECT)
        with file.open("a-1/zeros", "w") as zeros:
            for _ in range(300):
                zeros.write(b"\0" * MIB)
    cache.refuses(archive, says=["a-1.zip would unpack to more than"])


def test_archive_that_breaks_off(cache: Cache, tmp_path: Path, sdist: Path) -> None:
    archive = tmp_path / "pure-1.0.tar.gz"
    archive.write_bytes(sdist.read_bytes()[:-20])
    cache.refuses(archive, says=[f"{archive}: pure-1.0.tar.gz cannot be unpacked: "])


def test_subdirectory_that_is_not_there(cache: Cache, index: IndexServer, sdist: Path) -> None:
    index.add(sdist)
    url = f"{index.file_url('pure-1.0.tar.gz')}#subdirectory=nowhere"
    cache.refuses(url, says=["there is no directory nowhere in the source"])
