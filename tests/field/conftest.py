"""The command, asked as a user of pip or uv would, of projects whose builds are counted."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.projects import make_sdist, materialise
from wheelwell.cli import main


@dataclass(frozen=True, slots=True)
class User:
    """Somebody at a machine with a cache."""

    home: Path
    cache_dir: Path
    capsys: pytest.CaptureFixture[str]
    made: list[str] = field(default_factory=list)

    def project(self, name: str = "pure", **knobs: Any) -> Path:
        """Return a new source tree whose builds are counted."""
        self.made.append(name)
        into = self.home / f"project-{len(self.made)}"
        return materialise(name, into, count=str(self.home / "builds"), **knobs)

    def sdist(self, name: str = "pure", **knobs: Any) -> Path:
        """Return a new source archive whose builds are counted."""
        tree = self.project(name, **knobs)
        return make_sdist(tree, tree.parent)

    @property
    def builds(self) -> int:
        """How many wheels were built."""
        count = self.home / "builds"
        return len(count.read_text().splitlines()) if count.exists() else 0

    def get(self, *arguments: object, status: int = 0) -> dict[str, Any]:
        """Return what `wheelwell get` tells of one request; `stderr` is what it said besides."""
        self.capsys.readouterr()
        command = ["get", "--json", "--cache-dir", str(self.cache_dir), *map(str, arguments)]
        assert main(command) == status, self.capsys.readouterr().err
        said = self.capsys.readouterr()
        told: dict[str, Any] = json.loads(said.out.splitlines()[-1]) if said.out else {}
        return {**told, "stderr": said.err}


@pytest.fixture
def user(tmp_path: Path, cache_dir: Path, capsys: pytest.CaptureFixture[str]) -> User:
    """A user with an empty cache."""
    return User(tmp_path, cache_dir, capsys)


def shown(wheel: Mapping[str, Any], file: str) -> Any:
    """Return a JSON file of a wheel."""
    with zipfile.ZipFile(wheel["path"]) as archive:
        name = next(name for name in archive.namelist() if name.endswith(file))
        return json.loads(archive.read(name))
