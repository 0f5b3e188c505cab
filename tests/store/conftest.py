"""Fixtures for the tests of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelwell.store.disk import Store, open_store
from wheelwell.store.layout import Layout


@pytest.fixture
def warnings() -> list[str]:
    """What the store warned of."""
    return []


@pytest.fixture
def store(cache_dir: Path, warnings: list[str]) -> Store:
    """A new store."""
    return open_store(str(cache_dir), warn=warnings.append)


@pytest.fixture
def layout(store: Store) -> Layout:
    """The layout of the new store."""
    return store.layout
