"""A cache keeps to its limits, forgets what nobody will use, and never what somebody may."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import child, holding, place_of, publish
from support.upkeep import DAY, HOUR, keeper, stored, tree
from support.values import PURE
from wheelwell import buckets
from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.limits import Limits
from wheelwell.pattern import parse_pattern
from wheelwell.store import atomic, growth, holds, lease, survey
from wheelwell.store.disk import Store
from wheelwell.store.layout import Layout
from wheelwell.store.shelf import DiskShelf
from wheelwell.store.slots import lease_slot
from wheelwell.store.upkeep import Upkeep

NOTHING = Limits(size=0)


def test_without_a_limit_nothing_of_use_goes(store: Store, layout: Layout) -> None:
    stored(store, age=1000 * DAY)
    assert keeper(layout).collect(Limits()).freed == 0
    assert store.find(place_of()) is not None


def test_what_passes_the_limit_on_size_goes_but_for_what_was_used_within_the_hour(
    store: Store, layout: Layout
) -> None:
    recent = replace(PURE, version="2.0")
    stored(store, age=HOUR + 60)
    stored(store, keyed=recent, age=HOUR - 60)

    done = keeper(layout).collect(NOTHING)

    assert store.find(place_of()) is None
    assert store.find(place_of(recent)) is not None
    assert done.plan.excess == done.size > 0


def test_what_passes_the_limit_on_age_goes(store: Store, layout: Layout) -> None:
    younger = replace(PURE, version="2.0")
    stored(store, age=31 * DAY)
    stored(store, keyed=younger, age=29 * DAY)

    keeper(layout).collect(Limits(age=30 * DAY))

    assert store.find(place_of()) is None
    assert store.find(place_of(younger)) is not None


@pytest.mark.parametrize("pattern", ["foo", "FOO==1.0", "foo-1.*"])
def test_what_is_pinned_stays_until_it_no_longer_is(
    store: Store, layout: Layout, pattern: str
) -> None:
    stored(store, age=DAY)
    upkeep = keeper(layout)
    assert upkeep.pin(parse_pattern(pattern))
    assert not upkeep.pin(parse_pattern(pattern))
    assert upkeep.pins() == [parse_pattern(pattern)]

    upkeep.collect(NOTHING)
    assert store.find(place_of()) is not None

    assert upkeep.unpin(parse_pattern(pattern))
    assert not upkeep.unpin(parse_pattern(pattern))
    upkeep.collect(NOTHING)
    assert store.find(place_of()) is None


def test_while_a_pin_cannot_be_read_every_wheel_stays(store: Store, layout: Layout) -> None:
    stored(store, age=DAY)
    told: list[str] = []
    upkeep = keeper(layout, warn=told.append)
    upkeep.pin(parse_pattern("bar"))
    [pin] = Path(layout.pins).iterdir()
    pin.write_text("{")

    upkeep.collect(NOTHING)

    assert store.find(place_of()) is not None
    assert str(pin) in told[0]


def test_what_is_held_or_built_anew_stays(store: Store, layout: Layout) -> None:
    other = replace(PURE, version="2.0")
    held, built = stored(store, age=DAY), stored(store, keyed=other, age=DAY)

    with holds.held(layout, os.path.dirname(held.path)), holding(layout.lease(other.key())):
        done = keeper(layout).collect(NOTHING)

    assert sorted(each.why_not for each in done.carried) == [
        "it is being built",
        "somebody holds it",
    ]
    assert store.find(place_of()) == held
    assert store.find(place_of(other)) == built


def test_a_dry_run_tells_the_same_and_removes_nothing(store: Store, layout: Layout) -> None:
    stored(store, age=DAY)
    put_source(layout, b"old", age=DAY)
    leave_staged(layout)
    before = tree(layout.root)

    told = keeper(layout).collect(NOTHING, is_dry=True)
    purged = [*keeper(layout).purge(is_dry=True)]
    assert tree(layout.root) >= before
    done = keeper(layout).collect(NOTHING)

    assert told.freed == done.freed > 0
    assert [each.path for each in told.swept] == [each.path for each in done.swept]
    assert {each.removal.candidate.kind for each in purged} == {"wheels", "sources"}


def test_a_source_that_is_used_stays_and_another_goes(store: Store, layout: Layout) -> None:
    shelf = DiskShelf(layout)
    used, unused = (put_source(layout, data, age=DAY) for data in (b"used", b"unused"))
    assert shelf.find(used)

    keeper(layout).collect(NOTHING)

    assert shelf.locate(used)
    assert not shelf.locate(unused)


def test_a_source_that_is_used_while_it_is_taken_away_comes_back(
    store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = DiskShelf(layout)
    sha256 = put_source(layout, b"source", age=DAY)
    rename = os.rename

    def use_and_rename(old: str, new: str) -> None:
        if old == f"{layout.sources}/{sha256}":
            assert shelf.find(sha256)
        rename(old, new)

    monkeypatch.setattr(os, "rename", use_and_rename)
    done = keeper(layout).collect(NOTHING)

    assert [each.why_not for each in done.carried] == ["it was used just now"]
    assert shelf.locate(sha256)


def test_an_environment_that_is_used_while_it_is_taken_away_stays_and_never_moves(
    store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = make_environment(layout, age=DAY)
    rename, moved = os.rename, []

    def use_and_rename(old: str, new: str) -> None:
        if old == survey.marks(environment)[0]:
            os.utime(old)
        moved.append(old)
        rename(old, new)

    monkeypatch.setattr(os, "rename", use_and_rename)
    done = keeper(layout).collect(NOTHING)

    assert [each.why_not for each in done.carried] == ["it was used just now"]
    assert os.path.exists(survey.marks(environment)[0])
    assert environment not in moved


def test_what_a_running_build_may_use_stays_however_long_it_runs(
    store: Store, layout: Layout
) -> None:
    with lease_slot(layout, "foo", clear=lambda _: None) as slot:
        began = time.time() - 3 * HOUR
        Path(layout.lease("slot-foo-0")).write_text(f'{{"pid": 1, "since": {began}}}')
        (slot.source / "file").touch()
        during = make_environment(layout, age=2 * HOUR)
        before = make_environment(layout, name="b", age=4 * HOUR)

        keeper(layout).collect(NOTHING)
        assert os.path.exists(during)
        assert not os.path.exists(before)
        assert (slot.source / "file").exists()

    keeper(layout).collect(NOTHING)
    assert not os.path.exists(during)


def test_an_environment_that_is_being_made_stays(store: Store, layout: Layout) -> None:
    path = Path(layout.environments, "a", "token")
    path.mkdir(parents=True)
    with holding(layout.lease("environment-a")):
        keeper(layout).collect(NOTHING)
        assert path.exists()
    keeper(layout).collect(NOTHING)
    assert not path.exists()


def test_a_superseded_build_goes_an_hour_after_its_last_use(store: Store, layout: Layout) -> None:
    old = stored(store, b"old")
    publish(store, b"new")

    keeper(layout).collect(Limits())
    assert Path(old.path).exists()
    os.utime(Path(old.path).parent, (time.time() - HOUR - 60,) * 2)
    keeper(layout).collect(Limits())
    assert not Path(old.path).exists()
    assert store.find(place_of()) is not None


def test_a_build_that_no_record_came_to_name_goes_at_once(
    store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("wheelwell.store.publish.write_record", die)
        patch.setattr("wheelwell.store.publish._withdraw", lambda *_: None)
        with pytest.raises(Killed):
            publish(store)
    assert tree(layout.wheels)

    keeper(layout).collect(Limits())

    assert tree(layout.wheels) == set()


LEAVE = """
import sys
from pathlib import Path
from wheelwell.store.layout import Layout
from wheelwell.store.slots import lease_slot
from wheelwell.store.upkeep import Upkeep

with lease_slot(Layout(sys.argv[1]), "foo", clear=lambda _: None) as slot:
    (slot.source / "file").touch()
    print("there", flush=True)
    sys.stdin.readline()
"""


def test_a_slot_of_a_dead_builder_is_cleared_and_a_living_one_s_is_not(
    store: Store, layout: Layout
) -> None:
    with child(LEAVE, layout.root) as builder:
        assert builder.stdout is not None
        builder.stdout.readline()
        keeper(layout).collect(Limits())
        assert "foo/0/source/file" in tree(layout.slots)
        builder.kill()
        builder.wait()
        keeper(layout).collect(Limits())
    assert tree(layout.slots) == set()


def test_what_a_dead_writer_left_is_swept(store: Store, layout: Layout) -> None:
    leave_staged(layout)
    keeper(layout).collect(Limits())
    assert tree(layout.staging) == set()


@pytest.mark.parametrize("kind", ["quarantine", "failures"])
def test_what_was_set_aside_goes_after_a_month(store: Store, layout: Layout, kind: str) -> None:
    for name, age in (("older", 31 * DAY), ("younger", 29 * DAY)):
        directory = Path(layout.root, kind, name)
        directory.mkdir(parents=True)
        os.utime(directory, (time.time() - age,) * 2)

    keeper(layout).collect(Limits())

    assert tree(f"{layout.root}/{kind}") == {"younger"}


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("wheels-v0", 31 * DAY, False),
        ("wheels-v0", 29 * DAY, True),  # an older wheelwell may take turns with us
        ("wheels-v2", 31 * DAY, True),
        ("unknown-v0", 31 * DAY, True),
        ("mine", 31 * DAY, True),
    ],
)
def test_buckets_of_older_layouts_go_once_nobody_uses_them(
    store: Store, layout: Layout, name: str, age: float, stays: bool
) -> None:
    bucket = Path(layout.root, name)
    (bucket / "project").mkdir(parents=True)
    for path in (bucket / "project", bucket):
        os.utime(path, (time.time() - age,) * 2)

    keeper(layout).collect(Limits())

    assert bucket.exists() is stays


def test_lock_files_that_nobody_holds_go_and_held_ones_stay(store: Store, layout: Layout) -> None:
    with holding(layout.lease("held")):
        lease.acquire(layout.lease("free")).__exit__(None, None, None)
        keeper(layout).collect(Limits())
        assert tree(layout.leases) == {"held.lock"}


def test_a_lease_whose_file_was_swept_still_has_one_holder(store: Store, layout: Layout) -> None:
    path = layout.lease("name")
    lease.acquire(path).__exit__(None, None, None)
    keeper(layout).collect(Limits())
    with lease.acquire(path):
        assert lease.try_acquire(path) is None


def test_purging_one_kind_leaves_the_others(store: Store, layout: Layout) -> None:
    entry = stored(store)
    sha256 = put_source(layout, b"source")

    [done] = keeper(layout).purge(["sources"])

    assert done.removal.candidate.kind == "sources"
    assert store.find(place_of()) == entry
    assert DiskShelf(layout).locate(sha256) is None


def test_purging_all_leaves_only_what_is_held_or_being_built(store: Store, layout: Layout) -> None:
    other = replace(PURE, version="2.0")
    held = stored(store)
    stored(store, keyed=other)
    put_source(layout, b"source")
    make_environment(layout)
    for bucket in (*buckets.FACTS, buckets.FAILURES, buckets.QUARANTINE, buckets.JOURNAL):
        Path(layout.root, bucket).mkdir()
        Path(layout.root, bucket, "file").touch()

    with holds.held(layout, os.path.dirname(held.path)):
        done = [*keeper(layout).purge()]

    assert [each.why_not for each in done if each.why_not] == ["somebody holds it"]
    assert store.find(place_of()) == held
    assert {path.name for path in Path(layout.root).glob("*-v1/*")} == {"foo"}


def test_removing_what_is_named_leaves_the_rest(store: Store, layout: Layout) -> None:
    other = replace(PURE, version="2.0")
    stored(store)
    kept = stored(store, keyed=other)
    upkeep = keeper(layout)

    [done] = upkeep.remove(upkeep.entries(parse_pattern("foo==1.0")))

    assert done.why_not == ""
    assert store.find(place_of()) is None
    assert store.find(place_of(other)) == kept


@pytest.mark.parametrize(
    "work",
    [
        lambda upkeep: upkeep.collect(NOTHING),
        lambda upkeep: [*upkeep.purge()],
        lambda upkeep: [*upkeep.verify()],
        lambda upkeep: upkeep.pins(),
    ],
    ids=["collect", "purge", "verify", "pins"],
)
def test_looking_after_a_cache_that_is_not_there_does_nothing(
    tmp_path: Path, work: Callable[[Upkeep], object]
) -> None:
    work(keeper(Layout(str(tmp_path / "none"))))
    assert not (tmp_path / "none").exists()


def put_source(layout: Layout, data: bytes, *, age: float = 0) -> Sha256:
    shelf = DiskShelf(layout)
    staged = shelf.reserve() / "foo-1.0.tar.gz"
    staged.write_bytes(data)
    sha256 = sha256_chunks([data])
    path = shelf.put(staged, sha256)
    os.utime(path, (time.time() - age,) * 2)
    return sha256


def make_environment(layout: Layout, *, name: str = "a", age: float = 0) -> str:
    path = f"{layout.environments}/{name}/token"
    os.makedirs(path)
    mark = survey.marks(path)[0]
    atomic.write(mark, b"{}", layout=layout, durable=False)
    os.utime(mark, (time.time() - age,) * 2)
    return path


def leave_staged(layout: Layout) -> None:
    directory = Path(layout.staging, "0123456789abcdef")
    directory.mkdir(parents=True)
    (directory / "half").write_bytes(b"half a wheel")


def test_where_what_was_planned_to_go_is_held_something_else_goes(
    store: Store, layout: Layout
) -> None:
    others = [replace(PURE, version=version) for version in ("2.0", "3.0")]
    first = stored(store, b"x" * 10_000, age=9 * DAY)
    rest = [stored(store, b"x" * 10_000, keyed=keyed, age=DAY) for keyed in others]
    with holds.held(layout, os.path.dirname(first.path)):
        limit = keeper(layout).plan(Limits()).before - 5_000
        done = keeper(layout).collect(Limits(size=limit))
    assert done.size <= limit
    assert store.find(place_of()) == first
    assert len([entry for entry in rest if os.path.exists(entry.path)]) == 1


def test_an_age_alone_is_kept_to_once_a_day(store: Store, layout: Layout) -> None:
    old = stored(store, age=9 * DAY)
    new = stored(store, keyed=replace(PURE, version="2.0"))
    limits = Limits(age=DAY)
    growth.grow(layout, new, upkeep=keeper(layout), limits=limits, warn=pytest.fail)
    assert not os.path.exists(old.path)
