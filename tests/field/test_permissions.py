"""Cache directories that pip turns its back on, or that uv cannot even read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.others import NOBODY, Others, commons, needs_root
from support.projects import materialise

pytestmark = [needs_root, pytest.mark.slow]


@pytest.fixture(scope="module")
def others() -> Iterator[Others]:
    with commons() as place:
        yield Others(place)


@pytest.fixture
def world() -> Iterator[Path]:
    """A directory that everybody may read."""
    with commons() as place:
        yield place


@pytest.fixture
def cache(world: Path) -> Path:
    """A cache directory of the user who asks."""
    cache = world / "cache"
    cache.mkdir(mode=0o700)
    os.chown(cache, NOBODY, NOBODY)
    return cache


def get(others: Others, cache: Path, project: Path) -> dict[str, Any]:
    done = others.run("get", "--cache-dir", cache, "--no-index", "--json", "-q", project)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "said": done.stderr}


def test_a_read_only_cache_gives_its_wheels(others: Others, world: Path, cache: Path) -> None:
    """pip: a valid wheel there is ignored, and rebuilt; uv #15934: it cannot get its lock."""
    project = materialise("pure", world)
    built = get(others, cache, project)
    cache.chmod(0o755)
    others.own(cache, uid=0)

    assert (get(others, cache, project)["origin"], built["origin"]) == ("local", "built")


def test_a_directory_of_root_in_the_cache_fails_no_build(
    others: Others, world: Path, cache: Path
) -> None:
    """pip: with a writable root, but `wheels/` of root after a `sudo pip`, the install fails."""
    others.own(cache, uid=NOBODY)
    (cache / "wheels-v1").mkdir()
    told = get(others, cache, materialise("pure", world))

    assert told["origin"] == "ephemeral"
    assert Path(told["path"]).is_file()
    assert told["said"].count("warning") == 1
    assert "wheels-v1" in told["said"]
