"""Fixtures for the tests of sources."""

from __future__ import annotations

import pytest

from wheelwell.sources import waiting


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    monkeypatch.setattr(waiting, "pause", lambda _: None)
