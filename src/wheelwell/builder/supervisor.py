"""The supervisor: a process that owns a build's processes, and ends with the last of them.

Run as a program, with nothing but the standard library. It reads commands from a socket, runs one
at a time, and answers each when it is over. It ends, and ends all that it started, when the socket
is closed, when the process that started it is gone, or when it is told to by a signal.

On Linux it is the "child subreaper" of all that it starts (prctl(2)): a process whose parent has
died becomes its child, so that a build cannot slip away by forking twice. It inherits the
descriptors of the leases, which are therefore held until it is gone, and it goes last.

    caller ──socket──> supervisor ──> backend ──> make ──> compiler
                            └── holds the leases; reaps every descendant
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_IS_LINUX = sys.platform == "linux"


class CallerGone(Exception):
    """Nobody waits for the build any more."""


class Supervisor:
    """Serves one caller, until that is gone."""

    def __init__(self, control: socket.socket, caller: int) -> None:
        self._control = control
        self._wakeup = _wake_on_signals()
        self._caller = caller
        self._poll = select.poll()  # select.select takes no descriptor above 1023
        for watched in (control.fileno(), self._wakeup, *_watch_process(caller)):
            self._poll.register(watched, select.POLLIN)

    def serve(self) -> None:
        """Run the caller's commands, one at a time, and answer each; return when it is gone."""
        try:
            while True:
                answer = self._run(self._receive())
                self._control.sendall(json.dumps(answer).encode() + b"\n")
        except (CallerGone, BrokenPipeError, ConnectionResetError):
            return

    def _receive(self) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            if self._control.fileno() in self._ready():
                part = self._control.recv(1 << 16)
                if not part:
                    raise CallerGone
                line += part
        command: dict[str, Any] = json.loads(line)
        return command

    def _run(self, command: dict[str, Any]) -> dict[str, Any]:
        """Run one command to its end, then end what it left running."""
        supervisor = os.getpid()
        with open(command["log"], "ab", buffering=0) as log:
            try:
                process = subprocess.Popen(
                    command["argv"],
                    cwd=command["cwd"],
                    env=command["environ"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    # Safe here: this process has one thread.
                    preexec_fn=lambda: _die_with(supervisor),  # noqa: PLW1509
                )
            except OSError as error:
                return {"error": f"{error.filename or command['argv'][0]}: {error.strerror}"}
            except (ValueError, subprocess.SubprocessError) as error:  # a null byte, say
                return {"error": f"{command['argv'][0]}: {error}"}
        try:
            status, usage = self._wait(process.pid)
        finally:
            process.returncode = 0  # it is reaped here, and Popen must not look for it
            _kill_group(process.pid)
        end_descendants()
        return {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_memory": usage.ru_maxrss * (1024 if _IS_LINUX else 1),
        }

    def _wait(self, process: int) -> tuple[int, Any]:
        """Return the exit status and usage of `process` when it has ended."""
        while True:
            reaped, status, usage = os.wait4(process, os.WNOHANG)
            if reaped:
                return status, usage
            if self._control.fileno() in self._ready():
                raise CallerGone  # a caller that waits for an answer has nothing to say but this

    def _ready(self) -> set[int]:
        """Return what can be read, after a second at most; raise when it is time to end."""
        ready = {descriptor for descriptor, _ in self._poll.poll(1000)}
        if self._wakeup in ready:
            os.read(self._wakeup, 4096)
        if _asked_to_stop:
            raise SystemExit(128 + _asked_to_stop[0])
        if ready - {self._wakeup, self._control.fileno()} or os.getppid() != self._caller:
            raise CallerGone
        return ready


def end_descendants() -> None:
    """Kill every descendant, and return when none is left."""
    while _reap():  # nearly always nothing is, and looking through /proc takes milliseconds
        for process in descendants(os.getpid()):
            _kill(process)
        time.sleep(0.002)


def descendants(ancestor: int) -> list[int]:
    """Return the processes below `ancestor`, as /proc has them (proc(5)); its own first."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if _IS_LINUX else ():
        if name.isdigit() and (parent := _parent(name)) is not None:
            children.setdefault(parent, []).append(int(name))
    found = [*children.get(ancestor, ())]
    for process in found:
        found.extend(children.get(process, ()))
    return found


_asked_to_stop: list[int] = []


def _wake_on_signals() -> int:
    """Return a descriptor that can be read when a child ended or a signal asks to stop."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: _asked_to_stop.append(received))
    # The thread that started this process may have blocked them, and compilers inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return reader


def _watch_process(process: int) -> list[int]:
    """Return a descriptor that can be read when `process` is gone, where the system has such.

    The socket alone does not tell: a child that the caller forked may hold its other end open.
    Elsewhere the supervisor's own parent tells, which is looked at every second.
    """
    if not hasattr(os, "pidfd_open"):
        return []
    try:
        return [os.pidfd_open(process)]
    except OSError:
        return []


def _reap() -> bool:
    """Reap what has ended; say whether anything is left."""
    while True:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if process == 0:
            return True


def _parent(process: str) -> int | None:
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name, in parentheses, may hold anything; the state and the parent follow it.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)


def _kill_group(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


def _die_with(supervisor: int) -> None:
    """In the new process: be killed if the supervisor is, which alone it cannot see to itself."""
    if _IS_LINUX:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before the line above
            os._exit(1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


_libc = ctypes.CDLL(None, use_errno=True)


def _forget_the_caller() -> None:
    """Let builds not depend on what a process inherits: the modes of new files, ignored signals."""
    os.umask(0o022)
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Popen sees to these
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def main(descriptor: int, caller: int) -> None:
    """Serve the process `caller` at the socket `descriptor`."""
    if _IS_LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _forget_the_caller()
    try:
        Supervisor(socket.socket(fileno=descriptor), caller).serve()
    finally:
        end_descendants()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
