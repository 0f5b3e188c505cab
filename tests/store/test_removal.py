"""An entry goes away at once for all who look for it, and nobody is handed what is going."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import holding, place_of, publish
from support.upkeep import HOUR, stored, tree
from support.values import PURE
from wheelwell.store import holds, inventory, removal
from wheelwell.store.disk import OFTEN, Store
from wheelwell.store.entry import Entry
from wheelwell.store.layout import Layout


def test_a_removed_entry_is_a_miss_and_leaves_no_trace(store: Store, layout: Layout) -> None:
    entry = stored(store)
    size = os.path.getsize(entry.path)

    done = removal.remove(layout, build_of(entry))

    assert done.why_not == ""
    assert done.size > size
    assert store.find(place_of()) is None
    assert tree(layout.wheels) == tree(layout.leases) == tree(layout.staging) == set()


def test_other_entries_of_the_project_stay(store: Store, layout: Layout) -> None:
    other = replace(PURE, version="2.0")
    entry, kept = stored(store), stored(store, keyed=other)

    removal.remove(layout, build_of(entry))

    assert store.find(place_of(other)) == kept


def test_what_is_being_built_stays(store: Store, layout: Layout) -> None:
    entry = stored(store)
    with holding(layout.lease(PURE.key())):
        assert removal.remove(layout, build_of(entry)).why_not == removal.BUSY
    assert store.find(place_of()) == entry


def test_what_is_held_stays_and_goes_once_it_is_not(store: Store, layout: Layout) -> None:
    entry = stored(store)
    with holds.held(layout, build_of(entry)) as is_there:
        assert is_there
        assert removal.remove(layout, build_of(entry)).why_not == removal.HELD
        assert store.find(place_of()) == entry
    assert removal.remove(layout, build_of(entry)).why_not == ""


def test_a_dead_holder_holds_nothing(store: Store, layout: Layout) -> None:
    entry = stored(store)
    with holding(f"{layout.holds}/{entry.record.build}/token") as holder:
        assert holds.is_held(layout, build_of(entry))
        holder.kill()
        holder.wait()
        assert not holds.is_held(layout, build_of(entry))
    assert tree(layout.holds) == set()


def test_what_is_going_cannot_be_held(store: Store, layout: Layout) -> None:
    entry = stored(store)

    def keep(build: inventory.Build) -> str:
        with holds.held(layout, build.path) as is_there:
            assert not is_there
        return ""

    assert removal.remove(layout, build_of(entry), keep=keep).why_not == ""


def test_a_reader_between_look_and_use_sees_that_an_entry_goes(
    store: Store, layout: Layout
) -> None:
    entry = stored(store)
    removal.remove(layout, build_of(entry))
    assert not store.use(entry)


def test_a_remover_sees_a_use_that_came_while_it_hid_the_record(
    store: Store, layout: Layout
) -> None:
    entry = stored(store, age=2 * HOUR)
    before = inventory.build_of(build_of(entry))
    assert before is not None

    def keep(build: inventory.Build) -> str:
        return removal.USED if build.used > before.used else ""

    hide = removal._hide

    def use_and_hide(build: str, going: str) -> int:
        assert store.use(entry)
        return hide(build, going)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(removal, "_hide", use_and_hide)
        assert removal.remove(layout, build_of(entry), keep=keep).why_not == removal.USED
    assert store.find(place_of()) == entry
    assert holds.going(build_of(entry)) not in tree(layout.wheels)


def test_a_use_after_the_record_was_hidden_is_no_use(store: Store, layout: Layout) -> None:
    entry = stored(store, age=2 * HOUR)
    uses: list[bool] = []

    def keep(_: inventory.Build) -> str:
        uses.append(store.use(entry))
        return ""

    assert removal.remove(layout, build_of(entry), keep=keep).why_not == ""
    assert uses == [False]


def test_a_use_is_marked_once_a_minute(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = stored(store, age=2 * HOUR)
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    marked = [store.use(entry) and used(entry)]
    os.utime(build_of(entry), (0, 0))
    marked.append(store.use(entry) and used(entry))
    now += OFTEN
    marked.append(store.use(entry) and used(entry))

    assert [at > 0 for at in marked] == [True, False, True]


@pytest.mark.parametrize("step", ["hidden", "moved"])
def test_what_a_killed_remover_left_is_finished(
    store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    entry = stored(store)
    kill_in(monkeypatch, {"hidden": "keep", "moved": "_tidy"}[step], layout, entry)
    assert store.find(place_of()) is None

    removal.finish(layout, os.path.dirname(build_of(entry)))

    assert tree(layout.wheels) == set()


def test_an_entry_that_a_killed_remover_had_hidden_comes_back_if_it_is_to_stay(
    store: Store, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = stored(store)
    kill_in(monkeypatch, "keep", layout, entry)

    removal.finish(layout, os.path.dirname(build_of(entry)), keep=lambda _: removal.USED)

    assert store.find(place_of()) == entry


def test_a_superseded_build_goes_and_the_entry_stays(store: Store, layout: Layout) -> None:
    old = stored(store, b"old")
    new = publish(store, b"new")

    assert removal.remove(layout, build_of(old)).why_not == ""

    assert not Path(old.path).exists()
    assert store.find(place_of()) == new


def test_clearing_removes_what_is_damaged_too(store: Store, layout: Layout) -> None:
    entry = stored(store)
    directory = os.path.dirname(build_of(entry))
    Path(directory, "record.json").write_text("{")

    assert removal.clear(layout, directory).why_not == ""
    assert tree(layout.wheels) == set()


def test_clearing_leaves_what_is_held(store: Store, layout: Layout) -> None:
    entry = stored(store)
    with holds.held(layout, build_of(entry)):
        done = removal.clear(layout, os.path.dirname(build_of(entry)))
        assert done.why_not == removal.HELD
    assert store.find(place_of()) == entry


def kill_in(monkeypatch: pytest.MonkeyPatch, function: str, layout: Layout, entry: Entry) -> None:
    """Remove an entry, and die in a step of it."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> str:
        raise Killed

    keep: Callable[[inventory.Build], str] = die if function == "keep" else lambda _: ""
    with monkeypatch.context() as patch:
        patch.setattr(removal, "_tidy", die)
        with pytest.raises(Killed):
            removal.remove(layout, build_of(entry), keep=keep)


def build_of(entry: Entry) -> str:
    return os.path.dirname(entry.path)


def used(entry: Entry) -> float:
    return os.stat(build_of(entry)).st_mtime
