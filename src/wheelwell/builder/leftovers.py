"""Leftovers: the processes of a build whose supervisor was killed, told by their `HOME`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
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
    # Twice in vain: one that forked, and was gone, while others were looked at is not seen.
    clear = 0
    while clear < 2 and time.monotonic() < deadline:
        clear = 0 if _end_all(os.fsencode(home)) else clear + 1


def _end_all(home: bytes) -> bool:
    """Kill what is found; say whether that was anything."""
    found = False
    for process in _find(home):
        found = True
        _end_with_group(process)
    return found


def _find(home: bytes) -> Iterator[int]:
    if sys.platform != "linux" or not os.path.isdir("/proc/self"):
        return
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    for process in sorted(numbers, reverse=True):  # the newest may be gone soonest
        if _has(str(process), home):
            yield process


def _end_with_group(process: int) -> None:
    """Kill a process, its group, and what descends from it.

    Each command of a build leads a session, in which there are no other groups than its own. The
    group is stopped first: else its processes could fork, and be gone, while they are looked at.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(process)
        if group != os.getpgrp():
            os.killpg(group, signal.SIGSTOP)
        for each in (*descendants(process), process):
            _kill(each)
        if group != os.getpgrp():
            os.killpg(group, signal.SIGKILL)


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
