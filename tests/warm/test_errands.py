"""A warm-up runs over any executor: one of processes, one that loses things, one that is gone."""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.index import IndexServer
from support.processes import processes_matching, wait_until
from support.projects import make_sdist, materialise
from support.stored import child
from wheelwell.config import load
from wheelwell.errors import Cancelled, ConfigurationError, Lost
from wheelwell.lists.wanted import Wanted
from wheelwell.outcome import Failure, Result
from wheelwell.overrides import Overrides
from wheelwell.request import parse_request
from wheelwell.schedule import Job, Room, Start
from wheelwell.secret_variables import secret
from wheelwell.settings import Settings
from wheelwell.warm.attendance import Attendance
from wheelwell.warm.elastic import Elastic
from wheelwell.warm.errand import Errand, Here
from wheelwell.warm.policy import Policy
from wheelwell.warm.run import Watch
from wheelwell.warm.sent import Sent
from wheelwell.warm.task import Task

pytestmark = pytest.mark.slow

ROOM = Room(slots=2, cores=2)
SECRETS = ("hunter2", "t0ps3cret", "s1gned")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with three source archives, one of which does not build."""
    with IndexServer() as server:
        for name in ("pure", "Dotted.Name_With-Capitals"):
            server.add(make_sdist(materialise(name, tmp_path / name), tmp_path))
        broken = materialise("pure", tmp_path / "broken", project={"name": "broken"})
        backend = broken / "tinybackend.py"
        backend.write_text(f"{backend.read_text()}\nraise SystemExit('no such header: foo.h')\n")
        server.add(make_sdist(broken, tmp_path))
        yield server


@pytest.fixture
def cache(cache_dir: Path, index: IndexServer) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def test_processes_build_and_hit_and_fail_as_threads_do(
    cache: wheelwell.WheelCache, cache_dir: Path, processes: ProcessPoolExecutor
) -> None:
    wanted = ["pure==1.0", "broken==1.0", "nosuch==1.0"]
    found = {each.request: each for each in cache.warm(wanted, executor=processes, room=ROOM)}

    assert {name: (each.result, each.failure) for name, each in found.items()} == {
        "pure==1.0": (Result.BUILT, None),
        "broken==1.0": (Result.FAILED, Failure.COMPILE),
        "nosuch==1.0": (Result.FAILED, Failure.SOURCE),
    }
    error, wheel = found["broken==1.0"].error, found["pure==1.0"].wheel
    assert error is not None
    assert "no such header" in error.message
    assert Path(str(error.log)).is_file()
    assert wheel is not None
    assert wheel == replace(cache.get("pure==1.0"), **_how(wheel))  # under the key that is ours
    assert not list(cache_dir.glob("leases/warm-*"))


def _how(wheel: wheelwell.Wheel) -> dict[str, Any]:
    return {name: getattr(wheel, name) for name in ("origin", "reason", "seconds")}


def errand(cache: wheelwell.WheelCache, request: str, **choices: Any) -> Errand:
    """Return an errand as a run makes it."""
    task = Task(wanted=Wanted(request=parse_request(request)), python=sys.executable)
    here = Here(
        cache=cache,
        reporter=wheelwell.Reporter(),
        cancel=threading.Event(),
        attendance=Attendance(cache),
    )
    start = Start(Job(name=task.name), cores=1)
    return Errand(task=task, start=start, policy=Policy(), choices=choices, here=here)  # type: ignore[arg-type]


def test_what_leaves_the_process_holds_no_secret(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "t0ps3cret")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy.example")
    token = {"TOKEN": secret("TOKEN", os.environ)}
    loaded = load({"index-url": "https://me:hunter2@i.example/", "find-links": ["~/a@b"]})
    configuration = replace(
        loaded,
        switches=Overrides(secrets=token),
        packages={"pure": Overrides(secrets=token)},
        settings=replace(loaded.settings, secrets=token),
    )
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        made = errand(
            cache,
            "pure @ https://me:hunter2@i.example/pure-1.0.tar.gz",
            settings=Settings(secrets=token),
            timeout=5.0,
        )
        sent = pickle.dumps(made)
        arrived = pickle.loads(sent)
        made.here.attendance.end()  # type: ignore[union-attr]

    assert b"https://i.example/pure-1.0.tar.gz" in sent
    assert b"TOKEN" in sent
    assert not [each for each in SECRETS if each.encode() in sent]
    assert not [each for each in SECRETS if each in repr(arrived)]
    assert isinstance(arrived, Sent)
    assert arrived.choices.get("timeout") == 5.0
    with pytest.raises(Cancelled):
        pickle.dumps(made)  # nobody waits for it


def test_secrets_are_those_of_the_process_that_builds_or_the_build_says_what_is_missing(
    cache_dir: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = replace(
        wheelwell.load_configuration({"index-url": index.url}),
        switches=Overrides(secrets={"TOKEN": "t0ps3cret"}),
    )
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        here = errand(cache, "pure==1.0")
        there = pickle.loads(pickle.dumps(here))
        lacking = there()
        monkeypatch.setenv("TOKEN", "0ther")
        another = replace(there.opening, directory=f"{cache_dir}-2")  # a process opens each once
        built = replace(there, opening=another)()

    assert isinstance(lacking.error, ConfigurationError)
    assert "TOKEN is not set where this is to be built" in lacking.error.message
    assert built.result is Result.BUILT, built.error


def test_a_cache_that_cannot_be_opened_there_is_an_outcome(
    cache: wheelwell.WheelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = errand(cache, "pure==1.0")
    there = pickle.loads(pickle.dumps(here))
    monkeypatch.setenv("WHEELWELL_TIMEOUT", "soon")
    outcome = replace(there, opening=replace(there.opening, directory="/nowhere"))()
    assert (outcome.result, outcome.failure) == (Result.FAILED, Failure.CACHE)
    assert isinstance(outcome.error, ConfigurationError)


def test_what_is_warned_of_elsewhere_is_told_here(
    cache_dir: Path, index: IndexServer, processes: ProcessPoolExecutor
) -> None:
    layer = "/nowhere/at/all"
    configuration = wheelwell.load_configuration({"index-url": index.url, "layers": [layer]})
    told: list[str] = []

    class Told(wheelwell.Reporter):
        def warned(self, message: str) -> None:
            told.append(message)

    class Watching(Watch):
        def reporter(self, task: Task) -> wheelwell.Reporter:
            return Told()

    with wheelwell.open_cache(cache_dir, configuration=configuration, warn=lambda _: None) as cache:
        assert [*cache.warm(["pure==1.0"], executor=processes, watch=Watching())]
    assert [each for each in told if layer in each]


class Losing(Executor):
    """Loses each thing so often: its future has an error, or was cancelled, and it is not done."""

    def __init__(self, times: int, error: Exception | None) -> None:
        self.submitted = 0
        self._times = times
        self._error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        if self.submitted > self._times:
            future.set_result(fn(*args, **kwargs))
        elif self._error is None:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(self._error)
        return future


@pytest.mark.parametrize("error", [RuntimeError("worker 7 is gone"), None], ids=["error", "cancel"])
def test_what_an_executor_loses_is_given_to_it_again(
    cache: wheelwell.WheelCache, error: Exception | None
) -> None:
    executor = Losing(2, error)
    [outcome] = cache.warm(["pure==1.0"], executor=executor)
    assert (outcome.result, executor.submitted) == (Result.BUILT, 3)


def test_what_an_executor_loses_again_and_again_is_a_failure(cache: wheelwell.WheelCache) -> None:
    executor = Losing(3, RuntimeError("worker 7 is gone"))
    wanted = ["pure==1.0", "dotted-name-with-capitals==1.0"]
    found = [*cache.warm(wanted, executor=executor, room=Room(slots=1, cores=1))]
    lost, other = sorted(found, key=lambda each: each.is_good)
    assert (lost.result, lost.failure) == (Result.FAILED, Failure.INTERRUPTED)
    assert isinstance(lost.error, Lost)
    assert "lost 3 times, at last so: RuntimeError: worker 7 is gone" in lost.error.message
    assert other.is_good


def test_where_an_executor_takes_nothing_any_more_all_that_is_left_fails(
    cache: wheelwell.WheelCache,
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as broken:
        broken.submit(os._exit, 1).exception()
        found = [*cache.warm(["pure==1.0", "broken==1.0"], executor=broken, room=ROOM)]
    assert [each.failure for each in found] == [Failure.INTERRUPTED] * 2
    assert all("BrokenProcessPool" in each.error.message for each in found if each.error)


# Warms up a project over a pool of processes, and says so when an outcome is there.
WARM = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import wheelwell

if __name__ == "__main__":
    directory, project, start = sys.argv[1:]
    context = multiprocessing.get_context(start)
    with wheelwell.open_cache(directory) as cache, ProcessPoolExecutor(1, context) as processes:
        print("ready", flush=True)
        for outcome in cache.warm([project], executor=processes):
            print(outcome.result, outcome.error, flush=True)
"""


def waiting(tree: Path, number: int) -> Path:
    """Return a project whose build starts a process that a test can find, and waits for it."""
    backend = materialise("pure", tree / "waiting") / "tinybackend.py"
    backend.write_text(f"{backend.read_text()}\nimport os; os.system('sleep {number}')\n")
    return backend.parent


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_a_build_in_another_process_ends_when_who_waits_for_it_is_killed(
    cache_dir: Path, tmp_path: Path, start: str
) -> None:
    number = {"spawn": 619, "fork": 620}[start]
    project = waiting(tmp_path, number)
    with child(WARM, str(cache_dir), str(project), start) as coordinator:
        wait_until(lambda: processes_matching(f"sleep {number}"))
        workers = children(coordinator.pid)
        coordinator.send_signal(signal.SIGKILL)
        coordinator.wait()
        try:
            wait_until(lambda: not processes_matching(f"sleep {number}"))
            wait_until(lambda: not list(cache_dir.glob("slots/*/*/*")))
        finally:
            for worker in workers:  # pools leave theirs behind when they are killed
                os.kill(worker, signal.SIGKILL)


def children(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{parent}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


@pytest.mark.parametrize("how", ["leaves", "cancels"])
def test_a_build_in_another_process_ends_when_its_caller(
    cache: wheelwell.WheelCache, tmp_path: Path, processes: ProcessPoolExecutor, how: str
) -> None:
    number = {"leaves": 621, "cancels": 622}[how]
    cancel = threading.Event()
    outcomes = cache.warm(
        ["nosuch==1.0", str(waiting(tmp_path, number))],
        executor=processes,
        room=ROOM,
        cancel=cancel,
    )
    assert next(outcomes).result is Result.FAILED
    wait_until(lambda: processes_matching(f"sleep {number}"))
    if how == "leaves":
        outcomes.close()
    else:
        cancel.set()
        [last] = outcomes
        assert (last.result, last.failure) == (Result.FAILED, Failure.INTERRUPTED)
    assert not processes_matching(f"sleep {number}")


def test_processes_that_are_forked_do_as_well(
    cache_dir: Path, index: IndexServer, tmp_path: Path
) -> None:
    script = tmp_path / "warm.py"
    script.write_text(WARM)
    command = [sys.executable, str(script), str(cache_dir), "pure==1.0", "fork"]
    environ = {**os.environ, "WHEELWELL_INDEX_URL": index.url}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == "ready\nbuilt None\n", done.stderr


class Opening(Elastic):
    """Has no room until it was asked a few times."""

    def __init__(self, *, after: float) -> None:
        self.asked = 0
        self._after = after
        self._threads = ThreadPoolExecutor(1)

    def room(self) -> Room:
        self.asked += 1
        return Room(slots=int(self.asked > self._after), cores=1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._threads.submit(fn, *args, **kwargs)


def test_an_executor_without_room_is_waited_for(cache: wheelwell.WheelCache) -> None:
    executor = Opening(after=2)
    [outcome] = cache.warm(["pure==1.0"], executor=executor)
    assert outcome.result is Result.BUILT
    assert executor.asked > 2


def test_what_waits_for_room_can_be_taken_back(cache: wheelwell.WheelCache) -> None:
    cancel = threading.Event()
    executor = Opening(after=math.inf)
    cancel.set()
    [outcome] = cache.warm(["pure==1.0"], executor=executor, cancel=cancel)
    assert outcome.failure is Failure.INTERRUPTED
