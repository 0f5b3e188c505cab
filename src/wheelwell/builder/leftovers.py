"""Leftovers: the processes of a build whose supervisor was killed, told by their `HOME`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from wheelwell.builder.supervisor import descendants

MARK = "WHEELWELL_BUILD_HOME"
"""What tells the processes of pip and uv, which keep the user's `HOME`, as a build's."""

_NAMES = (b"HOME", MARK.encode())
_PATIENCE = 10.0
"""How long, in seconds, killed processes may take to go."""


def end(home: Path) -> None:
    """Kill every process of ours whose `HOME` is `home`, and what it started.

    Linux only: elsewhere there is no telling, and nothing is done. No process but a build's has
    a slot's `HOME`.
    """
    deadline = time.monotonic() + _PATIENCE
    while (found := _find(os.fsencode(home))) and time.monotonic() < deadline:
        for process in found:
            for each in (*descendants(process), process):
                _kill(each)
        time.sleep(0.005)


def _find(home: bytes) -> list[int]:
    if sys.platform != "linux" or not os.path.isdir("/proc/self"):
        return []
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _has(name, home)]


def _has(process: str, home: bytes) -> bool:
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            variables = [line.partition(b"=") for line in file.read().split(b"\0")]
    except OSError:  # it is gone, or another user's
        return False
    return any(name in _NAMES and _is_same(process, value, home) for name, _, value in variables)


def _is_same(process: str, found: bytes, home: bytes) -> bool:
    """Say whether a process and we mean the same directory.

    One may be told by several names. A container may have another of the same name, in which a
    build of its own is at work.
    """
    if os.path.basename(found) != os.path.basename(home):
        return False
    with contextlib.suppress(OSError):
        if os.path.samefile(b"/proc/%s/root%s" % (process.encode(), found), home):
            return True
    return found == home and _namespace(process) == _namespace("self")


def _namespace(process: str) -> str:
    """Return the namespace in which a process sees directories (mount_namespaces(7))."""
    try:
        return os.readlink(f"/proc/{process}/ns/mnt")
    except OSError:
        return ""


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)
