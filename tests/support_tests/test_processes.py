"""Processes are found, waited for and traced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.interpreters import interpreters
from support.processes import (
    needs_proc,
    needs_strace,
    processes_matching,
    strace,
    wait_until,
)

CONNECT = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"


@needs_proc
def test_process_is_found_by_its_arguments_and_by_its_environment(tmp_path: Path) -> None:
    needle = f"needle:{tmp_path}"
    wait = [sys.executable, "-c", "input()"]
    environ = {**os.environ, "NEEDLE": needle}
    with (
        subprocess.Popen([*wait, needle], stdin=subprocess.PIPE) as first,
        subprocess.Popen(wait, stdin=subprocess.PIPE, env=environ) as second,
    ):
        wait_until(lambda: len(processes_matching(needle)) == 2)
        assert processes_matching(needle) == sorted([first.pid, second.pid])
        first.communicate(b"\n")
        second.communicate(b"\n")
    assert processes_matching(needle) == []


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(AssertionError, match="the moon"):
        wait_until(lambda: False, timeout=0.02, message="the moon")


@needs_strace
def test_strace_tells_the_calls_of_children_too() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CONNECT!r}])"
    argv = [sys.executable, "-c", child]
    lines = strace(argv, dict(os.environ), "connect,execve")
    assert sum("execve(" in line for line in lines) >= 2
    assert any("connect(" in line and "127.0.0.1" in line for line in lines)


@needs_strace
def test_strace_fails_with_the_command() -> None:
    with pytest.raises(AssertionError, match="ended with 3"):
        strace([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ), "connect")


def test_this_interpreter_is_among_the_interpreters() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert interpreters()[here] == Path(sys.executable)
