"""Disks that are full or read-only: real ones where this user may mount them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest


@functools.cache
def _namespace() -> list[str]:
    """Return the words before a command that may mount; none where this user never may."""
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    try:
        done = subprocess.run(
            [*own, "mount", "-t", "tmpfs", "none", "/tmp"], capture_output=True, check=False
        )
    except OSError:
        return []
    return own if done.returncode == 0 else []


def needs_mounts() -> pytest.MarkDecorator:
    """Skip a test where this user may mount nothing."""
    return pytest.mark.skipif(not _namespace(), reason="needs to mount a file system")


def run_on_disks(script: Iterable[str], **environ: str | Path) -> subprocess.CompletedProcess[str]:
    """Run lines of a shell in which mounts are seen by nobody else; `$get` runs `wheelwell get`."""
    get = f"{sys.executable} -m wheelwell get --no-index"
    return subprocess.run(
        [*_namespace(), "sh", "-euc", "\n".join(script)],
        env={**os.environ, "get": get, **{name: str(value) for name, value in environ.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
