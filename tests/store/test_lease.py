"""A lease has one holder, among threads and among processes, until the last of its own is gone."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.processes import wait_until
from support.stored import child, holding
from wheelwell.errors import Cancelled
from wheelwell.store.lease import acquire, holder, is_held, try_acquire

THREADS = 8

# Waits for the start, then takes the lease a few times; a file tells of a second one inside.
TAKE_TURNS = """
import os, sys
from wheelwell.store.lease import acquire

print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    with acquire(sys.argv[1]):
        os.close(os.open(sys.argv[2], os.O_CREAT | os.O_EXCL))
        os.unlink(sys.argv[2])
print("done")
"""

# Holds the lease, as does a process that it starts, as a builder's supervisor does.
HOLD_WITH_A_CHILD = """
import subprocess, sys
from wheelwell.store.lease import acquire

with acquire(sys.argv[1]) as lease:
    script = "import os; print(os.getpid(), flush=True); os.read(0, 1)"
    keeper = subprocess.Popen(
        [sys.executable, "-c", script],
        pass_fds=[lease.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    number = keeper.stdout.readline().decode()
    print("held", flush=True)
    print(number, end="", flush=True)
    sys.stdin.readline()
print("given back", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "leases" / "key.lock")


def test_one_thread_at_a_time_holds_it_and_each_has_its_turn(path: str) -> None:
    start = threading.Barrier(THREADS)
    inside: list[int] = []

    def take(number: int) -> list[int]:
        start.wait()
        with acquire(path):
            inside.append(number)
            seen = [*inside]
            os.sched_yield()
            inside.remove(number)
        return seen

    with ThreadPoolExecutor(THREADS) as threads:
        assert [*threads.map(take, range(THREADS))] == [[number] for number in range(THREADS)]


def test_one_process_at_a_time_holds_it_and_each_has_its_turn(path: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        inside = str(tmp_path / "inside")
        processes = [stack.enter_context(child(TAKE_TURNS, path, inside)) for _ in range(4)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.communicate()[0] for process in processes] == ["done\n"] * 4


def test_held_lease_is_not_given_to_another_thread_or_process(path: str) -> None:
    with acquire(path):
        assert try_acquire(path) is None
    with holding(path):
        assert try_acquire(path) is None


def test_whether_it_is_held_can_be_asked_by_many_at_once_and_changes_nothing(path: str) -> None:
    assert not is_held(path)
    assert not os.path.exists(path)
    with holding(path) as process:
        with ThreadPoolExecutor(THREADS) as threads:
            assert all(threads.map(is_held, [path] * THREADS))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not is_held(path)
    with open(path, "rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert not is_held(path)  # who asks is no holder
    with acquire(path, waiting=pytest.fail):
        assert is_held(path)


def test_lease_that_was_given_back_is_free(path: str) -> None:
    for _ in range(2):
        with acquire(path, waiting=pytest.fail):
            pass
    with pytest.raises(ZeroDivisionError), acquire(path):
        raise ZeroDivisionError
    with acquire(path, waiting=pytest.fail):
        pass


def test_lease_that_is_given_back_twice_harms_no_other_file(path: str, tmp_path: Path) -> None:
    with acquire(path) as lease:
        lease.__exit__(None, None, None)
        others = [os.open(tmp_path, os.O_RDONLY) for _ in range(4)]  # one gets its number
        assert lease.fileno() in others
    for other in others:
        assert os.path.samestat(os.fstat(other), os.stat(tmp_path))
        os.close(other)


def test_waiter_has_it_when_the_holder_is_killed(path: str) -> None:
    told: list[str] = []
    with holding(path) as process:

        def kill(note: str) -> None:
            told.append(note)
            process.send_signal(signal.SIGKILL)

        with acquire(path, waiting=kill):
            assert try_acquire(path) is None
    assert len(told) == 1
    assert told[0].startswith(f"process {process.pid}, for ")


@pytest.mark.parametrize("is_killed", [False, True], ids=["gives it back", "is killed"])
def test_child_with_the_descriptor_holds_it_when_the_holder(path: str, is_killed: bool) -> None:
    with holding(path, HOLD_WITH_A_CHILD) as process:
        assert process.stdout is not None
        keeper = int(process.stdout.readline())
        # Its standard input would end with the holder: it is stopped, so that it does not see it.
        os.kill(keeper, signal.SIGSTOP)
        if is_killed:
            process.kill()
        assert process.communicate("\n")[0] == ("" if is_killed else "given back\n")
        assert try_acquire(path) is None
        os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: is_free(path), message="the lease is free")


def test_cancelled_waiter_gives_up_and_the_holder_holds_on(path: str) -> None:
    cancelled = threading.Event()
    with holding(path):
        with pytest.raises(Cancelled):
            acquire(path, waiting=lambda _: cancelled.set(), is_cancelled=cancelled.is_set)
        assert try_acquire(path) is None
    with acquire(path):
        pass


def test_holder_is_named_by_its_process(path: str) -> None:
    with acquire(path):
        assert holder(path).startswith(f"process {os.getpid()}, for ")


@pytest.mark.parametrize(
    "note",
    ["", "{", "[]", "{}", '{"pid": 1}', '{"pid": "x", "since": 0}', '{"pid": 1, "since": 1e999}'],
)
def test_holder_whose_note_cannot_be_read_is_another_process(path: str, note: str) -> None:
    with acquire(path):
        Path(path).write_text(note)
        assert holder(path) == "another process"


def test_lease_without_a_file_has_no_known_holder(path: str) -> None:
    assert holder(path) == "another process"


def test_lock_file_stays_and_is_private(path: str) -> None:
    with acquire(path):
        before = os.stat(path)
    assert os.stat(path).st_ino == before.st_ino
    assert stat.S_IMODE(before.st_mode) == 0o600


def is_free(path: str) -> bool:
    lease = try_acquire(path)
    if lease is None:
        return False
    with lease:
        return True


def test_disk_that_cannot_lock_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="No locks available") as raised:
        try_acquire(path)
    assert raised.value.filename == path
