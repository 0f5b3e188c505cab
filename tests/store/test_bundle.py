"""Bundles: the same entries make the same bytes, and nothing of a stranger's tar is believed."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from support.exports import damage, stored
from wheelwell.bundled import Packed, Unpacked, Unusable
from wheelwell.errors import DamagedWheel, InvalidBundle
from wheelwell.store import unbundle
from wheelwell.store.bundle import LONG_NAME, member_name, pack
from wheelwell.store.entry import Entry
from wheelwell.store.layout import Layout
from wheelwell.store.members import members
from wheelwell.store.unbundle import unpack

Members = list[tuple[tarfile.TarInfo, bytes]]


def packed(*entries: Entry) -> bytes:
    """Return a bundle of entries."""
    stream = io.BytesIO()
    pack(
        stream,
        [
            Packed(record=each.record, wheel=each.path, log=each.log, facts={"a": 1})
            for each in entries
        ],
    )
    return stream.getvalue()


def opened(bundle: bytes) -> Members:
    """Return the members of a bundle, to be changed."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def tarred(
    found: Iterable[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.USTAR_FORMAT
) -> bytes:
    """Return a tar of members, whatever they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for member, content in found:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def read(bundle: bytes, cache_dir: Path) -> list[Unpacked | Unusable]:
    """Return what is in a bundle."""
    return list(unpack(Layout(str(cache_dir)), io.BytesIO(bundle)))


@pytest.fixture
def entry(cache_dir: Path) -> Entry:
    """A good entry."""
    return stored(cache_dir)


@pytest.fixture
def good(cache_dir: Path) -> Entry:
    """Another one."""
    return stored(cache_dir, "bar")


def test_an_entry_comes_out_as_it_went_in(entry: Entry, cache_dir: Path) -> None:
    stream = io.BytesIO(packed(entry))

    for found in unpack(Layout(str(cache_dir)), stream):
        assert isinstance(found, Unpacked)
        assert Path(found.wheel).read_bytes() == Path(entry.path).read_bytes()
        assert Path(found.wheel).name == entry.record.filename
        assert Path(found.log).read_text() == "built\n"
        assert found.facts == {"a": 1}
        same = replace(found.record, build=entry.record.build, stamp=entry.record.stamp)
        assert same == entry.record
    assert os.listdir(cache_dir / "staging") == []


def test_the_same_entries_make_the_same_bytes_in_any_order_and_from_any_cache(
    entry: Entry, good: Entry, tmp_path: Path
) -> None:
    other = stored(tmp_path / "other")
    assert other.record != entry.record  # another build's name, and another stamp

    assert packed(entry, good) == packed(good, other)


def test_a_bundle_tells_nothing_of_who_made_it(entry: Entry) -> None:
    for member, _ in opened(packed(entry)):
        assert (member.mtime, member.uid, member.gid) == (0, 0, 0)
        assert (member.uname, member.gname, member.mode) == ("", "", 0o644)


def test_a_wheel_that_changed_since_it_was_looked_at_ends_the_packing(entry: Entry) -> None:
    damage(entry.path)

    with pytest.raises(DamagedWheel):
        packed(entry)


def test_a_long_name_of_a_wheel_is_told_by_the_record_alone(entry: Entry) -> None:
    name = f"foo-1.0-py3-none-{'.'.join(f'manylinux_2_{n}_x86_64' for n in range(9))}.whl"

    assert member_name(replace(entry.record, filename=name)) == LONG_NAME
    assert member_name(entry.record) == entry.record.filename


def _renamed(found: Members, old: str, new: str) -> Members:
    for member, _ in found:
        if member.name.endswith(old):
            member.name = member.name.removesuffix(old) + new
    return found


def _typed(found: Members, kind: bytes) -> Members:
    for member, _ in found:
        if member.name.endswith(".whl"):
            member.type, member.linkname = kind, "/etc/passwd"
    return found  # with its content, which a reader must not take all the same


def _with(found: Members, ending: str, content: bytes) -> Members:
    return [(m, content if m.name.endswith(ending) else c) for m, c in found]


def _record(found: Members, **changes: object) -> Members:
    (text,) = (c for m, c in found if m.name.endswith("record.json"))
    return _with(found, "record.json", json.dumps({**json.loads(text), **changes}).encode())


HOSTILE: dict[str, Callable[[Members], Members]] = {
    "a path that leads out": lambda f: _renamed(f, ".whl", "/../../../x.whl"),
    "another name": lambda f: _renamed(f, ".whl", ".exe"),
    "a link": lambda f: _typed(f, tarfile.SYMTYPE),
    "a hard link": lambda f: _typed(f, tarfile.LNKTYPE),
    "a device": lambda f: _typed(f, tarfile.CHRTYPE),
    "a pipe": lambda f: _typed(f, tarfile.FIFOTYPE),
    "a directory": lambda f: _typed(f, tarfile.DIRTYPE),
    "other bytes": lambda f: _with(f, ".whl", b"other"),
    "no wheel": lambda f: [each for each in f if not each[0].name.endswith(".whl")],
    "no record": lambda f: [each for each in f if not each[0].name.endswith("record.json")],
    "no log": lambda f: [each for each in f if not each[0].name.endswith("log.gz")],
    "no JSON": lambda f: _with(f, "record.json", b"[" * 100_000),
    "facts that are a list": lambda f: _with(f, "facts.json", b"[]"),
    "a key that is not of the inputs": lambda f: _record(f, inputs={"name": "foo"}),
    "a file name that leads out": lambda f: _record(f, filename="../x-1-py3-none-any.whl"),
    "a file name that is too long": lambda f: _record(
        f, filename=f"{'x' * 300}-1-py3-none-any.whl"
    ),
    "a log that is no gzip file": lambda f: _with(f, "log.gz", b"built"),
    "a log that is cut": lambda f: _with(f, "log.gz", gzip.compress(b"built")[:-4]),
    "a log with more behind it": lambda f: _with(f, "log.gz", gzip.compress(b"built") + b"x"),
    "a log that is a bomb": lambda f: _with(f, "log.gz", gzip.compress(bytes(1 << 20))),
    "a record that is too large": lambda f: _record(f, more="x" * (1 << 20)),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_bad_entry_is_told_of_and_the_next_one_comes_out(
    case: str, entry: Entry, good: Entry, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unbundle, "MOST_LOG", 1 << 16)
    monkeypatch.setattr(unbundle, "MOST_TEXT", 1 << 19)
    before = {path for path in cache_dir.parent.rglob("*") if "staging" not in path.parts}
    first = HOSTILE[case](opened(packed(entry)))

    found = read(tarred([*first, *opened(packed(good))[1:]]), cache_dir)

    assert [type(each) for each in found] == [Unusable, Unpacked]
    after = {path for path in cache_dir.parent.rglob("*") if "staging" not in path.parts}
    assert after - {cache_dir / "leases"} == before
    assert os.listdir(cache_dir / "staging") == []


@pytest.mark.parametrize("is_next", [True, False], ids=["at once", "later"])
def test_an_entry_that_comes_twice_is_taken_once_and_told_of(
    is_next: bool, entry: Entry, good: Entry, cache_dir: Path
) -> None:
    head, *first = opened(packed(entry))
    others = opened(packed(good))[1:]

    found = read(tarred([head, *first, *(first if is_next else [*others, *first])]), cache_dir)

    assert [each.name for each in found if isinstance(each, Unusable)] == [first[0][0].name]
    assert len(found) == (2 if is_next else 3)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
def test_headers_of_other_forms_of_tar_are_refused(
    form: int, entry: Entry, cache_dir: Path
) -> None:
    found = _renamed(opened(packed(entry)), ".whl", f"{'x' * 200}.whl")

    refused = read(tarred(found, form), cache_dir)

    assert {type(each) for each in refused} == {Unusable}


@pytest.mark.parametrize("text", [b"", b"x", b"x" * 512, bytes(1024), b"PK\3\4" * 1000], ids=repr)
def test_what_is_no_bundle_is_said_to_be_none(text: bytes, cache_dir: Path) -> None:
    with pytest.raises(InvalidBundle, match="it is no tar"):
        read(text, cache_dir)


def test_a_bundle_of_another_version_is_refused(entry: Entry, cache_dir: Path) -> None:
    found = _with(opened(packed(entry)), "bundle.json", b'{"schema": 2}')

    with pytest.raises(InvalidBundle, match="of version 2"):
        read(tarred(found), cache_dir)


def test_of_a_bundle_that_breaks_off_what_was_whole_comes_out(
    entry: Entry, good: Entry, cache_dir: Path
) -> None:
    whole = packed(entry, good)
    ends = [m.offset_data + m.size for m, _ in opened(whole)]
    found = unpack(Layout(str(cache_dir)), io.BytesIO(whole[: ends[4] + 2000]))

    assert isinstance(next(found), Unpacked)
    with pytest.raises(InvalidBundle, match="breaks off"):
        next(found)
    assert os.listdir(cache_dir / "staging") == []


def test_no_cut_of_a_bundle_is_taken_for_a_whole_one(entry: Entry, cache_dir: Path) -> None:
    whole = packed(entry)
    end = whole.rstrip(b"\0")

    for size in range(0, len(end), 97):
        with pytest.raises(InvalidBundle):
            read(whole[:size], cache_dir)


def test_members_are_read_from_a_pipe_in_any_portions(entry: Entry) -> None:
    class Drip(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7))

    names = [member.name for member in members(Drip(packed(entry)))]

    assert names == [member.name for member, _ in opened(packed(entry))]
