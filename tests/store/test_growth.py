"""A cache that passes its limit is collected by the build that made it pass it."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import holding, place_of, publish
from support.upkeep import DAY, keeper, stored
from support.values import PURE
from wheelwell.limits import Limits
from wheelwell.store import growth
from wheelwell.store.disk import Store
from wheelwell.store.layout import Layout

OTHER = replace(PURE, version="2.0")
SIZE = 100_000


def grown(store: Store, limits: Limits, *, told: list[str] | None = None) -> list[str]:
    told = [] if told is None else told
    entry = publish(store, os.urandom(SIZE), keyed=OTHER)
    upkeep = keeper(store.layout)
    growth.grow(store.layout, entry, upkeep=upkeep, limits=limits, warn=told.append)
    return told


def test_what_passes_the_limit_is_collected_and_told(store: Store) -> None:
    stored(store, os.urandom(SIZE), age=DAY)
    told = grown(store, Limits(size=int(1.5 * SIZE)))
    assert store.find(place_of()) is None
    assert store.find(place_of(OTHER)) is not None
    assert "had passed its limit of 150.0 kB" in told[0]


def test_what_keeps_the_limit_is_left_alone(store: Store) -> None:
    stored(store, age=DAY)
    assert grown(store, Limits(size=10 * SIZE)) == []
    assert store.find(place_of()) is not None


def test_a_day_s_growth_is_counted_and_not_measured(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown(store, Limits(size=10 * SIZE))
    stored(store, os.urandom(SIZE), age=DAY)
    with monkeypatch.context() as patch:
        patch.setattr(growth, "_measure", lambda _: pytest.fail("it was measured"))
        assert grown(store, Limits(size=10 * SIZE)) == []

    for _ in range(10):
        grown(store, Limits(size=10 * SIZE))
    assert store.find(place_of()) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"bytes": "x", "at": 1}', '{"bytes": 1, "at": 1e12}']
)
def test_a_measurement_that_makes_no_sense_is_made_again(store: Store, text: str) -> None:
    grown(store, Limits())
    path = Path(store.layout.root, "size-v1", "measured.json")
    path.write_text(text)
    grown(store, Limits())
    assert json.loads(path.read_text())["bytes"] > SIZE


def test_a_large_cache_without_a_limit_is_told_of_once_a_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "LARGE", SIZE)
    told: list[str] = []
    for _ in range(3):
        grown(store, Limits(), told=told)
    [warning] = told
    assert "has no limit" in warning
    assert "wheelwell gc --limit" in warning


def test_only_one_process_collects(store: Store) -> None:
    stored(store, age=DAY)
    with holding(store.layout.lease("collect")):
        grown(store, Limits(size=1))
    assert store.find(place_of()) is not None


def test_a_cache_that_cannot_be_shrunk_does_not_fail_a_build(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Layout) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(growth, "_measure", full)
    [warning] = grown(store, Limits(size=1))
    assert "No space left" in warning
