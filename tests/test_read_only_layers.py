"""Layers are read below the cache that is written: hits come from them, and nothing goes there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.disks import needs_mounts, run_on_disks
from support.index import IndexServer
from support.others import NOBODY, contents, needs_root
from support.projects import make_sdist, materialise
from support.stored import rot
from wheelwell.config import load
from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.errors import DamagedWheel, NotInCache
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return materialise("pure", tmp_path)


@pytest.fixture
def layer(tmp_path: Path, project: Path) -> Path:
    """A cache that has the project's wheel."""
    directory = tmp_path / "layer"
    with wheelwell.open_cache(directory) as cache:
        cache.get(str(project))
    return directory


def opened(cache_dir: Path, *layers: Path, **more: Any) -> wheelwell.WheelCache:
    told = {"cache-dir": str(cache_dir), "layers": [*map(str, layers)], **more}
    return wheelwell.open_cache(configuration=load(told))


def test_a_hit_comes_from_a_layer_and_nothing_changes_there(
    cache_dir: Path, layer: Path, project: Path
) -> None:
    before = contents(layer)
    with opened(cache_dir, layer) as cache:
        wheel = cache.get(str(project))
        again = cache.get(str(project))
        cache.explain(str(project))
        with cache.hold(wheel) as path:
            assert path == wheel.path
    assert wheel.origin is again.origin is Origin.LAYER
    assert layer in wheel.path.parents
    assert contents(layer) == before


def test_what_no_layer_has_is_built_and_stored_above(
    cache_dir: Path, layer: Path, tmp_path: Path
) -> None:
    other = str(materialise("Dotted.Name_With-Capitals", tmp_path))
    before = contents(layer)
    with opened(cache_dir, layer) as cache:
        built = cache.get(other)
        assert built.origin is Origin.BUILT
        assert cache_dir in built.path.parents
        assert cache.get(other).origin is Origin.LOCAL
    assert contents(layer) == before


def test_the_written_cache_comes_first_and_then_the_layers_in_order(
    cache_dir: Path, layer: Path, project: Path, tmp_path: Path
) -> None:
    second = shutil.copytree(layer, tmp_path / "second", symlinks=True)
    with opened(cache_dir, second, layer) as cache:
        assert second in cache.get(str(project)).path.parents
        assert cache.get(str(project), rebuild=True).origin is Origin.BUILT
        assert cache.get(str(project)).origin is Origin.LOCAL


def test_a_pin_that_a_layer_resolved_is_a_hit_without_network(
    tmp_path: Path, cache_dir: Path, index: IndexServer
) -> None:
    index.add(make_sdist(materialise("pure", tmp_path / "source"), tmp_path))
    there = {"index-url": index.url}
    layer = tmp_path / "layer"
    with opened(layer, **there) as cache:
        cache.get("pure==1.0")
    with opened(cache_dir, layer, **there) as cache:
        assert cache.get("pure==1.0", network=wheelwell.Network.NEVER).origin is Origin.LAYER


def test_a_copied_layer_is_hashed_once_and_not_by_every_process(
    cache_dir: Path, layer: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(layer, tmp_path / "image", copy_function=shutil.copyfile)
    hashed: list[str] = []

    def hash_file(path: str) -> Sha256:
        hashed.append(path)
        return sha256_chunks([Path(path).read_bytes()])

    monkeypatch.setattr("wheelwell.store.disk.hash_file", hash_file)
    for _ in range(3):
        with opened(cache_dir, copy) as cache:
            assert cache.get(str(project)).origin is Origin.LAYER
    assert len(hashed) == 1


def test_a_damaged_entry_of_a_layer_is_a_miss_and_stays_there(
    cache_dir: Path, layer: Path, project: Path
) -> None:
    [wheel] = layer.rglob("*.whl")
    wheel.write_bytes(b"damaged")
    before = contents(layer)
    with opened(cache_dir, layer) as cache:
        assert cache.get(str(project)).origin is Origin.BUILT
    assert contents(layer) == before


@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_a_layer_that_cannot_be_used_is_told_of_and_left_out(
    cache_dir: Path, project: Path, tmp_path: Path, kind: str
) -> None:
    layer = tmp_path / kind
    if kind == "a file":
        layer.touch()
    told: list[str] = []
    configuration = load({"cache-dir": str(cache_dir), "layers": [str(layer)]})
    with wheelwell.open_cache(configuration=configuration, warn=told.append) as cache:
        assert cache.get(str(project)).origin is Origin.BUILT
    [warning] = told
    assert str(layer) in warning


@needs_root
def test_a_layer_of_another_user_is_used_only_if_its_owner_is_trusted(
    cache_dir: Path, layer: Path, project: Path
) -> None:
    os.chown(layer, NOBODY, NOBODY)
    with pytest.warns(UserWarning, match="it belongs to"):
        cache = opened(cache_dir, layer)
    with cache, pytest.raises(NotInCache):
        cache.get(str(project), build=False)
    with opened(cache_dir, layer, **{"trust-owner": True}) as cache:
        assert cache.get(str(project)).origin is Origin.LAYER


def test_the_cache_directory_itself_is_no_layer(cache_dir: Path, project: Path) -> None:
    with opened(cache_dir, cache_dir) as cache:
        assert cache.get(str(project)).origin is Origin.BUILT
        assert cache.get(str(project)).origin is Origin.LOCAL


@needs_mounts()
def test_a_layer_on_a_read_only_mount_is_read_without_a_word(
    cache_dir: Path, layer: Path, project: Path
) -> None:
    done = run_on_disks(
        [
            "mount --bind $layer $layer",
            "mount -o remount,ro,bind $layer",
            "$get --json --cache-dir $cache --layer $layer $project",
        ],
        layer=layer,
        cache=cache_dir,
        project=project,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["origin"] == "layer"
    assert "warning" not in done.stderr


def test_a_project_s_own_file_may_not_name_layers(
    cache_dir: Path, layer: Path, project: Path
) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write(f'\n[tool.wheelwell]\nlayers = ["{layer}"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "wheelwell", "get", "--no-build", "--cache-dir", cache_dir, "."],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "layers is not taken from a project's file" in done.stderr


def test_a_wheel_of_a_layer_that_is_damaged_unseen_is_built_above_once_it_was_read(
    cache_dir: Path, layer: Path, project: Path, tmp_path: Path
) -> None:
    [wheel] = layer.rglob("*.whl")
    rot(wheel)
    before = contents(layer)
    with opened(cache_dir, layer) as cache:
        found = cache.get(str(project))
        assert found.origin is Origin.LAYER
        export = cache.export("dir", tmp_path / "out")
        with pytest.raises(DamagedWheel), export:
            export.add(str(project))
        built = cache.get(str(project))
        assert built.origin is Origin.BUILT
        assert cache.get(str(project)).path == built.path
    with opened(cache_dir, layer) as cache:
        assert cache.get(str(project)).path == built.path
    assert contents(layer) == before
