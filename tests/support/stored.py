"""A store for tests: what is published in it, and processes that hold its leases."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from support.processes import wait_until
from support.values import PURE, record_of
from wheelwell.digest import sha256_chunks
from wheelwell.key import Keyed
from wheelwell.store.disk import Place, Store
from wheelwell.store.entry import Entry, stamp_of
from wheelwell.store.layout import RECORD

TESTS = Path(__file__).parents[1]

HOLD = """
import sys
from wheelwell.store.lease import acquire

with acquire(sys.argv[1]) as lease:
    print("held", flush=True)
    sys.stdin.readline()
"""
"""A program that holds a lease until it is told to stop."""


def place_of(keyed: Keyed = PURE) -> Place:
    """Return where the entry of a build is."""
    return Place(project=keyed.name, source=keyed.source, key=keyed.key())


def publish(store: Store, content: bytes = b"wheel", *, keyed: Keyed = PURE) -> Entry:
    """Store a wheel of these bytes, with a log that says `built`."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel, log = Path(scratch, "wheel"), Path(scratch, "log")
        wheel.write_bytes(content)
        log.write_text("built\n")
        record = replace(record_of(keyed), sha256=sha256_chunks([content]))
        return store.publish(place_of(keyed), record, wheel=str(wheel), log=str(log))


def rot(wheel: Path) -> None:
    """Change a byte of a stored wheel, and let its record tell of the file as it is then."""
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    path = wheel.parent.parent / RECORD
    record = json.loads(path.read_text())
    record["stamp"] = asdict(stamp_of(str(wheel)))
    path.write_text(json.dumps(record))


def let_clock_tick(path: Path) -> None:
    """Wait until what is changed now gets another time than the file has.

    A file system's clock may be as slow as the kernel's, which ticks every few milliseconds.
    """
    scratch = path.with_name("scratch")

    def touched() -> int:
        scratch.write_bytes(b"")
        return scratch.stat().st_ctime_ns

    wait_until(lambda: touched() > path.stat().st_ctime_ns)
    scratch.unlink()


@contextlib.contextmanager
def holding(lease: str | os.PathLike[str], program: str = HOLD) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds a lease, from when it has it until the block is left."""
    with child(program, os.fspath(lease)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


@contextlib.contextmanager
def child(
    program: str, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program that may import `support`; what is left of it is killed."""
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **(environ or {})},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
