"""Refusals: what the command says where it cannot help, and all that it must not leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.processes import processes_matching, wait_until
from wheelwell.builder.environment import READY
from wheelwell.store.disk import hash_file

WHEELWELL = (sys.executable, "-m", "wheelwell")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """A cache directory that is asked through the real command."""

    directory: Path

    def get(
        self,
        *arguments: str | Path,
        environ: Mapping[str, str] | None = None,
        limit: float = 120,
        first: str = "",
    ) -> Told:
        """Run `wheelwell get`, away from the test's own directory.

        `first` is Python that the process runs before, to make a limit small.
        """
        program = [sys.executable, "-c", f"{first}\nfrom wheelwell.cli import run; run()"]
        done = subprocess.run(
            [
                *(program if first else WHEELWELL),
                "get",
                "--cache-dir",
                str(self.directory),
                *map(str, arguments),
            ],
            cwd=self.directory.parent,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit,
        )
        return Told(status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def refuses(
        self,
        *arguments: str | Path,
        says: Sequence[str],
        status: int = 1,
        environ: Mapping[str, str] | None = None,
        limit: float = 120,
        first: str = "",
    ) -> str:
        """Ask for what cannot be had; return what was said, after all the rules were checked."""
        told = self.get(*arguments, environ=environ, limit=limit, first=first)
        assert told.status == status, told.stderr
        assert told.stdout == ""
        assert_one_message(told.stderr, says)
        self.assert_nothing_is_half_done()
        return told.stderr

    def assert_nothing_is_half_done(self) -> None:
        """Check that nothing is stored or running that is not whole."""
        # One that was killed is still to be seen until the system has come to ending it.
        wait_until(lambda: not processes_matching(str(self.directory)), message="nothing runs")
        found = list(map(str, halves(self.directory)))
        assert not found, found

    def entries(self) -> list[Path]:
        """Return the records of what is stored."""
        return sorted(self.directory.glob("wheels-v1/*/*/*/record.json"))


def assert_one_message(stderr: str, says: Sequence[str]) -> None:
    """Check that there is one error, which says what, to what and what to try."""
    assert "Traceback" not in stderr
    assert "Exception ignored" not in stderr
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, stderr
    for each in says:
        assert each in stderr, stderr
    assert "\n  try: " in stderr, stderr


def halves(cache: Path) -> list[Path]:
    """Return what should not be in a cache in which nothing is going on."""
    wheels = {path.parent for path in cache.glob("wheels-v1/*/*/*/record.json")}
    archives = [path for path in cache.glob("sources-v1/*/*") if path.is_file()]
    return sorted(
        [
            *cache.glob("staging/*"),
            *cache.glob("slots/*/*/*"),
            *(path for path in cache.glob("wheels-v1/*/*/*") if path not in wheels),
            *(path for path in archives if hash_file(str(path)) != path.parent.name),
            *(path for path in cache.glob("sources-v1/*") if not any(path.iterdir())),
            *(
                path
                for path in cache.glob("environments-v1/*/*")
                if not any(path.glob(f"{READY}*"))
            ),
        ]
    )
