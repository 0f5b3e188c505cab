"""An entry is found without a lock; damage is a miss, said once, and never an error."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import holding, let_clock_tick, place_of, publish
from support.values import PURE
from wheelwell.digest import Sha256
from wheelwell.settings import Settings
from wheelwell.source import Archive
from wheelwell.store import disk
from wheelwell.store.disk import Store, open_store
from wheelwell.store.entry import Entry

PLACE = place_of()


def test_what_was_never_built_is_not_found(store: Store) -> None:
    assert store.find(PLACE) is None


def test_entry_is_found_by_another_store_on_the_same_directory(store: Store) -> None:
    entry = publish(store)
    assert open_store(store.layout.root, warn=pytest.fail).find(PLACE) == entry


def test_entry_is_found_under_its_own_key_only(store: Store) -> None:
    publish(store)
    other = replace(PURE, settings=Settings(variables={"CC": "clang"}))
    assert store.find(place_of(other)) is None


def test_rebuild_of_another_process_is_seen(store: Store) -> None:
    publish(store, b"old")
    store.find(PLACE)
    new = publish(open_store(store.layout.root, warn=pytest.fail), b"new")
    assert store.find(PLACE) == new


def test_find_takes_no_lock(store: Store) -> None:
    entry = publish(store)
    store.find(PLACE)
    assert not os.path.exists(store.layout.leases)
    with holding(store.layout.lease(PLACE.key)):
        assert store.find(PLACE) == entry
        assert open_store(store.layout.root, warn=pytest.fail).find(PLACE) == entry


# Damage.


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def change_bytes(path: Path) -> None:
    """Change a byte, and hide it as far as a program can: the size and the times are as before."""
    let_clock_tick(path)
    status = path.stat()
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def exchange(path: Path) -> None:
    """Put other bytes of the same size under the name."""
    other = path.with_name("other")
    other.write_bytes(b"x" * path.stat().st_size)
    os.replace(other, path)


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_link(path: Path) -> None:
    """Put a link to the very same bytes in the place: they may be changed from elsewhere."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def remove_build(path: Path) -> None:
    shutil.rmtree(path.parent)


def edit(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def write(data: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_bytes(data)

    return change


OTHER = replace(PURE, version="2.0")

WHEEL_DAMAGE = [
    truncate,
    change_bytes,
    exchange,
    Path.unlink,
    make_directory,
    make_link,
    make_pipe,
    remove_build,
]
RECORD_DAMAGE = [
    pytest.param(truncate, id="truncated"),
    pytest.param(make_directory, id="a-directory"),
    pytest.param(write(b""), id="empty"),
    pytest.param(write(b"\xff\xfe"), id="not-text"),
    pytest.param(write(b"{}"), id="no-fields"),
    pytest.param(edit(schema=0), id="another-schema"),
    pytest.param(edit(sha256="ef" * 31), id="no-hash"),
    pytest.param(edit(filename="../../../../../../etc/passwd"), id="leads-out"),
    pytest.param(edit(build="record.json"), id="names-itself"),
    pytest.param(edit(build="\ud800"), id="a-name-that-cannot-be"),
    pytest.param(edit(stamp=None), id="no-stamp"),
    pytest.param(edit(key=OTHER.key(), inputs=OTHER.inputs()), id="another-key"),
]


@pytest.mark.parametrize("damage", WHEEL_DAMAGE)
def test_damaged_wheel_is_a_miss(
    store: Store, warnings: list[str], damage: Callable[[Path], None]
) -> None:
    entry = publish(store)
    damage(Path(entry.path))
    assert_recovers(store, warnings)


@pytest.mark.parametrize("damage", RECORD_DAMAGE)
def test_damaged_record_is_a_miss(
    store: Store, warnings: list[str], damage: Callable[[Path], None]
) -> None:
    publish(store)
    damage(record_path(store))
    assert_recovers(store, warnings)


@pytest.mark.parametrize("damage", WHEEL_DAMAGE)
def test_damage_is_seen_by_a_store_that_found_the_entry_before(
    store: Store, damage: Callable[[Path], None]
) -> None:
    entry = publish(store)
    assert store.find(PLACE) == entry
    damage(Path(entry.path))
    assert store.find(PLACE) is None


def assert_recovers(store: Store, warnings: list[str]) -> None:
    """A miss to readers; moved away, and said once, by who holds the lease; then built again."""
    assert store.find(PLACE) is None
    assert store.find(PLACE) is None
    assert warnings == [], "a reader has no say in what is damaged"
    store.recover(PLACE)
    store.recover(PLACE)
    assert len(warnings) == 1
    assert "the cached wheel of foo is damaged" in warnings[0]
    assert store.find(PLACE) is None
    assert not record_path(store).exists()
    (quarantined,) = Path(store.layout.quarantine).iterdir()
    assert str(quarantined) in warnings[0]
    assert "record.json" in os.listdir(quarantined)
    entry = publish(store, b"built again")
    assert store.find(PLACE) == entry


@pytest.mark.parametrize("record_too", [False, True])
def test_quarantine_leaves_the_paths_of_other_builds_good(store: Store, record_too: bool) -> None:
    old, new = publish(store, b"old"), publish(store, b"new")
    truncate(record_path(store) if record_too else Path(new.path))
    store.recover(PLACE)
    assert Path(old.path).read_bytes() == b"old"
    # Which build a broken record named cannot be told, and each of them may be in use.
    assert Path(new.path).exists() == record_too


def test_sound_entry_is_not_recovered(store: Store, warnings: list[str]) -> None:
    entry = publish(store)
    store.recover(PLACE)
    assert store.find(PLACE) == entry
    assert warnings == []


def test_what_cannot_be_quarantined_is_built_again_all_the_same(
    store: Store, warnings: list[str]
) -> None:
    truncate(Path(publish(store).path))
    Path(store.layout.quarantine).touch()  # where a directory should be
    store.recover(PLACE)
    assert len(warnings) == 1
    assert "could not be moved" in warnings[0]
    entry = publish(store, b"built again")
    assert store.find(PLACE) == entry


# What only looks like damage.


def test_touched_wheel_is_hashed_once_and_stays_a_hit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = publish(store)
    os.utime(entry.path, (1, 1))
    hashed = count_hashing(monkeypatch)
    assert path_of(store.find(PLACE)) == entry.path
    assert path_of(store.find(PLACE)) == entry.path
    assert path_of(open_store(store.layout.root, warn=pytest.fail).find(PLACE)) == entry.path
    assert hashed == [entry.path]


def test_copied_cache_is_hashed_once_and_stays_good(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store)
    shutil.copytree(store.layout.root, tmp_path / "copy")
    copy = open_store(str(tmp_path / "copy"), warn=pytest.fail)
    hashed = count_hashing(monkeypatch)
    assert copy.find(PLACE) is not None
    copy.recover(PLACE)
    assert copy.find(PLACE) is not None
    assert len(hashed) == 1


def test_touched_wheel_is_a_hit_in_a_cache_that_cannot_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = publish(store)
    os.utime(entry.path, (1, 1))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk, "write_record", refuse)
    assert path_of(store.find(PLACE)) == entry.path


def test_reader_does_not_undo_the_record_of_a_rebuild(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = publish(store, b"old")
    os.utime(old.path, (1, 1))
    rebuilt: list[Entry] = []
    hash_file = disk.hash_file

    def meanwhile(path: str) -> str:
        rebuilt.append(publish(open_store(store.layout.root, warn=pytest.fail), b"new"))
        return hash_file(path)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "hash_file", meanwhile)
        store.find(PLACE)
    assert store.find(PLACE) == rebuilt[0]


def test_reader_writes_no_record_while_somebody_builds(store: Store) -> None:
    entry = publish(store)
    os.utime(entry.path, (1, 1))
    before = record_path(store).read_bytes()
    with holding(store.layout.lease(PLACE.key)):
        assert path_of(store.find(PLACE)) == entry.path
        assert record_path(store).read_bytes() == before


def test_entry_may_hold_a_variable_that_is_not_text(store: Store) -> None:
    keyed = replace(PURE, settings=Settings(variables={"CFLAGS": "-DX=\udcff"}))
    entry = publish(store, keyed=keyed)
    fresh = open_store(store.layout.root, warn=pytest.fail)
    assert fresh.find(place_of(keyed)) == entry


# The cache directory.


def test_new_cache_is_private_and_marked(store: Store) -> None:
    root = Path(store.layout.root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert (root / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806")
    assert (root / ".gitignore").read_text() == "*\n"
    assert (root / ".git").read_bytes() == b""


def test_directory_that_is_used_for_more_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("mine\n")
    store = open_store(str(tmp_path), warn=pytest.fail)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert publish(store) == store.find(PLACE)


def test_file_in_place_of_the_cache_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        open_store(str(tmp_path / "file"), warn=pytest.fail)


def test_log_of_a_failed_build_is_kept_and_the_last_one_counts(
    store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_text("first")
    first = store.keep_log(str(log), "name")
    log.write_text("second")
    assert store.keep_log(str(log), "name") == first
    assert Path(first).read_text() == "second"
    assert Path(first).is_relative_to(store.layout.failures)


def test_of_a_very_long_log_beginning_and_end_are_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "LOG_KEPT", 10)
    log = tmp_path / "log"
    log.write_text("0123456789 and much more, up to 9876543210")
    kept = Path(store.keep_log(str(log), "name")).read_text()
    assert kept == "01234\n[32 bytes were left out here]\n43210"
    log.write_text("0123456789")
    assert Path(store.keep_log(str(log), "name")).read_text() == "0123456789"


def test_log_that_cannot_be_kept_is_no_error(store: Store, tmp_path: Path) -> None:
    assert store.keep_log(str(tmp_path / "gone"), "name") == ""


def record_path(store: Store) -> Path:
    return Path(store.layout.entry(PLACE.project, PLACE.source, PLACE.key), "record.json")


def path_of(entry: Entry | None) -> str:
    assert entry is not None
    return entry.path


def count_hashing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    hashed: list[str] = []
    hash_file = disk.hash_file

    def count(path: str) -> str:
        hashed.append(path)
        return hash_file(path)

    monkeypatch.setattr(disk, "hash_file", count)
    return hashed


def test_file_in_the_place_of_an_entry_is_damage_that_is_moved_away(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = open_store(str(tmp_path / "cache"), warn=warnings.append)
    entry = publish(store)
    directory = Path(entry.path).parents[1]
    shutil.rmtree(directory)
    directory.touch()

    assert store.find(PLACE) is None
    store.recover(PLACE)
    assert publish(store).record.key == entry.record.key
    assert store.find(PLACE) is not None
    assert len(warnings) == 1


def test_directory_that_holds_something_else_is_not_marked_as_a_cache(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    open_store(str(tmp_path), warn=pytest.fail)
    assert sorted(os.listdir(tmp_path)) == ["staging", "theirs"]


def test_others_are_the_sound_entries_of_the_same_source_under_other_keys(store: Store) -> None:
    other = replace(PURE, settings=Settings(variables={"CFLAGS": "-O1"}))
    broken = replace(PURE, settings=Settings(variables={"CFLAGS": "-O2"}))
    elsewhere = replace(PURE, source=Archive(sha256=Sha256("ef" * 32)))
    assert list(store.others(place_of())) == []

    publish(store, b"own")
    found = publish(store, b"other", keyed=other)
    Path(publish(store, b"broken", keyed=broken).path).write_bytes(b"damaged")
    publish(store, b"elsewhere", keyed=elsewhere)
    Path(found.path).parents[2].joinpath("no-key").mkdir()

    assert [entry.record.key for entry in store.others(place_of())] == [other.key()]
