"""What a process inherits from its parent does not reach a build."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelwell.builder.supervised import Supervised, Watch


def said(directory: Path, program: str) -> str:
    """Return what a Python program says that a supervisor runs."""
    log = directory / "log"
    with Supervised(leases=(), home=directory / "home", watch=Watch(log=log)) as supervised:
        supervised.run([sys.executable, "-I", "-c", program], cwd="/", environ={})
    return log.read_text().strip()


@pytest.fixture(params=[0o000, 0o077])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """The caller's umask, such as would end up in the modes of a wheel's files."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def _ignoring() -> Iterator[None]:
    """A caller that ignores a signal, as under nohup."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("_umask")
def test_umask_is_always_the_same(tmp_path: Path) -> None:
    assert said(tmp_path, "import os; print(oct(os.umask(0)))") == "0o22"


@pytest.mark.usefixtures("_ignoring")
def test_no_signal_is_ignored_because_the_caller_ignores_it(tmp_path: Path) -> None:
    program = "import signal; print(signal.getsignal(signal.SIGUSR1).name)"
    assert said(tmp_path, program) == "SIG_DFL"
