"""Proves that a call which fails is told in one line, and leaves a store that is whole.

Every fault point that `test_killed` finds fails once; which error it fails with goes round. A whole
`get` gives its wheel all the same, wherever another directory can take what is built.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from support.faults import Call, failed, get, one_of_each, traced
from support.processes import needs_strace
from support.projects import materialise
from support.scenarios import SCENARIOS, made
from support.whole import assert_whole

pytestmark = [needs_strace, pytest.mark.slow]

ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS", "EMFILE")


@pytest.mark.parametrize(
    "name", ["publish", "rebuild", "remove", "collect", "verify", "restamp", "source", "pin"]
)
def test_a_call_that_fails_leaves_a_whole_store(tmp_path: Path, name: str) -> None:
    root = made(tmp_path / "traced", name)
    points = one_of_each(traced(["support.scenarios", name, root], root))

    for number, (call, error) in enumerate(with_errors(points)):
        root = made(tmp_path / str(number), name)
        done = failed(["support.scenarios", name, root], root, call, error)
        assert "Traceback" not in done.stderr, (str(call), error, done.stderr)
        about = f"{call} {error}"
        assert_whole(root, about=about, is_damage_allowed=SCENARIOS[name].is_damaged)
        shutil.rmtree(root)


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[str]:
    """A directory on another disk than the cache, for what a full one cannot take."""
    shared = "/dev/shm"
    if not os.path.isdir(shared) or os.stat(shared).st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second disk")
    with tempfile.TemporaryDirectory(dir=shared) as directory:
        yield directory


@pytest.mark.parametrize("error", ERRORS)
def test_a_wheel_comes_out_whichever_call_of_a_get_fails(
    tmp_path: Path, other_disk: str, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    monkeypatch.setenv("TMPDIR", other_disk)
    project = str(materialise("pure", tmp_path))
    root = str(tmp_path / "traced")
    points = one_of_each(traced(get(project, root), root))
    assert len(points) > 20

    for number, call in enumerate(each for each, its in with_errors(points) if its == error):
        root = str(tmp_path / str(number))
        done = failed(get(project, root), root, call, error)
        told = (str(call), error, done.stderr)
        assert "Traceback" not in done.stderr, told
        assert done.returncode == 0 or error == "EMFILE", told
        if done.returncode == 0:
            assert Path(done.stdout.strip()).is_file(), told
        else:
            assert re.search(r"^error: .*Too many open files", done.stderr, re.MULTILINE), told
        assert_whole(root, about=f"{call} {error}")
        shutil.rmtree(root)


def with_errors(points: Iterable[Call]) -> list[tuple[Call, str]]:
    """Return each point with what it fails with, the next error in turn."""
    paired = list(zip(points, cycle(ERRORS), strict=False))
    assert len(paired) > len(ERRORS)
    return paired
