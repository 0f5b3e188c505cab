"""Ctrl-C and SIGTERM, once or again and again, wherever a command is when they come."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.builds import lines
from support.index import IndexServer
from support.processes import needs_strace, processes_matching, wait_until
from support.projects import make_sdist, materialise
from support.rawserver import RawServer
from support.refusals import WHEELWELL, Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

ENDS = {signal.SIGINT: (130, "interrupted; "), signal.SIGTERM: (143, "terminated; ")}


@contextlib.contextmanager
def getting(cache: Cache, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run `wheelwell get` beside the test."""
    command = [*WHEELWELL, "get", "--cache-dir", str(cache.directory), *map(str, arguments)]
    # An interrupt from a terminal reaches the whole group: here none but the command.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cache.directory.parent,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupt(
    cache: Cache, process: subprocess.Popen[str], number: signal.Signals, *, times: int
) -> None:
    """Send a signal, perhaps again and again until the end; then check that all is in order."""
    sent = 0
    while process.poll() is None and (sent < times or times > 1):
        process.send_signal(number)
        sent += 1
        if times == 1:
            break
    stdout, stderr = process.communicate(timeout=60)
    status, says = ENDS[number]
    assert process.returncode == status, stderr
    assert says in stderr
    assert "Traceback" not in stderr
    assert "Exception ignored" not in stderr
    assert stdout == ""
    cache.assert_nothing_is_half_done()


TIMES = pytest.mark.parametrize("times", [1, 2], ids=["once", "again-and-again"])
SIGNALS = pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)


PLACES = {
    "page": "/simple/pure/",
    "file": "/files/pure-1.0.tar.gz",
    "requirement": "/simple/tinyreq/",
}


@SIGNALS
@TIMES
@pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)
def test_while_a_server_is_waited_for(
    cache: Cache, tmp_path: Path, path: str, number: signal.Signals, times: int
) -> None:
    tree = materialise("pure", tmp_path, build_system={"requires": ["tinyreq"]})
    index = IndexServer()
    index.add(make_sdist(tree, tmp_path))
    answered = threading.Event()
    index.answer(path, until=answered)
    with index, getting(cache, "pure==1.0", "--index-url", index.url) as process:
        wait_until(lambda: index.asked(path))
        interrupt(cache, process, number, times=times)
    answered.set()
    assert cache.entries() == []


def _half_an_archive(over: threading.Event) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(500_000)
    over.wait()


@SIGNALS
@TIMES
def test_in_the_middle_of_a_download(cache: Cache, number: signal.Signals, times: int) -> None:
    with (
        RawServer(_half_an_archive) as server,
        getting(cache, f"{server.url}pure-1.0.tar.gz") as process,
    ):
        wait_until(lambda: [*cache.directory.glob("staging/*/source/*")])
        interrupt(cache, process, number, times=times)


@SIGNALS
@TIMES
@pytest.mark.parametrize("hook", ["build_wheel", "prepare_metadata_for_build_wheel", "import"])
def test_while_a_backend_works(
    cache: Cache, tmp_path: Path, hook: str, number: signal.Signals, times: int
) -> None:
    tree = materialise("dynamic-version", tmp_path)
    begun = tmp_path / "begun"
    wait = f"import os, time; open({str(begun)!r}, 'a').write('x\\n'); os.system('sleep 611')\n"
    backend = tree / "tinybackend.py"
    if hook == "import":
        backend.write_text(wait)
    else:
        backend.write_text(
            backend.read_text()
            + f"\n_{hook} = {hook}\ndef {hook}(*arguments):\n    {wait}"
            + f"    return _{hook}(*arguments)\n"
        )
    with getting(cache, tree) as process:
        wait_until(lambda: lines(begun))
        interrupt(cache, process, number, times=times)
    assert cache.entries() == []


@SIGNALS
def test_while_another_builds_it(cache: Cache, tmp_path: Path, number: signal.Signals) -> None:
    begun, let = tmp_path / "begun", tmp_path / "let"
    tree = materialise("pure", tmp_path, count=str(begun), wait_for=str(let))
    with getting(cache, tree) as first:
        wait_until(lambda: lines(begun))
        with getting(cache, tree) as second:
            assert second.stderr is not None
            said = ""
            while "waiting for" not in said:
                said = second.stderr.readline()
            second.send_signal(number)
            assert second.wait(60) == ENDS[number][0]
        let.touch()
        assert first.wait(60) == 0
    cache.assert_nothing_is_half_done()
    assert len(cache.entries()) == 1


@SIGNALS
def test_while_a_python_is_asked(
    cache: Cache, sdist: Path, tmp_path: Path, number: signal.Signals
) -> None:
    begun, python = tmp_path / "begun", tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho x >> {begun}\nsleep 612.5\n")
    python.chmod(0o755)
    with getting(cache, sdist, "--python", python) as process:
        wait_until(lambda: lines(begun))
        interrupt(cache, process, number, times=1)
    assert processes_matching("612.5") == []


CALLS = "mkdir,rename,unlink,rmdir,unlinkat,fsync"


VARIANTS = [(number, again) for number in ENDS for again in ("", "+1")]


@needs_strace
@pytest.mark.parametrize("variant", range(4), ids=lambda at: "".join(map(str, VARIANTS[at])))
def test_at_any_change_of_the_disk(sdist: Path, tmp_path: Path, variant: int) -> None:
    """One signal, or one at this and every later system call that changes something."""
    number, again = VARIANTS[variant]
    command = [*WHEELWELL, "get", str(sdist), "--cache-dir"]
    traced = tmp_path / "traced"
    strace = ["strace", "-qq", "-o", str(traced), "-e", f"trace={CALLS}", "-e", "signal=none"]
    subprocess.run([*strace, *command, str(tmp_path / "other")], check=True, capture_output=True)
    count = len([line for line in traced.read_text().splitlines() if re.match(r"\w+\(", line)])
    assert count > 10, traced.read_text()
    for nth in range(1 + 2 * variant, count + 1, 8):
        once = Cache(directory=tmp_path / str(nth) / "cache")
        once.directory.parent.mkdir()
        inject = ["-e", f"inject={CALLS}:signal={number.name}:when={nth}{again}"]
        done = subprocess.run(
            [*strace, *inject, *command, str(once.directory)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, ENDS[number][0]}, (nth, done.stderr)
        assert "Traceback" not in done.stderr, (nth, done.stderr)
        assert "Exception ignored" not in done.stderr, (nth, done.stderr)
        assert (done.returncode == 0) is bool(done.stdout), (nth, done.stdout, done.stderr)
        once.assert_nothing_is_half_done()


@SIGNALS
def test_one_that_comes_while_an_object_is_destroyed_is_not_lost(number: signal.Signals) -> None:
    program = f"""
import signal, sys, time
from wheelwell.cli import main
from wheelwell.cli.signals import Signals
import wheelwell.cli

class Doomed:
    def __del__(self):
        signal.raise_signal({int(number)})

def command(_):
    Doomed()
    time.sleep(60)

Signals().listen()
wheelwell.cli._command = command
sys.exit(main([]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == ENDS[number][0]
    assert done.stderr == f"{ENDS[number][1]}nothing that was started runs on\n"


def test_ctrl_c_that_is_ignored_stays_so() -> None:
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    program += "from wheelwell.cli.signals import Signals; Signals().listen()\n"
    program += "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"True\n"
