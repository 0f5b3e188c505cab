"""Proves that a store is whole after a loss of power at any moment, in a model of what disks keep.

The calls of each scenario are recorded and replayed on a model of its disk. After each of them the
power fails: what was not synced is lost, reordered or torn. Each disk that may be left is laid out
and looked at.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from support.power import Disk, Tree, lay_out
from support.processes import needs_strace
from support.recording import recorded
from support.scenarios import OTHER, SCENARIOS, made
from support.stored import place_of
from support.upkeep import keeper
from support.whole import assert_whole
from wheelwell.digest import sha256_chunks
from wheelwell.store.disk import Store, open_store

pytestmark = [needs_strace, pytest.mark.slow]


def is_stored(store: Store) -> bool:
    return store.find(place_of()) is not None


LASTING: dict[str, Callable[[Store], bool]] = {
    "publish": is_stored,
    "rebuild": is_stored,
    "recover": is_stored,
    "restamp": is_stored,
    "pin": lambda store: bool(keeper(store.layout).pins()),
    "source": lambda store: any(Path(store.layout.sources).rglob("*.tar.gz")),
}
"""What is true from the moment on at which a scenario is over, whatever the power does."""

REMOVING = {"collect", "purge"}
"""The scenarios that take the second entry away."""


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is one: thousands of disks are laid out in it."""
    shared = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=shared if os.path.isdir(shared) else tmp_path) as place:
        yield Path(place)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_loss_of_power_at_any_moment_leaves_a_whole_store(
    tmp_path: Path, scratch: Path, name: str
) -> None:
    root = made(tmp_path / "store", name)
    disk = Disk(root)
    chance = random.Random(name)
    calls = recorded(["support.scenarios", name, root])
    seen: set[int] = set()
    for number, call in enumerate(calls):
        is_over = number == len(calls) - 1
        if disk.apply(call) or is_over:
            for tree in disk.after_power_loss(chance):
                if is_over or hash(frozenset(tree.items())) not in seen:
                    seen.add(hash(frozenset(tree.items())))
                    check(tree, name, scratch / "disk", about=f"{number}: {call}", is_over=is_over)
    assert disk.tree() == tree_of(Path(root)), "the model is not what the calls really did"
    assert len(seen) > 1


def check(tree: Tree, name: str, root: Path, *, about: str, is_over: bool) -> None:
    is_damaged = SCENARIOS[name].is_damaged
    if not is_damaged:
        assert_records_are_true(tree, about)
    laid = lay_out(tree, root)
    try:
        store = open_store(laid, warn=warnings.warn)
        if is_over and name in LASTING:
            assert LASTING[name](store), (about, sorted(tree))
        if name not in REMOVING:
            assert store.find(place_of(OTHER)), (about, sorted(tree))
        assert_whole(laid, about=f"{about} {sorted(tree)}", is_damage_allowed=is_damaged)
    finally:
        shutil.rmtree(laid)


def assert_records_are_true(tree: Tree, about: str) -> None:
    """Check that each record can be read, and names a wheel that is there, with its hash."""
    for path, content in tree.items():
        if PurePosixPath(path).name == "record.json" and path.startswith("wheels-"):
            record = json.loads(content or b"")
            wheel = tree.get(f"{path.rpartition('/')[0]}/{record['build']}/{record['filename']}")
            assert wheel is not None, (about, path)
            assert sha256_chunks([wheel]) == record["sha256"], (about, path)


def tree_of(root: Path) -> Tree:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }
