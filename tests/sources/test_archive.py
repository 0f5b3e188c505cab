"""Archives are read and unpacked without harm, whatever is in them."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import io
import lzma
import os
import resource
import stat
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.projects import MTIME, make_sdist, materialise
from wheelwell.errors import InvalidSource
from wheelwell.sources import archive, bounds

PYPROJECT = b'[project]\nname = "a"\nversion = "1"\n'
KINDS: dict[str, Callable[[bytes], bytes]] = {
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def member(
    name: str,
    content: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    mode: int = 0o644,
    mtime: float = MTIME,
    pax: dict[str, str] | None = None,
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, link, mode, mtime
    info.size, info.pax_headers = len(content), pax or {}
    return info, content


def tar_bytes(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as file:
        for info, content in members:
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tar(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    path = tmp_path / "a-1.tar.gz"
    path.write_bytes(gzip.compress(tar_bytes(*members)))
    return path


def good(*more: tuple[tarfile.TarInfo, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [member("a-1/pyproject.toml", PYPROJECT), *more]


def zipped(
    tmp_path: Path,
    *members: tuple[str, bytes],
    mode: int = stat.S_IFREG | 0o644,
    at: tuple[int, int, int, int, int, int] = (2020, 2, 2, 2, 2, 2),
) -> Path:
    path = tmp_path / "a-1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            info = zipfile.ZipInfo(name, at)
            info.external_attr = mode << 16
            file.writestr(info, content)
    return path


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """An empty directory to unpack into; around it nothing may change."""
    outer = tmp_path / "outer"
    (outer / "room").mkdir(parents=True)
    (outer / "beside").write_text("untouched")
    yield outer / "room"
    assert sorted(path.name for path in outer.iterdir()) == ["beside", "room"]
    assert (outer / "beside").read_text() == "untouched"
    assert (outer / "beside").stat().st_nlink == 1


def refused(path: Path, room: Path) -> InvalidSource:
    """Return how unpacking fails; reading must fail so too, or tell of what is harmless."""
    with contextlib.suppress(InvalidSource):
        archive.read(path)
    with pytest.raises(InvalidSource) as raised:
        archive.unpack(path, room)
    assert path.name in str(raised.value)
    return raised.value


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_contents_are_those_of_the_one_top_directory(
    tmp_path: Path, suffix: Literal[".tar.gz", ".zip"]
) -> None:
    sdist = make_sdist(materialise("pure", tmp_path / "trees"), tmp_path, suffix=suffix)
    found = archive.read(sdist)
    assert {"PKG-INFO", "pyproject.toml", "pure/__init__.py"} <= {*found.names}
    assert {*found.texts} == {"PKG-INFO", "pyproject.toml"}
    assert "Name: pure" in found.texts["PKG-INFO"]


def test_texts_are_those_of_build_files_at_any_depth_and_of_the_top_pkg_info(
    tmp_path: Path,
) -> None:
    names = ["setup.py", "x/CMakeLists.txt", "x/PKG-INFO", "PKG-INFO", "x.py", "x/meson.build"]
    path = tar(tmp_path, *(member(f"a-1/{name}", b"text") for name in names))
    found = archive.read(path)
    assert {*found.texts} == {"setup.py", "x/CMakeLists.txt", "PKG-INFO", "x/meson.build"}


def test_text_that_is_no_utf_8_is_read_all_the_same(tmp_path: Path) -> None:
    found = archive.read(tar(tmp_path, member("a-1/setup.py", b"# \xe9\n")))
    assert found.texts["setup.py"] == "# \ufffd\n"


@pytest.mark.parametrize("suffix", KINDS)
def test_all_kinds_of_compression_are_known(tmp_path: Path, room: Path, suffix: str) -> None:
    path = tmp_path / f"a-1{suffix}"
    path.write_bytes(KINDS[suffix](tar_bytes(*good())))
    assert archive.read(path).names == ("pyproject.toml",)
    assert (archive.unpack(path, room) / "pyproject.toml").read_bytes() == PYPROJECT


def test_zip_is_known_in_capitals(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT)).rename(tmp_path / "A-1.ZIP")
    assert archive.read(path).names == ("pyproject.toml",)
    assert archive.unpack(path, room) == room / "a-1"


def test_newest_is_the_newest_file_whatever_directories_say(tmp_path: Path, room: Path) -> None:
    files = (member("a-1/a", mtime=100), member("a-1/b", mtime=300), member("a-1/c", mtime=200))
    folder = member("a-1/d", kind=tarfile.DIRTYPE, mtime=900)
    assert archive.newest(archive.unpack(tar(tmp_path, *files, folder), room)) == 300


def test_zips_times_do_not_depend_on_the_machines_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path, ("a-1/a", b""), at=(2001, 9, 9, 1, 46, 40))
    for zone in ("UTC", "Pacific/Auckland"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert archive.newest(archive.unpack(path, tmp_path / zone[:3])) == 1_000_000_000
    monkeypatch.undo()
    time.tzset()


def test_zips_time_that_is_none_is_the_oldest(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/a", b""), at=(1980, 0, 0, 0, 0, 0))
    top = archive.unpack(path, room)
    assert (top / "a").stat().st_mtime == 0
    assert archive.newest(top) == 0


def test_times_of_files_are_kept(tmp_path: Path, room: Path) -> None:
    top = archive.unpack(tar(tmp_path, *good(member("a-1/x", mtime=1_000_000_000))), room)
    assert (top / "x").stat().st_mtime == 1_000_000_000
    assert (top / "pyproject.toml").stat().st_mtime == MTIME


def test_times_of_a_zips_files_are_kept(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/x", b"x"), at=(2001, 9, 9, 1, 46, 40))
    assert (archive.unpack(path, room) / "x").stat().st_mtime == 1_000_000_000


@pytest.mark.parametrize(
    ("mode", "kept"), [(0o644, 0o644), (0o755, 0o755), (0o666, 0o644), (0o4755, 0o755)]
)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_executables_stay_so_and_nothing_else_is_lent(
    tmp_path: Path, room: Path, kind: str, mode: int, kept: int
) -> None:
    if kind == "tar":
        path = tar(tmp_path, *good(member("a-1/run", b"x", mode=mode)))
    else:
        path = zipped(tmp_path, ("a-1/run", b"x"), mode=stat.S_IFREG | mode)
    top = archive.unpack(path, room)
    assert stat.S_IMODE((top / "run").stat().st_mode) == kept


def test_links_that_stay_inside_are_kept(tmp_path: Path, room: Path) -> None:
    links = (
        member("a-1/b/soft", kind=tarfile.SYMTYPE, link="../pyproject.toml"),
        member("a-1/hard", kind=tarfile.LNKTYPE, link="a-1/pyproject.toml"),
    )
    top = archive.unpack(tar(tmp_path, *good(*links)), room)
    assert os.readlink(top / "b/soft") == "../pyproject.toml"
    assert (top / "hard").read_bytes() == PYPROJECT


@pytest.mark.parametrize(
    "bad",
    [
        member("../evil", b"x"),
        member("a-1/../../evil", b"x"),
        member("a-1/soft", kind=tarfile.SYMTYPE, link="../../beside"),
        member("a-1/soft", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("a-1/hard", kind=tarfile.LNKTYPE, link="../beside"),
        member("a-1/hard", kind=tarfile.LNKTYPE, link="/etc/passwd"),
        member("a-1/pipe", kind=tarfile.FIFOTYPE),
        member("a-1/device", kind=tarfile.CHRTYPE),
        member("a-1/disk", kind=tarfile.BLKTYPE),
        member("a-1/x", b"x", pax={"path": "../evil"}),
        member("a-1/x", b"x", pax={"path": "a-1/\0x"}),
        member("a-1/x", b"x", pax={"mtime": "inf"}),
        member("a-1/x", b"x", pax={"mtime": "1e300"}),
        member("a-1/pyproject.toml/x", b"x"),
        member("a-1/" + "x" * 300, b"x"),
        member("a-1", b"x"),
    ],
    ids=[
        *("up", "up-within", "soft-out", "soft-absolute", "hard-out", "hard-absolute", "pipe"),
        *("character-device", "block-device", "pax-up", "pax-nul", "mtime-inf", "mtime-huge"),
        *("below-a-file", "long-name", "file-for-top"),
    ],
)
def test_tar_that_would_do_harm_is_refused(
    tmp_path: Path, room: Path, bad: tuple[tarfile.TarInfo, bytes]
) -> None:
    refused(tar(tmp_path, *good(bad)), room)
    assert not (room.parent / "evil").exists()


def test_tar_through_a_link_that_leads_out_is_refused(tmp_path: Path, room: Path) -> None:
    step = member("a-1/out", kind=tarfile.SYMTYPE, link="../..")
    refused(tar(tmp_path, *good(step, member("a-1/out/evil", b"x"))), room)


def test_absolute_names_land_inside(tmp_path: Path, room: Path) -> None:
    path = tar(tmp_path, member(f"{room.parent}/evil", PYPROJECT))
    with contextlib.suppress(InvalidSource):
        archive.unpack(path, room)
    assert not (room.parent / "evil").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "a-1/../../evil", "/evil", "a-1\\..\\..\\evil", "a-1/pyproject.toml/x"),
        *(".", "a-1/" + "x" * 300),
    ],
)
def test_zip_that_would_do_harm_is_refused(tmp_path: Path, room: Path, name: str) -> None:
    refused(zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT), (name, b"x")), room)


def test_zip_with_a_link_is_refused(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/link", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777)
    assert "link" in str(refused(path, room))


def test_zip_with_an_empty_name_is_refused(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT), ("nameless", b"x"))
    path.write_bytes(path.read_bytes().replace(b"nameless", b"\0ameless"))
    refused(path, room)


def test_encrypted_zip_is_refused(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT))
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    assert "encrypted" in str(refused(path, room))
    with pytest.raises(InvalidSource):
        archive.read(path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
@pytest.mark.parametrize("names", [["a-1/x", "b-1/x"], ["a-1/x", "y"], ["x"], []])
def test_anything_but_one_top_directory_is_refused(
    tmp_path: Path, room: Path, suffix: str, names: list[str]
) -> None:
    if suffix == ".zip":
        path = zipped(tmp_path, *((name, b"") for name in names))
    else:
        path = tar(tmp_path, *(member(name) for name in names))
    with pytest.raises(InvalidSource) as raised:
        archive.read(path)
    for error in (refused(path, room), raised.value):
        assert "no source distribution" in str(error)
        assert error.hint


def test_empty_top_directory_is_refused_when_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource):
        archive.read(tar(tmp_path, member("a-1", kind=tarfile.DIRTYPE)))


def test_link_for_a_top_directory_is_refused(tmp_path: Path, room: Path) -> None:
    refused(tar(tmp_path, member("a-1", kind=tarfile.SYMTYPE, link=".")), room)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tar", ""])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\0" * 2000])
def test_what_is_no_archive_is_refused_with_a_hint(
    tmp_path: Path, room: Path, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"a-1{suffix}"
    path.write_bytes(content)
    assert refused(path, room).hint
    with pytest.raises(InvalidSource):
        archive.read(path)


@pytest.mark.parametrize("suffix", [*KINDS, ".zip"])
def test_archive_that_breaks_off_is_refused(tmp_path: Path, room: Path, suffix: str) -> None:
    content = os.urandom(20_000)
    path = tmp_path / f"a-1{suffix}"
    if suffix == ".zip":
        zipped(tmp_path, ("a-1/x", content))
        whole = path.read_bytes()
    else:
        whole = KINDS[suffix](tar_bytes(member("a-1/x", content)))
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, room)
    with pytest.raises(InvalidSource):
        archive.read(path)


def test_file_whose_checksum_is_wrong_is_refused(tmp_path: Path, room: Path) -> None:
    path = zipped(tmp_path, ("a-1/pyproject.toml", b"x" * 50))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    path.write_bytes(data)
    refused(path, room)


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archive_that_would_fill_the_disk_is_refused_before_it_does(
    tmp_path: Path, room: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bounds, "LIMIT", 1 << 20)
    big = b"\0" * (1 << 20)
    if kind == "tar":
        path = tar(tmp_path, *good(member("a-1/x", big)))
    else:
        path = zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT), ("a-1/x", big))
    assert "more than" in str(refused(path, room))
    assert not (room / "a-1" / "x").exists()
    with pytest.raises(InvalidSource, match="more than"):
        archive.read(path)


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("limit", ["FILES", "DEPTH"])
def test_archive_of_very_many_or_very_deep_directories_is_refused(
    tmp_path: Path, room: Path, monkeypatch: pytest.MonkeyPatch, kind: str, limit: str
) -> None:
    monkeypatch.setattr(bounds, limit, 3)
    told = "more than 3 " + ("files" if limit == "FILES" else "directories in each other")
    names = ["a-1/1", "a-1/2", "a-1/3"] if limit == "FILES" else ["a-1/2/3/4/5"]
    if kind == "tar":
        path = tar(tmp_path, *good(*map(member, names)))
    else:
        path = zipped(tmp_path, ("a-1/pyproject.toml", PYPROJECT), *((n, b"") for n in names))
    assert told in str(refused(path, room))
    with pytest.raises(InvalidSource, match=told):
        archive.read(path)


def test_what_an_archive_may_unpack_to_grows_with_it(
    tmp_path: Path, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "ALWAYS", 1000)
    path = tar(tmp_path, *good(member("a-1/x", os.urandom(5000))))
    assert archive.unpack(path, room).name == "a-1"
    zeros = tar(tmp_path, *good(member("a-1/x", b"\0" * 500_000)))
    with pytest.raises(InvalidSource, match="more than"):
        archive.read(zeros)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_header_that_would_fill_the_memory_is_refused_unread(
    tmp_path: Path, room: Path, kind: bytes
) -> None:
    header = tarfile.TarInfo("a-1/x")
    header.type, header.size = kind, 1 << 40
    path = tmp_path / "a-1.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)
    assert "a header of" in str(refused(path, room))


def test_size_that_leads_backwards_is_refused(tmp_path: Path, room: Path) -> None:
    header = tarfile.TarInfo("a-1/x")
    header.size = -512
    path = tmp_path / "a-1.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)
    assert "negative" in str(refused(path, room))


def test_size_among_attributes_that_leads_backwards_is_refused(tmp_path: Path, room: Path) -> None:
    path = tar(tmp_path, *good(member("a-1/x", b"x", pax={"size": "-1024"})))
    refused(path, room)


@pytest.mark.parametrize(
    "bad",
    [
        [member("a-1/soft/x", b"x")],
        [member("a-1/soft", b"x")],
        [member("a-1/./soft//x", b"x")],
        [member("a-1/x/../pyproject.toml", b"x")],
        [member("a-1/hard", kind=tarfile.LNKTYPE, link="a-1/soft/pyproject.toml")],
        [member("a-1/hard", kind=tarfile.LNKTYPE, link="a-1/soft")],
    ],
    ids=["below", "in-its-place", "dotted", "upwards", "hard-below", "hard"],
)
def test_nothing_is_written_through_a_link_wherever_it_leads(
    tmp_path: Path, room: Path, bad: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    link = member("a-1/soft", kind=tarfile.SYMTYPE, link=".")
    assert "unsafe" in str(refused(tar(tmp_path, *good(link, *bad)), room))


def test_chain_of_links_too_long_to_be_followed_does_not_lead_out(
    tmp_path: Path, room: Path
) -> None:
    # CVE-2025-4517: `os.path.realpath` gives up on a path that is longer than the system takes.
    beside = room.parent / "beside"
    long, place, members = "d" * 240, "a-1", good()
    for step in "abcdefghijklmnop":
        members.append(member(f"{place}/{long}", kind=tarfile.DIRTYPE, mode=0o755))
        members.append(member(f"{place}/{step}", kind=tarfile.SYMTYPE, link=long))
        place += f"/{long}"
    chain = "a-1/" + "/".join("abcdefghijklmnop") + "/" + "l" * 254
    members += [
        member(chain, kind=tarfile.SYMTYPE, link="../" * 16),
        member("a-1/escape", kind=tarfile.SYMTYPE, link=f"{chain[4:]}/../.."),
        member("a-1/hard", kind=tarfile.LNKTYPE, link="a-1/escape/beside"),
        member("a-1/hard", b"broken"),
    ]
    refused(tar(tmp_path, *members), room)
    assert beside.read_text() == "untouched"


@pytest.mark.parametrize("change", ["checksum", "end"])
def test_checksum_of_a_compressed_archive_is_compared(
    tmp_path: Path, room: Path, change: str
) -> None:
    path = tar(tmp_path, *good())
    data = bytearray(path.read_bytes())
    if change == "checksum":
        data[-8] ^= 1
    path.write_bytes(data if change == "checksum" else data[:-8])
    refused(path, room)
    with pytest.raises(InvalidSource):
        archive.read(path)


@pytest.mark.parametrize("rest", [b"\0" * 100, b"a mirror's remark"])
def test_what_follows_a_whole_compressed_archive_does_no_harm(
    tmp_path: Path, room: Path, rest: bytes
) -> None:
    path = tar(tmp_path, *good())
    path.write_bytes(path.read_bytes() + rest)
    assert archive.unpack(path, room).name == "a-1"


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_disk_that_takes_no_more_is_not_the_archives_fault(
    tmp_path: Path, room: Path, kind: str
) -> None:
    content = os.urandom(100_000)
    if kind == "tar":
        path = tar(tmp_path, member("a-1/x", content))
    else:
        path = zipped(tmp_path, ("a-1/x", content))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large") as raised:
            archive.unpack(path, room)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.errno == errno.EFBIG


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_faults_of_the_disk_stay_what_they_are(tmp_path: Path, number: int) -> None:
    with pytest.raises(OSError, match="told") as raised, archive._translated(tmp_path):
        raise OSError(number, "told")
    assert raised.value.errno == number


def test_archive_that_is_not_there_is_the_callers_fault(tmp_path: Path, room: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archive.read(tmp_path / "none.tar.gz")


WHOLE_TAR = tar_bytes(
    member("a-1", kind=tarfile.DIRTYPE, mode=0o755),
    *good(
        member("a-1/soft", kind=tarfile.SYMTYPE, link="pyproject.toml"),
        member("a-1/hard", kind=tarfile.LNKTYPE, link="a-1/pyproject.toml"),
        member("a-1/x", b"x" * 600, pax={"mtime": "1.5", "comment": "x"}),
    ),
)
EDITS = st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), max_size=6)


def edited(data: bytes, edits: list[tuple[int, int]]) -> bytearray:
    changed = bytearray(data)
    for at, value in edits:
        changed[at % len(changed)] = value
    return changed


def with_checksums(data: bytearray) -> bytearray:
    """Make the headers of a tar valid again, so that its edited fields are believed."""
    for at in range(0, len(data), 512):
        block = data[at : at + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(block)
    return data


def try_both(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as outer, mock.patch.object(bounds, "LIMIT", 1 << 24):
        path, room = Path(outer, f"a-1{suffix}"), Path(outer, "room")
        path.write_bytes(data)
        room.mkdir()
        with contextlib.suppress(InvalidSource):
            archive.read(path)
        with contextlib.suppress(InvalidSource):
            archive.unpack(path, room)
        assert sorted(os.listdir(outer)) == [path.name, "room"]


@settings(deadline=None, max_examples=150)
@given(edits=EDITS, length=st.integers(0, len(WHOLE_TAR)), keep=st.booleans())
def test_no_tar_raises_anything_but_invalid_source(
    edits: list[tuple[int, int]], length: int, keep: bool
) -> None:
    data = with_checksums(edited(WHOLE_TAR, edits))
    try_both(bytes(data if keep else data[:length]), ".tar")


@pytest.fixture(scope="module")
def whole_zip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    members = (("a-1/", b""), ("a-1/pyproject.toml", PYPROJECT), ("a-1/x/y", b"y" * 99))
    return zipped(tmp_path_factory.mktemp("zip"), *members).read_bytes()


@settings(deadline=None, max_examples=150)
@given(edits=EDITS, cut=st.integers(0, 100))
def test_no_zip_raises_anything_but_invalid_source(
    whole_zip: bytes, edits: list[tuple[int, int]], cut: int
) -> None:
    data = edited(whole_zip, edits)
    try_both(bytes(data[: len(data) - cut] if cut < 20 else data), ".zip")
