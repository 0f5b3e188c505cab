"""A build requirement that exists only as a source is built once, through the cache itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import BACKEND, make_sdist, make_wheel, materialise
from wheelwell.builder import frontends
from wheelwell.builder.frontends import find_uv
from wheelwell.errors import EnvironmentFailed
from wheelwell.overrides import Overrides
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow


@pytest.fixture(params=["uv", "pip"])
def frontend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two that fill environments."""
    if request.param == "pip":
        monkeypatch.setattr(frontends, "find_uv", lambda _: None)
    elif find_uv(os.environ) is None:
        pytest.skip("uv is not here")
    return str(request.param)


@pytest.fixture
def add(index: IndexServer, tmp_path: Path) -> Callable[..., Path]:
    """Adds a source to the index; its name, what it needs to build, where builds are counted."""

    def _add(name: str, *requires: str, into: IndexServer = index, **knobs: Any) -> Path:
        count = tmp_path / f"{name}.builds"
        tree = materialise(
            "pure",
            tmp_path / name,
            project={"name": name},
            build_system={"requires": list(requires)},
            count=str(count),
            **knobs,
        )
        into.add(make_sdist(tree, tmp_path))
        return count

    return _add


@pytest.fixture
def cache(cache_dir: Path, index: IndexServer) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


def builds(count: Path) -> int:
    return len(count.read_text().splitlines()) if count.exists() else 0


def test_it_is_built_once_for_all_who_need_it(
    frontend: str, add: Callable[..., Path], cache: wheelwell.WheelCache
) -> None:
    # To learn what a source needs, pip prepares an environment for it by itself; uv reads PKG-INFO.
    needed = add("needed", *(["deeper"] if frontend == "uv" else []))
    deeper = add("deeper") if frontend == "uv" else needed
    add("first", "needed")
    add("second", "needed")
    together = threading.Barrier(2)

    def get(name: str) -> wheelwell.Wheel:
        together.wait()
        return cache.get(f"{name}==1.0")

    with ThreadPoolExecutor(2) as pool:
        wheels = [*pool.map(get, ("first", "second"))]

    assert (builds(needed), builds(deeper)) == (1, 1)
    for wheel in wheels:
        assert wheel.record is not None
        assert wheel.record.observed.requirements == {"needed": "1.0"}
    assert cache.get("needed==1.0").origin is Origin.LOCAL


def test_the_newest_version_is_taken_though_only_an_older_one_has_a_wheel(
    frontend: str,
    add: Callable[..., Path],
    cache: wheelwell.WheelCache,
    index: IndexServer,
    tmp_path: Path,
) -> None:
    count = add("needed")
    index.add(make_wheel(tmp_path, "needed", "0.9"))
    add("first", "needed")
    wheel = cache.get("first==1.0")
    assert wheel.record is not None
    assert wheel.record.observed.requirements == {"needed": "1.0"}
    assert builds(count) == 1


def test_it_comes_from_the_indexes_of_build_requirements_without_the_switches(
    cache_dir: Path, add: Callable[..., Path], index: IndexServer
) -> None:
    with IndexServer() as others:
        count = add("needed", into=others)
        add("first", "needed")
        places = {"index-url": index.url, "build-index-url": others.url}
        switches = Overrides(config={"level": ("9",)})
        configuration = replace(wheelwell.load_configuration(places), switches=switches)
        with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
            assert cache.get("first==1.0").origin is Origin.BUILT
            [entry] = [
                stored.entry
                for stored in cache.upkeep.entries()
                if stored.entry.record.inputs["name"] == "needed"
            ]
    assert builds(count) == 1
    assert entry.record.inputs["settings"]["config"] == {}


def test_the_same_wheel_is_found_again_after_the_environment_is_gone(
    add: Callable[..., Path], cache: wheelwell.WheelCache
) -> None:
    count = add("needed")
    add("first", "needed")
    cache.get("first==1.0")
    cache.get("first==1.0", rebuild=True, network=wheelwell.Network.REFRESH)
    assert builds(count) == 1


def test_a_circle_is_named(add: Callable[..., Path], cache: wheelwell.WheelCache) -> None:
    add("first", "second")
    add("second", "third")
    add("third", "first")
    with pytest.raises(EnvironmentFailed, match="first → second → third → first"):
        cache.get("first==1.0")


def test_a_failure_names_both_and_has_the_log_of_the_one_that_failed(
    add: Callable[..., Path],
    cache: wheelwell.WheelCache,
    index: IndexServer,
    tmp_path: Path,
) -> None:
    broken = materialise("pure", tmp_path / "broken", project={"name": "broken"})
    backend = broken / BACKEND.name
    backend.write_text(f"{backend.read_text()}\nraise SystemExit('no such header: foo.h')\n")
    index.add(make_sdist(broken, tmp_path))
    add("first", "broken")
    with pytest.raises(EnvironmentFailed, match=r"first needs broken==1\.0 to be built") as caught:
        cache.get("first==1.0")
    assert "no such header" in caught.value.message
    assert "no such header" in Path(str(caught.value.log)).read_text()
