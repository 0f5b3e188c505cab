"""Running a build's commands under a supervisor: the caller's side of `supervisor`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wheelwell.builder import leftovers, supervisor
from wheelwell.errors import BuildError, BuildKilled, BuildTimeout, Cancelled

_OF_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables without which some Pythons do not start. The supervisor does not pass them on."""

LOG_LIMIT = 1 << 29
"""How many bytes a build may print; the most talkative of real ones print a tenth of that."""

_LINE_LIMIT = 1 << 20
"""How many bytes of a line are waited for before they are told."""

_AT_ONCE = 1 << 24
"""How many bytes of the log are read in one go."""

_TICK = 0.05
"""How often, in seconds, a running command's caller looks at the clock, the log and `cancel`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a command took."""

    cpu_seconds: float
    peak_memory: int
    """The resident size of the largest process, in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What a caller sees and says while a command runs."""

    log: Path
    """The file to which everything that the commands print is appended."""

    deadline: float | None = None
    """When the build must be over, on the clock of `time.monotonic`."""

    timeout: float | None = None
    """The limit that the deadline came from, in seconds, for the message."""

    is_cancelled: Callable[[], bool] = lambda: False
    """Says whether the caller has taken its request back."""

    written: Callable[[str], None] = field(default=lambda _: None)
    """Is told what the commands print, whole lines of it."""


class CommandFailed(BuildError):
    """A command ended with another status than 0."""

    def __init__(self, argv: Sequence[str], status: int) -> None:
        how = f"status {status}" if status >= 0 else _signal_name(-status)
        super().__init__(f"{os.path.basename(argv[0])} ended with {how}")
        self.status = status


class Supervised:
    """A supervisor process, for the length of a `with` block.

    Leaving the block, however it is left, ends all that was started in it; it is left when the
    last process is gone. `leases` are descriptors that the supervisor inherits. `home` is the
    build's `HOME`, by which its processes can be told if the supervisor itself is killed.
    """

    def __init__(self, *, leases: Sequence[int], home: Path, watch: Watch) -> None:
        self._leases = leases
        self._home = home
        self._watch = watch
        self._usage = Usage(cpu_seconds=0.0, peak_memory=0)

    @property
    def usage(self) -> Usage:
        """What all commands took so far."""
        return self._usage

    @property
    def home(self) -> Path:
        """The build's `HOME`."""
        return self._home

    def __enter__(self) -> Self:
        self._control, theirs = socket.socketpair()
        with contextlib.ExitStack() as unless_started, theirs:
            unless_started.callback(self._control.close)
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", supervisor.__file__),
                    *(str(theirs.fileno()), str(os.getpid())),
                ],
                pass_fds=(theirs.fileno(), *self._leases),
                stdin=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _OF_LOADER if name in os.environ},
                cwd="/",
                start_new_session=True,  # a Ctrl-C is for the caller; it ends the build by leaving
            )
            unless_started.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        interruption = self._end_despite_interrupts()
        if interruption is not None and (error is None or isinstance(error, Exception)):
            raise interruption from error

    def _end_despite_interrupts(self) -> BaseException | None:
        """End all, and return what was first raised into this thread meanwhile.

        That may be anything: a Ctrl-C, the error of some other signal's handler, one that was set
        for this thread. The leases are not given back before that, however often it happens.
        """
        interruption: BaseException | None = None
        while True:
            try:
                self._end(is_certain=interruption is None)
            except BaseException as error:  # noqa: BLE001
                interruption = interruption or error
            else:
                return interruption

    def _end(self, *, is_certain: bool) -> None:
        """Let go of the supervisor and wait until all is gone. May be called again.

        What was interrupted may have lost the supervisor's status: it is not certain then.
        """
        with contextlib.suppress(OSError):
            # A child that somebody forked here may hold the socket open: closing says nothing.
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        # Where the caller has plans of its own with dead children, the status may be lost.
        is_certain = is_certain and signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
        if self._process.wait() != 0 or not is_certain:  # it could not end what it started
            leftovers.end(self._home)

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        environ: Mapping[str, str],
        hide: Callable[[str], str] | None = None,
    ) -> Usage:
        """Run a command to its end and return what it took.

        What it prints goes to the log and to the one who watches, through `hide` if that is given.

        Raises `CommandFailed`, `BuildTimeout`, `Cancelled`, or `BuildKilled` where the supervisor
        was killed; after the latter three nothing of it runs when the `with` block is left.
        """
        command = {"argv": [*argv], "cwd": cwd, "environ": dict(environ)}
        if hide is None:
            answer = self._answer(command, self._watch.log, self._watch.written)
        else:
            aside = self._watch.log.with_name("private.log")
            try:
                answer = self._answer(command, aside, lambda text: self.note(hide(text)))
            finally:
                aside.unlink(missing_ok=True)
        if "error" in answer:
            raise BuildError(f"a command could not be started: {answer['error']}")
        taken = Usage(cpu_seconds=answer["cpu_seconds"], peak_memory=answer["peak_memory"])
        self._usage = Usage(
            cpu_seconds=self._usage.cpu_seconds + taken.cpu_seconds,
            peak_memory=max(self._usage.peak_memory, taken.peak_memory),
        )
        if answer["exit"] != 0:
            raise CommandFailed(argv, answer["exit"])
        return taken

    def note(self, lines: str) -> None:
        """Add lines to the log, as if a command had printed them."""
        if lines:
            with self._watch.log.open("a", encoding="utf-8") as log:
                log.write(lines)
            self._watch.written(lines)

    def _answer(
        self, command: Mapping[str, Any], log: Path, written: Callable[[str], None]
    ) -> dict[str, Any]:
        with _Tail(log, written) as tail:
            self._send(json.dumps({**command, "log": str(log)}).encode() + b"\n")
            return self._await(tail)

    def _await(self, tail: _Tail) -> dict[str, Any]:
        poll = select.poll()  # select.select takes no descriptor above 1023
        poll.register(self._control, select.POLLIN)
        line = b""
        while not line.endswith(b"\n"):
            ready = poll.poll(_TICK * 1000)
            tail.read()
            tail.check()
            self.check()
            if ready:
                line += self._receive()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _send(self, line: bytes) -> None:
        try:
            self._control.sendall(line)
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise _supervisor_died() from gone

    def _receive(self) -> bytes:
        try:
            part = self._control.recv(1 << 16)
        except ConnectionResetError as gone:
            raise _supervisor_died() from gone
        if not part:
            raise _supervisor_died()
        return part

    def check(self) -> None:
        """Raise `Cancelled` or `BuildTimeout` where the caller waits no longer."""
        if self._watch.is_cancelled():
            raise Cancelled("cancelled; the build was ended")
        if self._watch.deadline is not None and time.monotonic() > self._watch.deadline:
            raise BuildTimeout(
                f"the build took longer than {self._watch.timeout:g} s and was ended",
                hint="allow more with --timeout SECONDS, or --timeout 0 for no limit",
            )


class _Tail:
    """Follows a log file, and tells of whole lines."""

    def __init__(self, log: Path, written: Callable[[str], None]) -> None:
        self._written = written
        self._file = log.open("ab+")
        self._rest = b""

    def __enter__(self) -> Self:
        self._file.seek(0, os.SEEK_END)
        return self

    def __exit__(self, *_: object) -> None:
        with self._file:
            while not self._is_too_long() and self.read():
                pass
            if self._rest:
                self._written(self._rest.decode(errors="replace"))

    def read(self) -> bool:
        """Tell of the lines that came since the last call; say whether anything came."""
        came = self._file.read(_AT_ONCE)
        lines, newline, self._rest = (self._rest + came).rpartition(b"\n")
        if len(self._rest) > _LINE_LIMIT:
            lines, newline, self._rest = lines + newline + self._rest, b"\n", b""
        if newline:
            self._written((lines + newline).decode(errors="replace"))
        return bool(came)

    def _is_too_long(self) -> bool:
        return os.fstat(self._file.fileno()).st_size > LOG_LIMIT

    def check(self) -> None:
        """Raise `BuildError` where the build prints without end."""
        if self._is_too_long():
            raise BuildError(
                f"the build printed more than {LOG_LIMIT // 1_000_000} MB and was ended",
                hint="its log shows what it prints again and again",
            )


def _supervisor_died() -> BuildKilled:
    return BuildKilled(
        "the process that supervises the build was killed; the build was ended",
        hint="if nobody did that, the system may have run out of memory (see its log)",
    )


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
