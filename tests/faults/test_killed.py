"""Proves that a store is whole, and can be used and tidied, after a kill before any of its calls.

Every system call by which the store changes a disk or locks a file is found by tracing, and the
process is killed before each of them: to be killed after one is to be killed before the next.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.faults import Call, killed, traced
from support.processes import needs_strace
from support.scenarios import OTHER, SCENARIOS
from support.stored import publish
from support.whole import assert_whole
from wheelwell.store.disk import open_store

pytestmark = [needs_strace, pytest.mark.slow]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_before_any_call_leaves_a_whole_store(tmp_path: Path, name: str) -> None:
    root = _made(tmp_path / "traced", name)
    points = traced(["support.scenarios", name, root], root)
    assert points

    def kill(numbered: tuple[int, Call]) -> None:
        number, call = numbered
        root = _made(tmp_path / str(number), name)
        killed(["support.scenarios", name, root], root, call)
        assert_whole(root, about=str(call), is_damage_allowed=SCENARIOS[name].is_damaged)
        shutil.rmtree(root)

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(kill, enumerate(points)))
    assert len(done) == len(points)


def _made(root: Path, name: str) -> str:
    """Make the store that a scenario begins with."""
    store = open_store(str(root), warn=pytest.fail)
    publish(store, keyed=OTHER)
    SCENARIOS[name].prepare(store)
    assert os.listdir(store.layout.staging) == []
    return str(root)
