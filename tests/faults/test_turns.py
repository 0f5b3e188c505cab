"""Proves that an older and a newer wheelwell take turns on one cache, and neither harms the other.

The newer one is this one with what a later version may plausibly bring: more in the record, another
event in the journal, a further bucket of facts, the next layout of the entries beside this one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wheelwell
from support.projects import materialise
from support.upkeep import tree

pytestmark = pytest.mark.slow

_OPEN = "    return Store(layout, warn=warn, origin=origin)"
_OMENS = """    for name in ("wheels-v2/foo", "omens-v1"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        open(f"{root}/{name}/omen.json", "w").write("{}")
"""
_NOTE = "    journal.note(\n"
_THUNDER = '    journal.note("thunder", project=wheel.name)\n'
_MEMORY = "    peak_memory: int = 0\n"

CHANGES = {
    "version.py": [("VERSION = ", 'VERSION = "99.0"  # ')],
    "record.py": [(_MEMORY, f'{_MEMORY}    weather: str = "fine"\n')],
    "statistics.py": [('EVENTS = ("hit",', 'EVENTS = ("thunder", "hit",')],
    "noting.py": [(_NOTE, f"{_THUNDER}{_NOTE}")],
    "buckets.py": [
        ("WORKING = (", 'OMENS = "omens-v1"\nWORKING = ('),
        ("PINS, SIZE)", "PINS, SIZE, OMENS)"),
    ],
    "store/disk.py": [(_OPEN, f"{_OMENS}{_OPEN}")],
}
"""What is changed in each file, and into what."""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which a newer wheelwell is installed."""
    place = tmp_path_factory.mktemp("newer")
    shutil.copytree(
        Path(wheelwell.__file__).parent,
        place / "wheelwell",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name, changes in CHANGES.items():
        path = place / "wheelwell" / name
        text = path.read_text()
        for old, new in changes:
            assert old in text, (name, old)
            text = text.replace(old, new, 1)
        path.write_text(text)
    return place


class Turns:
    def __init__(self, cache_dir: Path, newer: Path) -> None:
        self.cache_dir = cache_dir
        self._paths = {"older": str(Path(wheelwell.__file__).parents[1]), "newer": str(newer)}

    def run(self, who: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "wheelwell",
                *map(str, arguments),
                "--cache-dir",
                self.cache_dir,
            ],
            env={**os.environ, "PYTHONPATH": self._paths[who]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (who, arguments, done.stderr)
        assert "damaged" not in done.stderr, (who, arguments, done.stderr)
        return done

    def get(self, who: str, *arguments: str | Path) -> str:
        told = json.loads(self.run(who, "get", "--no-index", "--json", *arguments).stdout)
        return str(told["origin"])


@pytest.fixture
def turns(cache_dir: Path, newer: Path) -> Turns:
    return Turns(cache_dir, newer)


def test_the_versions_really_differ(turns: Turns) -> None:
    assert turns.run("newer", "info").stdout.startswith("wheelwell 99.0")
    assert not turns.run("older", "info").stdout.startswith("wheelwell 99.0")


def test_each_hits_what_the_other_built(turns: Turns, tmp_path: Path) -> None:
    project = materialise("pure", tmp_path)
    other = materialise("Dotted.Name_With-Capitals", tmp_path)
    assert turns.get("older", project) == "built"
    assert turns.get("newer", project) == "local"
    assert turns.get("newer", other) == "built"
    assert turns.get("older", other) == "local"
    assert turns.get("newer", "--rebuild", project) == "built"
    assert turns.get("older", project) == "local"


def test_neither_removes_or_sets_aside_what_it_does_not_know(turns: Turns, tmp_path: Path) -> None:
    project = materialise("pure", tmp_path)
    for who in ("newer", "older", "newer"):
        turns.get(who, project)
        for command in (["verify"], ["gc"], ["list"], ["stats"], ["doctor", "-q"], ["info"]):
            turns.run(who, *command)
    there = tree(turns.cache_dir)
    assert {"wheels-v2/foo/omen.json", "omens-v1/omen.json"} <= there
    assert not {path for path in there if path.startswith("quarantine/")}
    turns.run("older", "purge")
    assert {"wheels-v2/foo/omen.json", "omens-v1/omen.json"} <= tree(turns.cache_dir)


def test_a_record_of_a_later_form_is_neither_read_nor_touched_by_those_who_look_after_the_cache(
    turns: Turns, tmp_path: Path
) -> None:
    project = materialise("pure", tmp_path)
    turns.get("older", project)
    [record] = turns.cache_dir.rglob("record.json")
    later = json.loads(record.read_text()) | {"schema": 2}
    record.write_text(json.dumps(later))
    old = 1_600_000_000
    os.utime(record.parent / later["build"], (old, old))
    for command in (["verify"], ["gc", "--limit", "0"], ["list"]):
        turns.run("older", *command)
    assert json.loads(record.read_text()) == later
    assert (record.parent / later["build"] / later["filename"]).exists()
    assert turns.get("older", project) == "built"
