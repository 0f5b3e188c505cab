"""A farm for tests: a Dask scheduler and workers, as processes of their own on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.processes import processes_matching, wait_until

KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "PYENV_ROOT")
"""Variables that processes of a farm have of those who run the tests."""


class FarmProcesses:
    """One scheduler, and the workers that were started."""

    def __init__(self, directory: Path, *, environ: Mapping[str, str] | None = None) -> None:
        """What they write is in `directory`; `environ` is added to their environment."""
        self.directory = directory
        self._file = directory / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environ = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(directory),
            "PIP_CONFIG_FILE": os.devnull,
            "DASK_TEMPORARY_DIRECTORY": str(directory / "scratch"),
            **(environ or {}),
        }

    @property
    def address(self) -> str:
        """Where the scheduler is."""
        return str(json.loads(self._file.read_text())["address"])

    def start_scheduler(self, protocol: str) -> None:
        """Start the scheduler; return when it listens."""
        self.scheduler = self._start(
            "dask_scheduler",
            *("--host", f"{protocol}://127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(self._file)),
        )
        wait_until(self._file.exists)

    def start_worker(
        self, name: str, *switches: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, with its nanny."""
        return self._start(
            "dask_worker",
            *("--scheduler-file", str(self._file), "--host", "127.0.0.1", "--name", name),
            *("--nthreads", "1", "--memory-limit", "0", "--no-dashboard", *switches),
            environ=environ,
        )

    def end(self) -> None:
        """End all of them, and what they have started: that ends by itself."""
        for process in self._processes:
            process.kill()
            process.wait()
        wait_until(lambda: not processes_matching(f"HOME={self.directory}\0"))

    def _start(
        self, program: str, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command: Sequence[str] = (sys.executable, "-m", f"distributed.cli.{program}", *arguments)
        with (self.directory / f"{program}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.directory,
                env={**self.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process


@contextlib.contextmanager
def farming(
    directory: Path,
    *,
    workers: int = 2,
    protocol: str = "tcp",
    environ: Mapping[str, str] | None = None,
) -> Iterator[FarmProcesses]:
    """Run a farm while the block runs."""
    directory.mkdir(parents=True, exist_ok=True)
    farm = FarmProcesses(directory, environ=environ)
    try:
        farm.start_scheduler(protocol)
        for number in range(workers):
            farm.start_worker(f"w{number}")
        yield farm
    finally:
        farm.end()
