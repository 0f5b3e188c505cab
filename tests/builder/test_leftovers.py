"""What a build whose supervisor was killed left running is found by its `HOME`, and no more."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.builds import kill, stop
from support.processes import needs_proc, processes_matching, wait_until
from wheelwell.builder import leftovers
from wheelwell.builder.builder import end_leftovers
from wheelwell.builder.leftovers import MARK

pytestmark = needs_proc


class Processes:
    """Starts processes that can be told by a mark, and sees to it that they end."""

    def __init__(self) -> None:
        self.mark = f"mark-{secrets.token_hex(8)}"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self, program: str = "import time; time.sleep(600)", **environ: str
    ) -> subprocess.Popen[bytes]:
        """Start a process with these variables, once they are its own."""
        command = [sys.executable, "-c", program, self.mark]
        process = subprocess.Popen(command, env=environ, start_new_session=True)
        self._started.append(process)
        wait_until(self.alive)
        return process

    def alive(self) -> list[int]:
        return processes_matching(f"\0{self.mark}\0")

    def end(self) -> None:
        kill(*self.alive())
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def processes() -> Iterator[Processes]:
    started = Processes()
    yield started
    started.end()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "slot" / "home").mkdir(parents=True)
    return tmp_path / "slot" / "home"


def test_process_with_the_home_is_ended_and_gone(processes: Processes, home: Path) -> None:
    process = processes.start(HOME=str(home))
    leftovers.end(home)
    assert processes.alive() == []
    assert process.wait() == -signal.SIGKILL


def test_slot_s_processes_are_ended_by_the_home_in_it(processes: Processes, home: Path) -> None:
    processes.start(HOME=str(home))
    end_leftovers(home.parent)
    assert processes.alive() == []


def test_installer_of_a_build_is_ended_by_its_mark(processes: Processes, home: Path) -> None:
    processes.start(HOME="/root", **{MARK: str(home)})
    leftovers.end(home)
    assert processes.alive() == []


def test_stopped_process_is_ended(processes: Processes, home: Path) -> None:
    process = processes.start(HOME=str(home))
    stop(process.pid)
    leftovers.end(home)
    assert processes.alive() == []


def test_children_that_hide_their_home_are_ended_with_their_parent(
    processes: Processes, home: Path
) -> None:
    hidden = "import subprocess, sys, time; "
    hidden += "subprocess.Popen([sys.executable, '-c', 'input()', *sys.argv[1:]], env={}, "
    hidden += "start_new_session=True, stdin=subprocess.PIPE); time.sleep(600)"
    processes.start(hidden, HOME=str(home))
    wait_until(lambda: len(processes.alive()) == 2)
    leftovers.end(home)
    wait_until(lambda: not processes.alive())


def test_orphan_that_hides_its_home_is_ended_with_its_group(
    processes: Processes, home: Path
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)", processes.mark]
    orphan = f"import subprocess; subprocess.Popen({sleep!r}, env={{}})"
    leading = f"import subprocess, time; subprocess.run({[sys.executable, '-c', orphan]!r}); "
    processes.start(f"{leading} time.sleep(600)", HOME=str(home))
    wait_until(lambda: len(processes.alive()) == 2)
    leftovers.end(home)
    wait_until(lambda: not processes.alive())


def test_home_is_the_same_under_another_name(
    processes: Processes, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(home.parent)
    processes.start(HOME=f"{tmp_path}/link/home")
    leftovers.end(home)
    assert processes.alive() == []


def test_home_that_is_gone_is_told_by_its_name(processes: Processes, home: Path) -> None:
    processes.start(HOME=str(home))
    shutil.rmtree(home)
    leftovers.end(home)
    assert processes.alive() == []


@pytest.mark.parametrize("ending", ["2", "/below", "/.."])
def test_process_with_another_home_goes_on(ending: str, processes: Processes, home: Path) -> None:
    process = processes.start(HOME=f"{home}{ending}", OTHER=str(home), PWD=str(home))
    leftovers.end(home)
    assert processes.alive() == [process.pid]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make such a world")
def test_process_of_a_container_with_a_directory_of_that_name_goes_on(
    processes: Processes, home: Path, tmp_path: Path
) -> None:
    """In a container with the same cache directory, another build is at work there."""
    other = tmp_path / "other" / "home"
    other.mkdir(parents=True)
    hide = f'mount --bind {other.parent} {home.parent} && exec "$@"'
    sleep = [sys.executable, "-c", "import time; time.sleep(600)", processes.mark]
    command = ["unshare", "--mount", "sh", "-c", hide, "sh", *sleep]
    container = subprocess.Popen(command, env={**os.environ, "HOME": str(home)})
    try:
        wait_until(lambda: container.poll() is not None or is_sleeping(container.pid))
        if container.poll() is not None:
            pytest.skip("no mount namespaces here")
        leftovers.end(home)
        assert container.poll() is None
    finally:
        container.kill()
        container.wait()


def is_sleeping(process: int) -> bool:
    """Say whether the shell has become the program that it was to start."""
    command = Path(f"/proc/{process}/cmdline").read_bytes()
    return command.startswith(os.fsencode(sys.executable))
