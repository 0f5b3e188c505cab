"""Every byte that is stored is read again; what is wrong is set aside, and told."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import holding, place_of
from support.upkeep import keeper, stored, tree
from support.values import PURE
from wheelwell.digest import sha256_chunks
from wheelwell.pattern import parse_pattern
from wheelwell.store.disk import Store
from wheelwell.store.entry import Entry
from wheelwell.store.layout import Layout
from wheelwell.store.shelf import DiskShelf
from wheelwell.store.verify import Verified

GOOD, BAD = b"wheel", b"weehl"


def test_what_is_sound_is_read_and_stays(store: Store, layout: Layout) -> None:
    entry = stored(store)
    [seen] = keeper(layout).verify()
    assert (seen.fault, seen.path, seen.moved) == ("", entry.path, "")
    assert seen.size > len(GOOD)
    assert store.find(place_of()) == entry


def test_a_change_that_leaves_size_and_times_as_they_were_is_found(
    store: Store, layout: Layout
) -> None:
    entry = stored(store)
    status = os.stat(entry.path)
    with open(entry.path, "r+b") as file:
        file.write(BAD)
    os.utime(entry.path, ns=(status.st_atime_ns, status.st_mtime_ns))

    [seen] = keeper(layout).verify()

    assert (seen.expected, seen.found) == (sha256_chunks([GOOD]), sha256_chunks([BAD]))
    assert Path(seen.moved).is_dir()
    assert store.find(place_of()) is None
    assert [*keeper(layout).verify()] == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda entry: Path(entry.path).unlink(), "cannot be read"),
        (lambda entry: _link(entry.path), "is a link"),
        (lambda entry: _directory(entry.path), "cannot be read"),
        (lambda entry: Path(entry.log).write_bytes(b"no gzip"), "log cannot be read"),
        (lambda entry: Path(entry.log).write_bytes(gzip.compress(b"x")[:-4]), "log cannot be"),
        (lambda entry: Path(entry.log).unlink(), "log cannot be read"),
        (lambda entry: _record(entry).write_text("{"), "record cannot be read"),
        (lambda entry: _directory(_record(entry)), "record cannot be read"),
        (lambda entry: shutil.rmtree(Path(entry.path).parent), "not there"),
    ],
    ids=[
        *("no wheel", "a link", "a directory", "a bad log", "half a log", "no log"),
        *("a bad record", "no record", "no build"),
    ],
)
def test_what_is_wrong_is_set_aside(
    store: Store, layout: Layout, spoil: Callable[[Entry], object], fault: str
) -> None:
    spoil(stored(store))

    [seen] = keeper(layout).verify()

    assert fault in seen.fault
    assert Path(seen.moved).exists()
    assert store.find(place_of()) is None
    assert [each.fault for each in keeper(layout).verify()] == []


def test_a_wheel_of_the_right_hash_that_is_no_good_wheel_is_set_aside(
    store: Store, layout: Layout
) -> None:
    stored(store)
    [seen] = keeper(layout, check=lambda _: ["its RECORD lists nothing"]).verify()
    assert seen.fault == "its RECORD lists nothing"
    assert seen.moved


def test_what_is_being_built_anew_is_left_to_its_builder(store: Store, layout: Layout) -> None:
    entry = stored(store)
    Path(entry.path).write_bytes(BAD)
    with holding(layout.lease(PURE.key())):
        [seen] = keeper(layout).verify()
    assert "being built" in seen.fault
    assert seen.moved == ""
    assert Path(entry.path).exists()


def test_what_was_built_anew_while_it_was_read_is_not_set_aside(
    store: Store, layout: Layout
) -> None:
    stored(store)
    again: list[Entry] = []

    def check(_: object) -> list[str]:
        if again:
            return []
        again.append(stored(store, b"another"))
        return ["it was wrong"]

    [seen] = keeper(layout, check=check).verify()
    assert seen.fault == ""
    assert store.find(place_of()) == again[0]


def test_a_source_that_changed_is_set_aside(store: Store, layout: Layout) -> None:
    shelf = DiskShelf(layout)
    good, bad = (_shelve(shelf, data) for data in (b"good", b"bad"))
    bad.write_bytes(b"changed")

    seen = {each.path: each for each in keeper(layout).verify()}

    assert seen[str(good)].fault == ""
    assert seen[str(bad)].found == sha256_chunks([b"changed"])
    assert Path(seen[str(bad)].moved).is_dir()
    assert not bad.exists()


def test_patterns_say_what_is_read(store: Store, layout: Layout) -> None:
    stored(store)
    stored(store, keyed=replace(PURE, name="bar"))
    _shelve(DiskShelf(layout), b"good")

    seen: list[Verified] = [*keeper(layout).verify(parse_pattern("Bar"))]

    assert len(seen) == 1
    assert "/bar/" in seen[0].path


def test_nothing_is_left_of_what_verifying_wrote(store: Store, layout: Layout) -> None:
    stored(store)
    [*keeper(layout).verify()]
    assert tree(layout.staging) == set()


def _shelve(shelf: DiskShelf, data: bytes) -> Path:
    staged = shelf.reserve() / "foo.tar.gz"
    staged.write_bytes(data)
    return shelf.put(staged, sha256_chunks([data]))


def _record(entry: Entry) -> Path:
    return Path(entry.path).parents[1] / "record.json"


def _link(path: str) -> None:
    os.rename(path, f"{path}.real")
    os.symlink(f"{path}.real", path)


def _directory(path: str | Path) -> None:
    os.unlink(path)
    os.mkdir(path)
