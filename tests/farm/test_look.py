"""A worker that cannot build for who asks says why: another version or directory, or no locks."""

from __future__ import annotations

import os
import pickle
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import distributed
import pytest

import wheelwell
from wheelwell.farm.doing import _cores, do, inode_of
from wheelwell.farm.look import about, look
from wheelwell.lists.wanted import Wanted
from wheelwell.outcome import Failure, Outcome
from wheelwell.request import parse_request
from wheelwell.schedule import Job, Start
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.errand import Errand, Here
from wheelwell.warm.policy import Policy
from wheelwell.warm.task import Task
from wheelwell.warm.wheelhouse import Wheelhouse


@pytest.fixture
def cache(cache_dir: Path) -> Iterator[wheelwell.WheelCache]:
    with wheelwell.open_cache(cache_dir) as cache:
        yield cache


@pytest.fixture
def attendance(cache: wheelwell.WheelCache) -> Iterator[Attendance]:
    attendance = Attendance(cache)
    yield attendance
    attendance.end()


def why_not(cache: wheelwell.WheelCache, path: str, **versions: str) -> str:
    return look({**about(), **versions}, pickle.dumps(cache.opening), path).why_not


def test_one_that_shares_the_directory_and_its_locks_can(
    cache: wheelwell.WheelCache, attendance: Attendance, cache_dir: Path
) -> None:
    seen = look(about(), pickle.dumps(cache.opening), attendance.path())
    assert (seen.why_not, seen.cores >= 1) == ("", True)
    assert [path.name for path in cache_dir.glob("leases/*")] == [
        os.path.basename(attendance.path())  # it leaves nothing behind
    ]


def test_another_version_is_told_before_anything_is_read(
    cache: wheelwell.WheelCache, attendance: Attendance
) -> None:
    assert look({**about(), "wheelwell": "9.9"}, b"not a pickle", "/").why_not == (
        f"has wheelwell {wheelwell.__version__}, where 9.9 asks"
    )
    told = why_not(cache, attendance.path(), Python="3.0", distributed="1.0")
    assert "has Python 3." in told
    assert "and has distributed " in told


def test_a_directory_that_is_another_one_is_told(
    cache: wheelwell.WheelCache, attendance: Attendance
) -> None:
    path = attendance.path()
    os.unlink(path)
    assert "does not share the cache directory" in why_not(cache, path)


def test_locks_that_are_not_shared_are_told(
    cache: wheelwell.WheelCache, attendance: Attendance
) -> None:
    path = attendance.path()
    shutil.copy(path, f"{path}.copy")
    os.replace(f"{path}.copy", path)  # as seen through a mount without locks
    assert "but not its locks" in why_not(cache, path)


def test_a_directory_that_may_not_be_written_is_told(
    cache: wheelwell.WheelCache, attendance: Attendance, cache_dir: Path
) -> None:
    path = attendance.path()
    cache_dir.chmod(0o777)  # others could change what is in it: it is not used
    told = why_not(cache, path)
    assert told.startswith(f"cannot write to the cache directory {cache_dir}: ")
    assert "everybody can write to it" in told


def errand(cache: wheelwell.WheelCache, attendance: Attendance) -> Errand:
    task = Task(wanted=Wanted(request=parse_request("one==1")), python="3.12")
    here = Here(
        cache=cache,
        reporter=wheelwell.Reporter(),
        cancel=threading.Event(),
        attendance=attendance,
    )
    start = Start(Job(name=task.name), 1)
    return Errand(task=task, start=start, policy=Policy(), choices={}, here=here)


def test_a_worker_shares_its_cores_among_its_threads(
    cache: wheelwell.WheelCache, attendance: Attendance
) -> None:
    sent = errand(cache, attendance).sent()
    cores = _cores(sent, 1)
    assert _cores(sent, 2 * cores) == 1
    alone = replace(sent, start=Start(replace(sent.start.job, is_alone=True), 1))
    assert _cores(alone, 2 * cores) == cores


def test_a_wheelhouse_that_a_worker_does_not_share_is_told(
    cache: wheelwell.WheelCache,
    attendance: Attendance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = SimpleNamespace(get_current_task=lambda: "key", name="w1")
    monkeypatch.setattr(distributed, "get_worker", lambda: worker)
    house = Wheelhouse(directory=str(tmp_path))
    made = replace(errand(cache, attendance), wheelhouse=house)
    outcome = do(pickle.dumps(made), "topic", inode_of(str(tmp_path)) + 1)
    assert isinstance(outcome, Outcome)
    assert outcome.failure is Failure.CACHE
    assert outcome.error is not None
    assert f"the wheelhouse {tmp_path} is not shared with the worker w1" in outcome.error.message


def test_a_directory_is_known_by_its_inode_and_one_that_is_not_there_by_none(
    tmp_path: Path,
) -> None:
    assert inode_of(str(tmp_path)) == tmp_path.stat().st_ino
    assert inode_of(f"{tmp_path}/nowhere") == 0
