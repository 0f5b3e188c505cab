"""Nothing of a build outlives it, and none of its key runs beside it, whatever is killed."""

from __future__ import annotations

import contextlib
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
from support.builds import (
    Getting,
    arguments,
    is_free,
    is_stopped,
    key_leases,
    kill,
    lines,
    stop,
    supervisors_of,
)
from support.processes import needs_proc, processes_matching, wait_until
from support.projects import materialise
from wheelwell.builder import supervised
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
    kill(*filter(is_stopped, project.stopped), *project.alive())


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


def test_the_time_limit_ends_the_build(spawning: Spawning, monkeypatch: pytest.MonkeyPatch) -> None:
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
    # What the supervisor itself started goes with it.
    wait_until(lambda: spawning.alive() == first, message="the backend is gone")
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


def test_a_lease_that_is_given_back_too_early_stays_with_the_supervisor(
    spawning: Spawning, tmp_path: Path
) -> None:
    """No Python code is safe from an error out of nowhere; the kernel keeps the lease."""
    path = tmp_path / "leases" / "key.lock"
    with (
        acquire(str(path)) as lease,
        Supervised(leases=(lease.fileno(),), home=tmp_path, watch=Watch(log=tmp_path / "log")),
    ):
        lease.__exit__(None, None, None)
        assert not is_free(path)
    assert is_free(path)


# Callers that fork, have many files open, or block signals.

FORKING = """
import os, sys, threading, time, warnings
import wheelwell

tree, cache_dir, started, end = sys.argv[1:]
warnings.simplefilter("ignore")  # a fork beside threads

def fork():
    while not os.path.exists(started):
        time.sleep(0.01)
    if os.fork() == 0:
        os.write(1, b"forked\\n")
        os.close(1)
        while not os.path.exists(end):
            time.sleep(0.01)
        os._exit(0)

thread = threading.Thread(target=fork)
thread.start()
with wheelwell.open_cache(cache_dir) as cache:
    cache.get(tree)
thread.join()
os.write(1, b"done\\n")
"""


@contextlib.contextmanager
def forking(project: Spawning, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a caller that forks a child when the build's processes are there; the child lives on."""
    end = directory / "end"
    command = [sys.executable, "-c", FORKING, str(project.tree), str(project.cache_dir)]
    process = subprocess.Popen(
        [*command, str(project.builds), str(end)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"forked\n"
        yield process
    finally:
        end.touch()
        process.kill()
        process.communicate()


def test_killing_a_caller_that_forked_ends_the_build(spawning: Spawning, tmp_path: Path) -> None:
    with forking(spawning, tmp_path) as caller:
        spawning.wait_until_it_runs()
        caller.kill()
        caller.wait()
        wait_until(lambda: is_free(spawning.lease()), message="the lease is given back")
        spawning.assert_ended()


def test_a_child_that_the_caller_forked_does_not_keep_the_build_from_ending(
    spawning: Spawning, tmp_path: Path
) -> None:
    with forking(spawning, tmp_path) as caller:
        spawning.go.touch()
        wait_until(lambda: caller.poll() is not None, message="the caller ends")
        assert caller.stdout is not None
        assert caller.stdout.read() == b"done\n"
        spawning.assert_ended()


def test_a_caller_may_have_many_files_open(watched: Watched) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1500
    if resource.RLIM_INFINITY != hard < wanted:
        pytest.skip("no more files may be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        with contextlib.ExitStack() as files:
            while files.enter_context(open(os.devnull)).fileno() < 1100:
                pass
            with watched.supervised() as supervised:
                assert watched.said(supervised, "print('done')") == "done\n"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_signals_that_the_caller_blocks_are_not_blocked_in_the_build(watched: Watched) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
    try:
        with watched.supervised() as supervised:
            told = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))"
            assert watched.said(supervised, told) == "set()\n"
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGCHLD])


def test_the_end_of_the_thread_that_started_a_supervisor_is_not_the_build_s(
    watched: Watched,
) -> None:
    supervised = watched.supervised()
    thread = threading.Thread(target=supervised.__enter__)
    thread.start()
    thread.join()
    try:
        assert watched.said(supervised, "print('done')") == "done\n"
    finally:
        supervised.__exit__(None, None, None)


# One command.


class Watched:
    """A place for commands that are run under a supervisor."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        self.home.mkdir()
        self.log = directory / "log"
        self.written: list[str] = []

    def supervised(
        self,
        *,
        written: Callable[[str], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Supervised:
        watch = Watch(
            log=self.log, written=written or self.written.append, is_cancelled=is_cancelled
        )
        return Supervised(leases=(), home=self.home, watch=watch)

    def run(self, supervised: Supervised, program: str, **variables: str) -> Usage:
        """Run a Python program, which says its lines at once."""
        argv = [sys.executable, "-u", "-c", program]
        return supervised.run(argv, cwd=str(self.directory), environ=variables)

    def said(self, supervised: Supervised, program: str) -> str:
        """Run a Python program and return what it added to the log."""
        before = self.log.stat().st_size if self.log.exists() else 0
        self.run(supervised, program)
        return self.log.read_bytes()[before:].decode()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_command_that_succeeds_returns_what_it_took(watched: Watched) -> None:
    work = "block = b'x' * 60_000_000; import time; end = time.process_time() + 0.2\n"
    work += "while time.process_time() < end: pass"
    with watched.supervised() as supervised:
        taken = watched.run(supervised, work)
        assert 0.2 <= taken.cpu_seconds < 60
        assert 60_000_000 <= taken.peak_memory < 4_000_000_000
        watched.run(supervised, "pass")
        assert supervised.usage.cpu_seconds > taken.cpu_seconds
        assert supervised.usage.peak_memory == taken.peak_memory


def test_what_a_command_s_children_take_counts(watched: Watched) -> None:
    work = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    with watched.supervised() as supervised:
        program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
        assert watched.run(supervised, program).cpu_seconds >= 0.2


def test_a_command_that_fails_tells_its_status(watched: Watched) -> None:
    with watched.supervised() as supervised, pytest.raises(CommandFailed) as caught:
        watched.run(supervised, "raise SystemExit(3)")
    assert caught.value.status == 3
    assert "ended with status 3" in caught.value.message


def test_a_command_that_is_killed_tells_the_signal(watched: Watched) -> None:
    with watched.supervised() as supervised, pytest.raises(CommandFailed) as caught:
        watched.run(supervised, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert caught.value.status == -signal.SIGSEGV
    assert "ended with SIGSEGV" in caught.value.message


def test_commands_go_on_after_one_that_failed(watched: Watched) -> None:
    with watched.supervised() as supervised:
        with pytest.raises(CommandFailed):
            watched.run(supervised, "raise SystemExit(3)")
        assert watched.said(supervised, "print('done')") == "done\n"


@pytest.mark.parametrize(
    ("argv", "cwd", "variables", "named"),
    [
        (["/nowhere/cc"], "/", {}, "/nowhere/cc"),
        (["/dev/null"], "/", {}, "/dev/null"),
        ([sys.executable], "/nowhere/else", {}, "/nowhere/else"),
        ([sys.executable], "/", {"A": "null\0byte"}, "null byte"),
    ],
    ids=["missing", "no-program", "no-directory", "null-byte"],
)
def test_a_command_that_cannot_start_is_told_by_name(
    argv: list[str], cwd: str, variables: dict[str, str], named: str, watched: Watched
) -> None:
    with watched.supervised() as supervised:
        with pytest.raises(BuildError, match=named) as caught:
            supervised.run(argv, cwd=cwd, environ=variables)
        assert not isinstance(caught.value, BuildKilled)
        assert watched.said(supervised, "print('done')") == "done\n"


def test_all_output_is_in_the_log_in_its_order(watched: Watched) -> None:
    program = """
import os
os.write(1, b"out \\xff\\x00\\n")
os.write(2, b"err\\n")
os.write(1, b"x" * 1_000_000)
os.write(2, b"end")
"""
    watched.log.write_bytes(b"before\n")
    with watched.supervised() as supervised:
        watched.run(supervised, program)
    expected = b"out \xff\x00\nerr\n" + b"x" * 1_000_000 + b"end"
    assert watched.log.read_bytes() == b"before\n" + expected
    assert "".join(watched.written) == expected.decode(errors="replace")


def test_output_is_told_in_whole_lines(watched: Watched) -> None:
    ready = watched.directory / "ready"
    program = f"""
import os, time
os.write(1, "one\\ntwö\\nhalf".encode())
while not os.path.exists({str(ready)!r}): time.sleep(0.01)
os.write(1, b" a line\\nlast")
"""

    def written(text: str) -> None:
        watched.written.append(text)
        ready.touch()

    with watched.supervised(written=written) as supervised:
        watched.run(supervised, program)
    assert watched.written[0] == "one\ntwö\n"
    assert "".join(watched.written[1:]) == "half a line\nlast"
    assert all(text.endswith("\n") for text in watched.written[:-1])


def test_an_error_of_the_one_who_is_told_is_not_the_supervisor_s(watched: Watched) -> None:
    def written(_: str) -> None:
        raise BrokenPipeError(32, "nobody reads")

    program = f"import time; print('hello'); time.sleep(600) # {watched.home}"
    with (
        pytest.raises(BrokenPipeError, match="nobody reads"),
        watched.supervised(written=written) as supervised,
    ):
        watched.run(supervised, program)
    assert processes_matching(str(watched.home)) == []


def test_a_command_sees_nothing_but_what_it_is_given(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEN", "no")
    program = """
import json, os, sys
print(json.dumps({
    "environ": dict(os.environ),
    "input": sys.stdin.read(),
    "files": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
    "leads": os.getsid(0) == os.getpid(),
    "terminal": os.ttyname(0) if os.isatty(0) else "",
    "cwd": os.getcwd(),
}))
"""
    with watched.supervised() as supervised:
        watched.run(supervised, program, LC_ALL="C.UTF-8", A="b")
    assert json.loads(watched.log.read_text()) == {
        "environ": {"LC_ALL": "C.UTF-8", "A": "b"},
        "input": "",
        "files": [0, 1, 2],
        "leads": True,
        "terminal": "",
        "cwd": str(watched.directory),
    }


def test_names_that_are_no_text_pass_as_they_are(watched: Watched) -> None:
    directory = os.fsdecode(os.fsencode(watched.directory) + b"/\xff-\xc3\xbc")
    os.mkdir(directory)
    program = "import os; print(os.fsencode(os.getcwd()), os.environb[b'A'])"
    with watched.supervised() as supervised:
        supervised.run([sys.executable, "-c", program], cwd=directory, environ={"A": directory})
    assert watched.log.read_text().count(r"/\xff-\xc3\xbc'") == 2


def test_a_command_may_leave_the_log_open(watched: Watched) -> None:
    """What it left behind ends with it, and the next command's output is not held up."""
    mark = secrets.token_hex(8)
    left = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()', '{mark}'])"
    with watched.supervised() as supervised:
        watched.run(supervised, left)
        assert processes_matching(f"\0{mark}\0") == []
        assert watched.said(supervised, "print('done')") == "done\n"


def test_a_process_that_ignores_signals_and_clears_its_environment_is_ended(
    watched: Watched,
) -> None:
    mark = secrets.token_hex(8)
    program = f"""
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for descriptor in range(3):
            os.close(descriptor)
        os.chdir("/")
        sleep = [sys.executable, "-c", "import time; time.sleep(600)", "{mark}"]
        os.execve(sys.executable, sleep, {{}})
    os._exit(0)
"""
    with watched.supervised() as supervised:
        watched.run(supervised, program)
        assert processes_matching(f"\0{mark}\0") == []


def test_a_supervisor_that_started_nothing_ends_at_once(watched: Watched) -> None:
    with watched.supervised():
        wait_until(lambda: supervisors_of(os.getpid()))  # a new process may have no arguments yet
        (supervisor,) = supervisors_of(os.getpid())
    assert not Path(f"/proc/{supervisor}").exists()
    assert supervisors_of(os.getpid()) == []


def test_an_interrupt_while_the_block_is_left_in_error_is_not_lost(watched: Watched) -> None:
    failure = ValueError("an ordinary one")
    supervised = watched.supervised().__enter__()
    supervised._process = Interrupting(supervised._process)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt) as caught:
        supervised.__exit__(ValueError, failure, None)
    assert caught.value.__cause__ is failure
    assert supervisors_of(os.getpid()) == []


class Interrupting:
    """A process the first wait for which is interrupted."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._is_first = True

    def wait(self) -> int:
        if self._is_first:
            self._is_first = False
            raise KeyboardInterrupt
        return self._process.wait()
