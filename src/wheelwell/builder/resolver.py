"""The resolver: uv where it is present, else pip, says what a list of requirements comes to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.builder.installer import Installer, find_uv
from wheelwell.errors import SourceError
from wheelwell.indexes import Indexes, Network
from wheelwell.interpreter import Interpreter
from wheelwell.urls import hiding

_LINES = 12
"""Of what a resolver says when it finds nothing, how many lines are told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolver:
    """Resolves requirements from the same indexes, with the same settings, as an installer."""

    installer: Installer

    def resolve(
        self, requirements: str, constraints: str, interpreter: Interpreter, network: Network
    ) -> str:
        """Return all that is needed for a Python, pinned and hashed, as a requirements file.

        `requirements` and `constraints` are the texts of such files. Raises `SourceError`.
        """
        with tempfile.TemporaryDirectory(prefix="wheelwell-") as place:
            for name, text in (("wanted.txt", requirements), ("constraints.txt", constraints)):
                with open(f"{place}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            files = ("wanted.txt", "constraints.txt") if constraints else ("wanted.txt",)
            uv = find_uv(self.installer.environ)
            if uv is not None:
                return self._by_uv(uv, place, files, interpreter, network)
            return self._by_pip(place, files, interpreter, network)

    def _by_uv(
        self,
        uv: str,
        place: str,
        files: tuple[str, ...],
        interpreter: Interpreter,
        network: Network,
    ) -> str:
        bare = ("--no-header", "--no-annotate", "--generate-hashes", "--no-progress", "--quiet")
        constraints = ["-c", files[1]] if len(files) > 1 else []
        alone = () if self.installer.indexes.urls else ("--no-index",)
        python = ("--python", interpreter.executable)
        command = [uv, "pip", "compile", *bare, *alone, *python, *constraints, files[0]]
        return self._said(command, place, network)

    def _by_pip(
        self, place: str, files: tuple[str, ...], interpreter: Interpreter, network: Network
    ) -> str:
        constraints = ["-c", files[1]] if len(files) > 1 else []
        bare = ("--dry-run", "--ignore-installed", "--quiet", "--report", "report.json")
        pip = (sys.executable, "-m", "pip", "--python", interpreter.executable)
        self._said([*pip, "install", *bare, "-r", files[0], *constraints], place, network)
        with open(f"{place}/report.json", encoding="utf-8") as file:
            return "".join(f"{line}\n" for line in _pins(json.load(file)))

    def _said(self, command: list[str], place: str, network: Network) -> str:
        indexes: Indexes = self.installer.indexes
        done = subprocess.run(
            command,
            cwd=place,
            env=dict(self.installer.variables(network)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            hide = hiding([*indexes.urls, *indexes.find_links])
            said = [line for line in hide(done.stderr).splitlines() if line.strip()]
            shown = "".join(f"\n  | {line}" for line in said[-_LINES:])
            raise SourceError(
                f"{os.path.basename(command[0])} finds no versions that go together{shown}",
                hint="a lock file, or exact pins, need no resolving",
            )
        return done.stdout


def _pins(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what pip would install, a line each, from its report (version 1)."""
    for each in report["install"]:
        name, version = each["metadata"]["name"], each["metadata"]["version"]
        if each.get("is_direct"):
            yield f"{name} @ {each['download_info']['url']}"
            continue
        yield f"{name}=={version}"  # its hash is of the one file that pip chose, perhaps a wheel
