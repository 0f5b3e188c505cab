"""The supervisor ends all that it started, whatever ends it, and sees that its caller is gone."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.builds import kill
from support.processes import needs_proc, processes_matching, wait_until
from wheelwell.builder import supervisor
from wheelwell.builder.supervisor import descendants

pytestmark = needs_proc

WITHOUT_PIDFD = """
import os, sys
if hasattr(os, "pidfd_open"):
    del os.pidfd_open
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import supervisor
supervisor.main(int(sys.argv[2]), int(sys.argv[3]))
"""
"""A supervisor as on systems that have no descriptors of processes."""

CALLER = """
import json, os, socket, subprocess, sys

supervisor, command = sys.argv[1:3]
ours, theirs = socket.socketpair()
argv = [*json.loads(supervisor), str(theirs.fileno()), str(os.getpid())]
subprocess.Popen(argv, pass_fds=[theirs.fileno()], start_new_session=True, env={})
theirs.close()
ours.sendall(command.encode() + b"\\n")
if os.fork() == 0:  # holds the socket open
    print(os.getpid(), flush=True)
    os.read(0, 1)
    os._exit(0)
os.wait()
"""


class Supervising:
    """A supervisor of this test."""

    def __init__(self, directory: Path) -> None:
        self.mark = f"mark-{secrets.token_hex(8)}"
        self.log = directory / "log"
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*PLAIN, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                env={},
                start_new_session=True,
                stderr=subprocess.PIPE,
            )

    def command(self, program: str) -> dict[str, Any]:
        return {
            "argv": [sys.executable, "-c", program, self.mark],
            "cwd": "/",
            "environ": {},
            "log": str(self.log),
        }

    def send(self, program: str) -> None:
        self.control.sendall(json.dumps(self.command(program)).encode() + b"\n")

    def alive(self) -> list[int]:
        return processes_matching(f"\0{self.mark}\0")

    def end(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        kill(*self.alive())


PLAIN = [sys.executable, "-I", "-S", supervisor.__file__]

BUSY = """
import os, subprocess, sys, time
if len(sys.argv) == 2:
    more = [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]]
    subprocess.Popen(more)
    subprocess.Popen(more, start_new_session=True)
time.sleep(600)
"""


@pytest.fixture
def supervising(tmp_path: Path) -> Iterator[Supervising]:
    started = Supervising(tmp_path)
    yield started
    started.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_supervisor_that_is_asked_to_stop_ends_all_first(
    number: signal.Signals, supervising: Supervising
) -> None:
    supervising.send(BUSY)
    wait_until(lambda: len(supervising.alive()) == 3)
    supervising.process.send_signal(number)
    assert supervising.process.wait(30) == 128 + number
    assert supervising.alive() == []


def test_supervisor_whose_caller_hangs_up_ends_all_and_says_nothing(
    supervising: Supervising,
) -> None:
    supervising.send(BUSY)
    wait_until(lambda: len(supervising.alive()) == 3)
    supervising.control.close()
    _, said = supervising.process.communicate()
    assert supervising.process.returncode == 0
    assert said == b""
    assert supervising.alive() == []


def test_supervisor_whose_caller_speaks_out_of_turn_ends_all(supervising: Supervising) -> None:
    supervising.send(BUSY)
    wait_until(lambda: len(supervising.alive()) == 3)
    supervising.send(BUSY)
    assert supervising.process.wait(30) == 0
    assert supervising.alive() == []


@pytest.mark.parametrize("line", [b"no command\n", b"{}\n"])
def test_supervisor_that_is_told_nonsense_ends(line: bytes, supervising: Supervising) -> None:
    supervising.control.sendall(line)
    assert supervising.process.wait(30) == 1


def test_command_may_come_in_pieces(supervising: Supervising) -> None:
    line = json.dumps(supervising.command("print('done')")).encode() + b"\n"
    for start in range(0, len(line), 7):
        supervising.control.sendall(line[start : start + 7])
    answer = json.loads(supervising.control.makefile().readline())
    assert answer["exit"] == 0
    assert supervising.log.read_text() == "done\n"


def test_answer_comes_when_the_last_process_is_gone(supervising: Supervising) -> None:
    supervising.send(BUSY.replace("\ntime.sleep(600)\n", "\nprint('done')\n"))
    assert supervising.control.makefile().readline()
    assert supervising.alive() == []
    assert supervising.log.read_text() == "done\n"


@pytest.mark.parametrize(
    "program",
    [PLAIN, [sys.executable, "-I", "-S", "-c", WITHOUT_PIDFD, supervisor.__file__]],
    ids=["pidfd", "parent"],
)
def test_supervisor_sees_that_its_caller_is_gone_though_a_child_of_it_holds_the_socket(
    program: list[str], tmp_path: Path
) -> None:
    mark = f"mark-{secrets.token_hex(8)}"
    command = {
        "argv": [sys.executable, "-c", BUSY, mark],
        "cwd": "/",
        "environ": {},
        "log": str(tmp_path / "log"),
    }
    # A mark of the command alone: the caller's own command line tells it in quotation marks.
    arguments = [sys.executable, "-c", CALLER, json.dumps(program), json.dumps(command)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(arguments, **pipes) as caller:  # type: ignore[call-overload]
        child = int(caller.stdout.readline())
        wait_until(lambda: len(processes_matching(f"\0{mark}\0")) == 3)
        caller.kill()
        caller.wait()
        wait_until(lambda: not processes_matching(f"\0{mark}\0"))
        assert Path(f"/proc/{child}").exists()
        caller.stdin.write(b"\n")


def test_descendants_are_found_over_generations() -> None:
    inner = "import sys; print('ready', flush=True); sys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    command = [sys.executable, "-c", outer]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        found = descendants(os.getpid())
        assert process.pid in found
        (child,) = descendants(process.pid)
        assert found.index(process.pid) < found.index(child)
        assert os.getpid() not in found
        process.communicate(b"")


def test_process_may_have_any_name() -> None:
    """The name in /proc/<pid>/stat is free text: it may look like the rest of the line."""
    program = "open('/proc/self/comm', 'w').write(') S 1 2 3'); print('ready', flush=True); input()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.pid in descendants(os.getpid())
        process.communicate(b"\n")


def test_supervisor_needs_nothing_but_the_standard_library() -> None:
    """It runs without site-packages, and must start fast."""
    imports = f"import sys, runpy; runpy.run_path({supervisor.__file__!r}); print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-I", "-S", "-c", imports], text=True)
    names = {name.partition(".")[0] for name in loaded.split()}
    assert names - {"__main__"} <= {*sys.stdlib_module_names}
    assert not names & {"asyncio", "logging", "multiprocessing", "tempfile", "typing_extensions"}
