"""Asking: a command that should answer at once, ended with all that it started if it does not."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import CompletedProcess, Popen

MOST = 1 << 20
"""How many bytes an answer may have."""

_TICK = 0.05


def ask(
    argv: Sequence[str], *, environ: Mapping[str, str], directory: str, timeout: float
) -> CompletedProcess[bytes]:
    """Run a command to its end in `directory`, and return what it said.

    Nothing that it started runs on. Raises `TimeoutError` where it takes longer than `timeout`
    seconds or never stops talking, and `OSError` where it does not start.
    """
    import subprocess  # a hit starts no process, and must not wait for this

    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environ},
        cwd=directory,
        start_new_session=True,
    )
    with process:
        try:
            said = _listen(process, time.monotonic() + timeout)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess([*argv], process.returncode, *said)


def _listen(process: Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Read what a process says until it has ended; another may hold its output open for longer."""
    import selectors

    assert process.stdout is not None
    assert process.stderr is not None
    said = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for stream in said:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() or process.poll() is None:
            has_ended = process.poll() is not None
            ready = selector.select(_TICK)
            for key, _ in ready:
                stream = process.stdout if key.fileobj is process.stdout else process.stderr
                if not (part := os.read(key.fd, 1 << 16)):
                    selector.unregister(stream)
                said[stream] += part
            if has_ended and not ready:
                break
            if time.monotonic() > deadline or max(map(len, said.values())) > MOST:
                raise TimeoutError
    return said[process.stdout], said[process.stderr]
