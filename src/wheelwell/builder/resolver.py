"""The resolver: uv where it is present, else pip, says what a list of requirements comes to."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelwell.builder.frontends import Asked, frontend
from wheelwell.builder.installer import Installer
from wheelwell.errors import SourceError
from wheelwell.indexes import Indexes, Network
from wheelwell.interpreter import Interpreter
from wheelwell.rules import Rules
from wheelwell.urls import hiding

_LINES = 12
"""Of what a resolver says when it finds nothing, how many lines are told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolver:
    """Resolves requirements from the same indexes, with the same settings, as an installer."""

    installer: Installer

    def resolve(
        self,
        requirements: str,
        constraints: str,
        interpreter: Interpreter,
        network: Network,
        *,
        rules: Rules,
    ) -> str:
        """Return all that is needed for a Python, pinned and hashed, as a requirements file.

        `requirements` and `constraints` are the texts of such files. Raises `SourceError`.
        """
        with tempfile.TemporaryDirectory(prefix="wheelwell-") as place:
            asked = Asked(
                directory=Path(place),
                requirements=rules.lines() + requirements,
                constraints=constraints,
                has_index=bool(self.installer.indexes.urls),
            )

            def run(*command: str) -> None:
                self._run(command, place, network, rules)

            by = frontend(self.installer.environ, may_be_uv=rules.suits_uv)
            pins = by.resolve(asked, interpreter.executable, run, with_hashes=True)
        return "".join(f"{pin}\n" for pin in pins)

    def _run(self, command: Sequence[str], place: str, network: Network, rules: Rules) -> None:
        indexes: Indexes = self.installer.indexes
        done = subprocess.run(
            command,
            cwd=place,
            env=self.installer.variables(network) | rules.for_uv(),
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
