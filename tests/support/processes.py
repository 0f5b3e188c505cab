"""Looking at processes from outside: which are alive, and what they ask the kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def processes_matching(needle: str) -> list[int]:
    """Return the pids whose command line or first environment holds the needle.

    Only what this user may see; not this process; not the dead that nobody waited for.
    """
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    wanted = needle.encode()
    return sorted(pid for pid in numbers if pid != os.getpid() and wanted in _told_by(pid))


def wait_until(predicate: Callable[[], object], *, timeout: float = 30, message: str = "") -> None:
    """Wait until the predicate is true; an AssertionError after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > end:
            what = message or getattr(predicate, "__name__", repr(predicate))
            raise AssertionError(f"not so within {timeout} s: {what}")
        time.sleep(0.01)


def strace(argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str], calls: str) -> list[str]:
    """Run a command that must succeed; return its system calls, one a line.

    ``calls`` is what strace's ``-e trace=`` takes, such as ``connect,execve``. The
    first ``execve`` is the command's own.
    """
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "strace")
        tracer = ["strace", "-f", "-qq", "-s", "256", "-e", f"trace={calls}", "-o", str(log)]
        command = [*tracer, "--", *(os.fspath(word) for word in argv)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{argv} ended with {done.returncode}:\n{done.stderr}"
        return [line for line in log.read_text().splitlines() if "(" in line]


def _told_by(pid: int) -> bytes:
    """Return command line and environment, or what of them can be read."""
    told = b""
    for name in ("cmdline", "environ"):
        try:
            told += Path(f"/proc/{pid}/{name}").read_bytes() + b"\0"
        except OSError:
            continue
    return told
