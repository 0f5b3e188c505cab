"""Build requirements without a wheel are built first, each once, for all who need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import BACKEND, make_sdist, materialise
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.schedule import Room
from wheelwell.warm.policy import Policy

pytestmark = pytest.mark.slow

ROOM = Room(slots=2, cores=2)


@pytest.fixture
def add(index: IndexServer, tmp_path: Path) -> Callable[..., Path]:
    """Adds a source to the index; its name, and what it needs to build. Builds are counted."""

    def _add(name: str, *requires: str, fails: str = "") -> Path:
        tree = materialise(
            "pure",
            tmp_path / name,
            project={"name": name},
            build_system={"requires": list(requires)},
            count=str(tmp_path / f"{name}.builds"),
        )
        if fails:
            backend = tree / BACKEND.name
            backend.write_text(f"{backend.read_text()}\nraise SystemExit({fails!r})\n")
        index.add(make_sdist(tree, tmp_path))
        return tmp_path / f"{name}.builds"

    return _add


@pytest.fixture
def cache(cache_dir: Path, index: IndexServer) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


def warmed(cache: wheelwell.WheelCache, *names: str, policy: Policy | None = None) -> list[Outcome]:
    wanted = [f"{name}==1.0" for name in names]
    return [*cache.warm(wanted, room=ROOM, policy=policy)]


def test_they_come_first_each_once(add: Callable[..., Path], cache: wheelwell.WheelCache) -> None:
    needed, deeper = add("needed", "deeper"), add("deeper")
    for name in ("first", "second", "third"):
        add(name, "needed")
    found = warmed(cache, "first", "second", "third")
    assert [each.request for each in found[:2]] == ["deeper==1.0", "needed==1.0"]
    assert found[0].needed_by == "needed"
    assert found[1].needed_by in {"first", "second", "third"}
    assert sorted(each.request for each in found[2:]) == ["first==1.0", "second==1.0", "third==1.0"]
    assert {each.result for each in found} == {Result.BUILT}
    for count in (needed, deeper):
        assert len(count.read_text().splitlines()) == 1


def test_one_that_fails_blocks_who_needs_it_and_is_told_once(
    add: Callable[..., Path], cache: wheelwell.WheelCache
) -> None:
    add("needed", fails="no such header: foo.h")
    for name in ("first", "second"):
        add(name, "needed")
    add("other")
    found = {each.request: each for each in warmed(cache, "first", "second", "other")}
    assert found["needed==1.0"].failure is Failure.COMPILE
    for name in ("first==1.0", "second==1.0"):
        assert found[name].result is Result.BLOCKED
        assert found[name].blocked_by == "needed==1.0"
    assert found["other==1.0"].result is Result.BUILT


def test_a_circle_is_named_and_the_rest_goes_on(
    add: Callable[..., Path], cache: wheelwell.WheelCache
) -> None:
    add("first", "second")
    add("second", "first")
    add("other")
    found = warmed(cache, "first", "other")
    [failed] = [each for each in found if each.result is Result.FAILED]
    assert failed.failure is Failure.ENVIRONMENT
    assert failed.error is not None
    assert "need each other" in failed.error.message
    assert {each.result for each in found if each.request == "other==1.0"} == {Result.BUILT}
    assert all(each.result is Result.BLOCKED for each in found if each.request == "second==1.0")


def test_what_must_not_be_built_is_not_built_for_others_either(
    add: Callable[..., Path], cache: wheelwell.WheelCache
) -> None:
    count = add("needed")
    add("first", "needed")
    policy = Policy(never_built=frozenset({"needed"}))
    found = {each.request: each for each in warmed(cache, "first", policy=policy)}
    assert found["first==1.0"].result is Result.BLOCKED
    assert not count.exists()
