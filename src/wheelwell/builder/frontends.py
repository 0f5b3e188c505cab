"""Frontends: uv and pip, and how each is told to resolve requirements and to install pins."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_OLDEST_PIP = (22, 3)
"""The first pip that can work for another interpreter (`--python`)."""

Run = Callable[..., object]
"""Runs a command, its words given one by one; raises where it fails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is to be resolved."""

    directory: Path
    """Where files may be written."""

    requirements: str
    """The text of a requirements file."""

    constraints: str = ""
    """The text of a constraints file."""

    links: Path | None = None
    """A directory of wheels that are looked at beside the indexes."""

    has_index: bool = True
    """Whether there is any index to ask."""

    def files(self) -> list[str]:
        """Write the files, and return the words that name them."""
        wanted = self.directory / "requirements.txt"
        wanted.write_text(self.requirements, encoding="utf-8")
        if not self.constraints:
            return ["-r", str(wanted)]
        constraints = self.directory / "constraints.txt"
        constraints.write_text(self.constraints, encoding="utf-8")
        return ["-r", str(wanted), "-c", str(constraints)]

    def places(self) -> list[str]:
        """Return the words that say where is looked."""
        links = ["--find-links", str(self.links)] if self.links else []
        return links if self.has_index else ["--no-index", *links]


class Frontend(Protocol):
    """A program that resolves and installs; `python` is the path of who it does that for."""

    @property
    def title(self) -> str:
        """Its name and version."""

    def resolve(self, asked: Asked, python: str, run: Run, *, with_hashes: bool) -> list[str]:
        """Return all that is needed, pinned, each a line of a requirements file."""

    def install(self, pins: Sequence[str], asked: Asked, python: str, run: Run) -> None:
        """Install wheels, just those that are pinned; nothing is built."""

    def find(self, pin: str, asked: Asked, python: str, run: Run) -> None:
        """Find the wheel of a pin; a failure of the command says that there is none that fits."""


@dataclass(frozen=True, slots=True)
class Uv:
    """uv, at a path."""

    path: str

    @property
    def title(self) -> str:
        said = subprocess.run([self.path, "--version"], capture_output=True, text=True, check=False)
        return f"uv {said.stdout.split()[1]}" if len(said.stdout.split()) > 1 else "uv"

    def resolve(self, asked: Asked, python: str, run: Run, *, with_hashes: bool) -> list[str]:
        pins = asked.directory / "pins.txt"
        hashes = ["--generate-hashes"] if with_hashes else []
        wanted, *constraints = asked.files()[1:]
        bare = ("--no-header", "--no-annotate", "--no-progress", "--quiet")
        where = (*asked.places(), "--python", python, "--output-file", str(pins))
        run(self.path, "pip", "compile", *bare, *hashes, *where, *constraints, wanted)
        return _entries(pins.read_text(encoding="utf-8"))

    def install(self, pins: Sequence[str], asked: Asked, python: str, run: Run) -> None:
        run(*self._installing(pins, asked, python))

    def find(self, pin: str, asked: Asked, python: str, run: Run) -> None:
        run(*self._installing([pin], asked, python), "--dry-run", "--quiet")

    def _installing(self, pins: Sequence[str], asked: Asked, python: str) -> list[str]:
        exactly = ("--no-deps", "--no-build", "-r", _written(pins, asked.directory))
        return [self.path, "pip", "install", "--python", python, *asked.places(), *exactly]


@dataclass(frozen=True, slots=True)
class Pip:
    """pip: the one beside wheelwell, working for another Python, or that Python's own."""

    version: str
    """Of the one beside wheelwell; empty to take the Python's own."""

    kept_sources: str = ""
    """What the user wants pip to build in any case (`PIP_NO_BINARY`)."""

    @property
    def title(self) -> str:
        return f"pip {self.version or 'of the interpreter'}"

    def resolve(self, asked: Asked, python: str, run: Run, *, with_hashes: bool) -> list[str]:  # noqa: ARG002
        report = asked.directory / "report.json"
        bare = ("--dry-run", "--ignore-installed", "--quiet", "--report", str(report))
        run(*self._installing(asked, python), *bare, *asked.files())
        return [*_reported(json.loads(report.read_text(encoding="utf-8")))]

    def install(self, pins: Sequence[str], asked: Asked, python: str, run: Run) -> None:
        run(*self._installing(asked, python), *self._exactly(pins, asked))

    def find(self, pin: str, asked: Asked, python: str, run: Run) -> None:
        exactly = self._exactly([pin], asked)
        run(*self._installing(asked, python), *exactly, "--dry-run", "--ignore-installed", "-q")

    def _exactly(self, pins: Sequence[str], asked: Asked) -> list[str]:
        built = ["--no-binary", self.kept_sources] if self.kept_sources else []
        wheels = ["--only-binary", ":all:", *built]
        return ["--no-deps", *wheels, "-r", _written(pins, asked.directory)]

    def _installing(self, asked: Asked, python: str) -> list[str]:
        pip = [sys.executable, "-m", "pip", "--python", python]
        return [*(pip if self.version else [python, "-m", "pip"]), "install", *asked.places()]


def frontend(environ: Mapping[str, str], *, may_be_uv: bool = True) -> Uv | Pip:
    """Return uv where it is present and may be it, else pip."""
    uv = find_uv(environ) if may_be_uv else None
    return Uv(uv) if uv else Pip(_own_pip(), environ.get("PIP_NO_BINARY", ""))


def find_uv(environ: Mapping[str, str]) -> str | None:
    """Return the path of uv: that of the extra, else the one on PATH, else None."""
    if importlib.util.find_spec("uv") is not None:
        from uv import find_uv_bin

        try:
            return str(find_uv_bin())
        except FileNotFoundError:
            pass
    found = shutil.which("uv", path=environ.get("PATH", ""))
    return os.path.abspath(found) if found else None


def _own_pip() -> str:
    """Return the version of the pip beside wheelwell, empty where it is missing or too old."""
    from importlib import metadata

    try:
        version = metadata.version("pip")
        numbers = tuple(int(part) for part in version.split(".")[:2])
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    return version if numbers >= _OLDEST_PIP else ""


def _written(pins: Sequence[str], directory: Path) -> str:
    path = directory / "pinned.txt"
    path.write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    return str(path)


def _entries(text: str) -> list[str]:
    """Return the entries of a requirements file, each with the lines that go on with it."""
    return text.replace("\\\n", " ").splitlines()


def _reported(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what pip would install, from its report (version 1)."""
    for each in report["install"]:
        name, version = each["metadata"]["name"], each["metadata"]["version"]
        if not each.get("is_direct"):
            yield f"{name}=={version}"  # its hash is of the file that pip chose, perhaps a wheel
            continue
        found = each["download_info"]
        origin = found.get("vcs_info")
        place = f"{origin['vcs']}+{found['url']}@{origin['commit_id']}" if origin else found["url"]
        inside = found.get("subdirectory")
        yield f"{name} @ {place}" + (f"#subdirectory={inside}" if inside else "")
