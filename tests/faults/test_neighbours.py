"""Proves that nothing outside a cache is written or removed, whatever links are planted in it.

Each directory and each file of a store that holds something of every kind is replaced by a link to
somewhere else, and everything that writes or removes is done, as root and as an ordinary user.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import wheelwell
from support.others import NOBODY, needs_root
from support.projects import materialise
from support.stored import TESTS
from support.trespass import PLANTS, by_link, state

pytestmark = pytest.mark.slow

USERS = [
    pytest.param(os.geteuid(), id="we"),
    pytest.param(NOBODY, id="an-ordinary-user", marks=needs_root),
]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory below one that everybody may enter, in memory where that can be."""
    shared = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=shared if os.path.isdir(shared) else None) as place:
        yield Path(place)


@pytest.mark.parametrize("uid", USERS)
@pytest.mark.parametrize("plant", PLANTS)
def test_nothing_outside_a_cache_changes(scratch: Path, plant: str, uid: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "support.trespass", plant, str(uid), scratch],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, *trespassed = done.stdout.splitlines()
    assert int(count) > 200
    assert trespassed == []


@pytest.mark.parametrize(
    "place",
    [
        *("environments-v1", "slots", "slots/pure", "slots/pure/0", "leases", "staging"),
        *("wheels-v1", "wheels-v1/pure", "journal-v1", "size-v1", "interpreters-v1"),
    ],
)
def test_a_build_gives_its_wheel_and_changes_nothing_outside_a_cache(
    tmp_path: Path, cache_dir: Path, place: str
) -> None:
    project = str(materialise("pure", tmp_path))
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(project)
    (cache_dir / place).mkdir(exist_ok=True, parents=True)
    by_link(cache_dir / place, tmp_path / "outside")
    before = state(tmp_path / "outside")
    told: list[str] = []
    with wheelwell.open_cache(cache_dir, warn=told.append) as cache:
        assert cache.get(project, rebuild=True).path.is_file()
    assert all(f"rm {cache_dir}" in warning for warning in told)
    assert state(tmp_path / "outside") == before
