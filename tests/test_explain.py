"""What the cache says of a request that it would answer, or would have to build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wheelwell
from support.projects import make_sdist, materialise
from wheelwell.settings import Settings


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return make_sdist(materialise("pure", tmp_path / "projects"), tmp_path)


def test_a_hit_is_explained_with_its_path_and_its_whole_key(cache_dir: Path, sdist: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(sdist))
        told = cache.explain(str(sdist))

    assert (told.hit, told.path, told.key) == (True, wheel.path, wheel.key)
    assert wheel.record is not None
    assert told.inputs == wheel.record.inputs
    assert told.nearest is None


def test_nothing_is_built_to_explain(cache_dir: Path, sdist: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        told = cache.explain(str(sdist))
        assert cache.lookup(str(sdist)) is None

    assert not told.hit
    assert told.nearest is None


def test_a_miss_names_the_nearest_entry_and_the_fields_that_differ(
    cache_dir: Path, sdist: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        near = cache.get(str(sdist), settings=Settings(variables={"CFLAGS": "-O2"}))
        cache.get(str(sdist), settings=Settings(variables={"CFLAGS": "-O1"}, config={"x": ("1",)}))
        told = cache.explain(str(sdist), settings=Settings(variables={"CFLAGS": "-O3"}))

    assert not told.hit
    assert told.nearest is not None
    assert told.nearest.key == near.key
    assert [each.to_json() for each in told.nearest.differences] == [
        {"field": "settings.variables.CFLAGS", "wanted": "-O3", "found": "-O2"}
    ]
    assert "the variable CFLAGS: wanted -O3, found -O2" in str(told)


def test_another_version_is_near_too(cache_dir: Path, tmp_path: Path) -> None:
    old = make_sdist(materialise("pure", tmp_path / "old"), tmp_path / "a")
    new = make_sdist(
        materialise("pure", tmp_path / "new", project={"version": "9.9"}), tmp_path / "b"
    )
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(old))
        told = cache.explain(str(new))

    assert told.nearest is not None
    assert [each.field for each in told.nearest.differences] == ["version", "source"]


def test_what_is_told_can_be_written_as_json(cache_dir: Path, sdist: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(sdist))
        told = cache.explain(str(sdist), settings=Settings(variables={"CFLAGS": "-O3"}))

    assert json.loads(json.dumps(told.to_json())) == told.to_json()
