"""Leftovers: the processes of a build whose supervisor was killed, told by their `HOME`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from wheelwell.builder.supervisor import descendants

_PATIENCE = 10.0
"""How long, in seconds, killed processes may take to go."""


def end(home: Path) -> None:
    """Kill every process of ours whose `HOME` is `home`, and what it started.

    Linux only: elsewhere there is no telling, and nothing is done. No process but a build's has
    a slot's `HOME`.
    """
    deadline = time.monotonic() + _PATIENCE
    while (found := _find(home)) and time.monotonic() < deadline:
        for process in found:
            for each in (*descendants(process), process):
                _kill(each)
        time.sleep(0.005)


def _find(home: Path) -> list[int]:
    if sys.platform != "linux":
        return []
    mark = b"\0HOME=%s\0" % os.fsencode(home)
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _has(name, mark)]


def _has(process: str, mark: bytes) -> bool:
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            return mark in b"\0%s\0" % file.read()
    except OSError:  # it is gone, or another user's
        return False


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)
