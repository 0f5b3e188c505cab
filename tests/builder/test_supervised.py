"""Nothing of a build outlives it, and no second build of a key runs beside it, whatever is killed."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import wheelwell
from support.builds import Getting, arguments, is_free, key_leases, kill, lines, stop, supervisors_of
from support.processes import needs_proc, processes_matching, wait_until
from support.projects import materialise
from wheelwell.builder import leftovers, supervised
from wheelwell.builder.supervised import CommandFailed, Supervised, Usage, Watch
from wheelwell.errors import BuildError, BuildKilled, BuildTimeout, Cancelled
from wheelwell.store.lease import acquire

pytestmark = needs_proc

LEFT = 3
"""How many processes a build of `spawning` leaves beside the backend's own."""


class Spawning:
    """A project whose build leaves processes behind, and then waits."""

    def __init__(self, directory: Path) -> None:
        self.mark = f"mark-{secrets.token_hex(8)}"
        self.builds = directory / "builds"
        self.go = directory / "go"
        self.cache_dir = directory / "cache"
        self.stopped: list[int] = []
        self.tree = materialise(
            "backend-spawns",
            directory,
            spawn=LEFT,
            mark=self.mark,
            count=str(self.builds),
            wait_for=str(self.go),
        )

    def left(self) -> list[int]:
        """What the build's backend started, but not what only started the last of them."""
        found = processes_matching(f"tinybackend-child\0{self.mark}")
        return [process for process in found if len(arguments(process)) == 5]

    def alive(self) -> list[int]:
        """All of the build's processes."""
        return processes_matching(f"{self.cache_dir}/slots")

    def stop(self, *processes: int) -> None:
        """Stop processes, which end with the test."""
        self.stopped += processes
        for process in processes:
            stop(process)

    def lease(self) -> Path:
        """The lease of its key."""
        (found,) = key_leases(self.cache_dir)
        return found

    def wait_until_it_runs(self) -> None:
        wait_until(lambda: len(self.left()) == LEFT, message="the build starts its processes")

    def assert_ended(self) -> None:
        """Without waiting: when whoever asked for it says that it is over, it is over."""
        assert self.left() == []
        assert self.alive() == []
        assert is_free(self.lease())


@pytest.fixture
def spawning(tmp_path: Path) -> Iterator[Spawning]:
    project = Spawning(tmp_path)
    yield project
    kill(*project.stopped, *project.alive())


class Asking(threading.Thread):
    """A thread that asks for a wheel."""

    def __init__(self, project: Spawning, **choices: object) -> None:
        super().__init__(daemon=True)
        self._project = project
        self._choices = choices
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with wheelwell.open_cache(self._project.cache_dir) as cache:
                cache.get(str(self._project.tree), **self._choices)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 (the test looks at it)
            self.error = error

    def throw(self, error: type[BaseException]) -> None:
        """Raise an error in the thread, as those do who end threads."""
        assert self.ident is not None
        found = ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self.ident), ctypes.py_object(error)
        )
        assert found == 1

    def is_waiting_for_a_process(self) -> bool:
        """Say whether it waits in the system, where no error can be raised into it."""
        frame = sys._current_frames().get(self.ident or 0)
        return any(each.f_code.co_name == "_try_wait" for each, _ in traceback.walk_stack(frame))


# What ends a build.


def test_ctrl_c_ends_the_build(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir, on_terminal=True) as getting:
        spawning.wait_until_it_runs()
        getting.press_control_c()
        assert getting.end() == 130
        assert "nothing that was started runs on" in getting.said
        spawning.assert_ended()


def test_sigterm_ends_the_build(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        getting.process.terminate()
        assert getting.end() == 143
        spawning.assert_ended()


def test_cancelling_ends_the_build(spawning: Spawning) -> None:
    cancel = threading.Event()
    asking = Asking(spawning, cancel=cancel)
    asking.start()
    spawning.wait_until_it_runs()
    cancel.set()
    asking.join(30)
    assert isinstance(asking.error, Cancelled)
    spawning.assert_ended()


def test_the_time_limit_ends_the_build(
    spawning: Spawning, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0])
    monkeypatch.setattr(supervised, "time", clock)
    asking = Asking(spawning, timeout=1000.0)
    asking.start()
    spawning.wait_until_it_runs()
    assert asking.is_alive()
    passed[0] = 1000.0
    asking.join(30)
    assert isinstance(asking.error, BuildTimeout)
    assert "1000 s" in asking.error.message
    assert "--timeout" in asking.error.hint
    spawning.assert_ended()


def test_the_end_of_the_thread_that_asked_ends_the_build(spawning: Spawning) -> None:
    asking = Asking(spawning)
    asking.start()
    spawning.wait_until_it_runs()
    asking.throw(SystemExit)
    asking.join(30)
    assert isinstance(asking.error, SystemExit)
    spawning.assert_ended()


def test_killing_the_caller_ends_the_build(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        getting.process.kill()
        getting.process.wait()
        wait_until(lambda: is_free(spawning.lease()), message="the lease is given back")
        spawning.assert_ended()


def test_killing_the_supervisor_ends_the_build(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        kill(getting.supervisor())
        assert getting.end() == 1
        assert "supervises the build was killed" in getting.said
        spawning.assert_ended()


def test_asking_the_supervisor_to_stop_ends_the_build(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        os.kill(getting.supervisor(), signal.SIGTERM)
        assert getting.end() == 1
        spawning.assert_ended()


def test_a_stopped_compiler_is_ended_too(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        spawning.stop(*spawning.left())
        getting.process.terminate()
        assert getting.end() == 143
        spawning.assert_ended()


def test_what_a_backend_leaves_behind_ends_with_its_hook(spawning: Spawning) -> None:
    spawning.go.touch()
    with wheelwell.open_cache(spawning.cache_dir) as cache:
        cache.get(str(spawning.tree))
    assert lines(spawning.builds) == 1
    spawning.assert_ended()


def test_what_a_backend_leaves_behind_ends_where_it_fails(tmp_path: Path) -> None:
    mark = f"mark-{secrets.token_hex(8)}"
    tree = materialise("backend-spawns", tmp_path, mark=mark, fail="no luck")
    with wheelwell.open_cache(tmp_path / "cache") as cache, pytest.raises(BuildError):
        cache.get(str(tree))
    assert processes_matching(mark) == []


# The lease, while something of a build lives.


def test_the_lease_is_held_until_the_last_process_of_a_killed_caller_is_gone(
    spawning: Spawning,
) -> None:
    with Getting(spawning.tree, spawning.cache_dir) as getting:
        spawning.wait_until_it_runs()
        supervisor = getting.supervisor()
        spawning.stop(supervisor)
        getting.process.kill()
        getting.process.wait()
        first = spawning.left()
        assert len(first) == LEFT
        assert not is_free(spawning.lease())
    with Getting(spawning.tree, spawning.cache_dir) as second:
        wait_until(lambda: "waiting for" in second.said)
        assert lines(spawning.builds) == 1
        assert spawning.left() == first
        os.kill(supervisor, signal.SIGCONT)
        wait_until(lambda: lines(spawning.builds) == 2, message="the second build starts")
        assert not {*first} & {*spawning.left()}
        spawning.go.touch()
        assert second.end() == 0
    spawning.assert_ended()


def test_the_next_build_ends_what_a_killed_caller_and_supervisor_left(spawning: Spawning) -> None:
    first = kill_both(spawning)
    with Getting(spawning.tree, spawning.cache_dir) as second:
        wait_until(lambda: lines(spawning.builds) == 2, message=f"builds: {second.said}")
        assert not {*first} & {*spawning.left()}
        spawning.go.touch()
        assert second.end() == 0
    spawning.assert_ended()


def test_what_a_killed_build_left_in_a_kept_slot_is_ended_too(spawning: Spawning) -> None:
    first = kill_both(spawning, "--keep")
    with Getting(spawning.tree, spawning.cache_dir) as second:
        wait_until(lambda: lines(spawning.builds) == 2, message=f"builds: {second.said}")
        assert not {*first} & {*spawning.left()}
    kept = spawning.cache_dir / "slots" / "backend-spawns" / "0" / "source"
    assert any(kept.rglob("pyproject.toml"))


def test_what_was_left_is_found_through_another_name_of_the_cache(
    spawning: Spawning, tmp_path: Path
) -> None:
    first = kill_both(spawning)
    other = tmp_path / "other-name"
    other.symlink_to(spawning.cache_dir)
    with Getting(spawning.tree, other) as second:
        wait_until(lambda: lines(spawning.builds) == 2, message=f"builds: {second.said}")
        assert not {*first} & {*spawning.left()}


def kill_both(spawning: Spawning, *switches: str) -> list[int]:
    """Kill a build's caller and its supervisor at one blow; return what goes on."""
    with Getting(spawning.tree, spawning.cache_dir, *switches) as getting:
        spawning.wait_until_it_runs()
        supervisor = getting.supervisor()
        spawning.stop(getting.process.pid, supervisor)
        kill(supervisor, getting.process.pid)
        getting.process.wait()
    wait_until(lambda: is_free(spawning.lease()), message="the lease is given back")
    first = spawning.left()
    assert len(first) == LEFT
    return first


def test_further_interrupts_do_not_give_the_lease_back_early(spawning: Spawning) -> None:
    with Getting(spawning.tree, spawning.cache_dir, on_terminal=True) as getting:
        spawning.wait_until_it_runs()
        supervisor = getting.supervisor()
        spawning.stop(supervisor)
        for interrupt in (
            getting.press_control_c,
            getting.press_control_c,
            getting.process.terminate,
            getting.press_control_c,
        ):
            interrupt()
            wait_until(getting.is_waiting_for_its_supervisor)
            wait_until(lambda: is_asleep(getting.process.pid))
            assert getting.process.poll() is None
            assert not is_free(spawning.lease())
        os.kill(supervisor, signal.SIGCONT)
        assert getting.end() == 130
        spawning.assert_ended()


def is_asleep(process: int) -> bool:
    """Say whether a process has taken its signals and waits for something."""
    status = Path(f"/proc/{process}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    pending = int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)
    return not pending and fields["State"].startswith("S")


def test_an_error_in_the_thread_that_already_ends_its_build_does_not_hurry_it(
    spawning: Spawning,
) -> None:
    asking = Asking(spawning)
    asking.start()
    spawning.wait_until_it_runs()
    (supervisor,) = supervisors_of(os.getpid())
    spawning.stop(supervisor)
    asking.throw(SystemExit)
    wait_until(asking.is_waiting_for_a_process)
    asking.throw(MemoryError)
    asking.join(0.3)
    assert asking.is_alive()
    assert not is_free(spawning.lease())
    os.kill(supervisor, signal.SIGCONT)
    asking.join(30)
    assert isinstance(asking.error, SystemExit)
    spawning.assert_ended()
