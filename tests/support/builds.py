"""Builds watched from outside: a `wheelwell get` beside the test, its supervisor, its lease."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.processes import processes_matching, wait_until
from wheelwell.builder.interpreters import Interpreters
from wheelwell.interpreter import Interpreter
from wheelwell.store.lease import try_acquire

# A terminal's keys reach the processes that it controls, so the command must be their leader.
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Getting:
    """A `wheelwell get` that runs beside the test; its end is the end of the `with` block."""

    def __init__(
        self,
        tree: Path,
        cache_dir: Path,
        *switches: str,
        on_terminal: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "wheelwell", "get", str(tree)]
        command += ["--cache-dir", str(cache_dir), "--no-index", *switches]
        self.cache_dir = cache_dir
        self._said = cache_dir.parent / f"said-{os.urandom(4).hex()}"
        self._keys = -1
        if on_terminal:
            self._keys, terminal = pty.openpty()
            command = [sys.executable, "-c", TAKE_TERMINAL, *command]
        else:
            terminal = os.open(os.devnull, os.O_RDONLY)
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                command,
                stdin=terminal,
                stdout=said,
                stderr=said,
                env={**os.environ, **(environ or {})},
                start_new_session=True,
            )
        os.close(terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self._keys >= 0:
            os.close(self._keys)

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self._said.read_text()

    def press_control_c(self) -> None:
        """Press the keys on its terminal."""
        os.write(self._keys, b"\x03")

    def end(self) -> int:
        """Wait for its end and return its exit status."""
        wait_until(lambda: self.process.poll() is not None, message=f"ends: {self.said}")
        return self.process.returncode

    def supervisor(self) -> int:
        """Return the process that supervises its build."""
        wait_until(lambda: supervisors_of(self.process.pid), message=f"supervises: {self.said}")
        (found,) = supervisors_of(self.process.pid)
        return found

    def is_waiting_for_its_supervisor(self) -> bool:
        """Say whether it has let go of the supervisor's socket, and only waits for its end."""
        links = Path(f"/proc/{self.process.pid}/fd")
        return not any("socket:" in link for link in map(_target, links.iterdir()))


class Facts:
    """A memory for as long as it lasts."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def recall(self, bucket: str, name: str) -> Any:
        return self.known.get((bucket, name))

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        self.known[bucket, name] = value


def described(python: str | os.PathLike[str]) -> Interpreter:
    """Return what is to be known of a Python."""
    return Interpreters(Facts(), os.environ, os.getcwd()).find(os.fspath(python))


def supervisors_of(caller: int) -> list[int]:
    """Return the supervisors that the process `caller` started."""
    found = processes_matching("builder/supervisor.py")
    return [process for process in found if arguments(process)[-1:] == [str(caller)]]


def arguments(process: int) -> list[str]:
    """Return the command line of a process; nothing where it is gone."""
    return _read(f"/proc/{process}/cmdline").decode().split("\0")[:-1]


def lines(path: Path) -> int:
    """Return how many lines a file has, which need not be there."""
    return len(path.read_text().splitlines()) if path.exists() else 0


def key_leases(cache_dir: Path) -> list[Path]:
    """Return the lock files of keys."""
    found = sorted((cache_dir / "leases").glob("*.lock"))
    return [
        path for path in found if not path.name.startswith(("slot-", "environment-", "identity-"))
    ]


def is_free(lease: Path) -> bool:
    """Say whether nobody holds a lease."""
    held = try_acquire(str(lease))
    if held is None:
        return False
    with held:
        return True


def is_stopped(process: int) -> bool:
    """Say whether a process is stopped by a signal."""
    return _read(f"/proc/{process}/stat").rpartition(b")")[2].split()[:1] == [b"T"]


def stop(process: int) -> None:
    """Stop a process, and wait until it is."""
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: is_stopped(process))


def kill(*processes: int) -> None:
    """Kill processes, of which some may be gone."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
