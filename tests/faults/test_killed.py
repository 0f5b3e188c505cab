"""Proves that a store is whole, and can be used and tidied, after a kill before any of its calls.

Every system call by which the store changes a disk or locks a file is found by tracing, and the
process is killed before each of them: to be killed after one is to be killed before the next.
One at a time: a process that is being started by another thread would share our locks for a moment.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import wheelwell
from support.faults import get, killed, one_of_each, traced
from support.processes import needs_strace
from support.projects import materialise
from support.scenarios import SCENARIOS, made
from support.whole import assert_whole

pytestmark = [needs_strace, pytest.mark.slow]

TURNS = 4
"""In how many tests the fault points of a whole build are taken, which may run side by side."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_before_any_call_leaves_a_whole_store(tmp_path: Path, name: str) -> None:
    root = made(tmp_path / "traced", name)
    points = traced(["support.scenarios", name, root], root)
    assert points

    for number, call in enumerate(points):
        root = made(tmp_path / str(number), name)
        killed(["support.scenarios", name, root], root, call)
        assert_whole(root, about=str(call), is_damage_allowed=SCENARIOS[name].is_damaged)
        shutil.rmtree(root)


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_kill_during_a_whole_build_leaves_a_whole_store(tmp_path: Path, turn: int) -> None:
    project = str(materialise("pure", tmp_path))
    root = str(tmp_path / "traced")
    points = one_of_each(traced(get(project, root), root))
    assert len(points) > 20

    for number, call in enumerate(points[turn::TURNS]):
        root = str(tmp_path / str(number))
        killed(get(project, root), root, call)
        with wheelwell.open_cache(root, warn=pytest.fail) as cache:
            assert cache.get(project).path.is_file()
        assert_whole(root, about=str(call))
        shutil.rmtree(root)
