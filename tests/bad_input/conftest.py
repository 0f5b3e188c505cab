"""Fixtures for what goes wrong: a cache that is asked through the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import make_sdist, materialise
from support.refusals import Cache


@pytest.fixture
def cache(cache_dir: Path) -> Cache:
    """A cache in which nothing is yet."""
    return Cache(directory=cache_dir)


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    """The source archive of a project that is good."""
    return make_sdist(materialise("pure", tmp_path / "trees"), tmp_path / "sdists")
