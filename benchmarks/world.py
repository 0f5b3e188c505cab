"""The world that is measured in: a home of its own, sources of ours, and the tools beside us."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PYTHON = sys.executable


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A directory with everything in it, and the variables to run commands with."""

    root: Path
    environ: dict[str, str]
    """No setting of the caller's own, nor of pip's and uv's files, is in force."""

    rounds: int

    @property
    def cache(self) -> Path:
        """Wheelwell's cache directory: the usual one of this home."""
        return Path(self.environ["HOME"], ".cache", "wheelwell")

    def fresh(self, name: str) -> Path:
        """Return an empty directory of that name."""
        path = self.root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path


@contextlib.contextmanager
def world(title: str, *, rounds: int) -> Iterator[World]:
    """Read the arguments that all benchmarks take, and make the world."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default: {rounds}")
    parser.add_argument("--directory", help="where to work; what a disk takes depends on it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wheelwell-bench-", dir=arguments.directory) as root:
        home = Path(root, "home")
        home.mkdir()
        print(f"{title}\n{_circumstances(root)}\n", flush=True)
        yield World(root=Path(root), environ=_environ(home), rounds=arguments.rounds)


def wheelwell() -> list[str]:
    """Return the command, as a user starts it."""
    script = Path(PYTHON).with_name("wheelwell")
    return [str(script)] if script.exists() else [PYTHON, "-m", "wheelwell"]


def uv() -> str | None:
    """Return the path of uv, or None where there is none."""
    beside = Path(PYTHON).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def _environ(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def _circumstances(root: str) -> str:
    tool = uv()
    versions = [
        f"Python {platform.python_version()}",
        *(f"{name} {metadata.version(name)}" for name in ("wheelwell", "pip")),
        subprocess.check_output([tool, "--version"], text=True).strip() if tool else "no uv",
    ]
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    return f"{', '.join(versions)}; {load}; in {root}"
