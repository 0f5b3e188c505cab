"""Fixtures for all tests, and a world that does not depend on the machine's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.index import IndexServer

# Settings of pip, uv and the network, which tests marked `network` keep.
NETWORK_PREFIXES = ("PIP_", "UV_")
NETWORK_SUFFIXES = ("_proxy", "_PROXY")
# Settings of builds, git, terminals and wheelwell, which no test keeps.
PREFIXES = ("WHEELWELL_", "GIT_", "CMAKE_", "CUDA_", "SETUPTOOLS_SCM_", "CLICOLOR")
SUFFIXES = ("FLAGS",)
NAMES = {
    "CC",
    "CXX",
    "FORCE_COLOR",
    "MACOSX_DEPLOYMENT_TARGET",
    "NO_COLOR",
    "PKG_CONFIG_PATH",
    "PYTHONDONTWRITEBYTECODE",
    "SOURCE_DATE_EPOCH",
    "TORCH_CUDA_ARCH_LIST",
    "VIRTUAL_ENV",
}
XDG = ("CACHE", "CONFIG", "DATA", "STATE")


@pytest.fixture(autouse=True)
def _own_world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Make a test independent of who runs it and where."""
    networked = request.node.get_closest_marker("network") is not None
    for name in list(os.environ):
        if _is_foreign(name) or (_is_of_network(name) and not networked):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    if networked:
        return
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for kind in XDG:
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    for kind in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_DIRS", str(home / f"{kind.lower()}-dirs"))


@pytest.fixture
def index() -> Iterator[IndexServer]:
    """An empty package index on loopback."""
    with IndexServer() as server:
        yield server


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    """Where a cache may be made; nothing is there yet."""
    return tmp_path / "cache"


def _is_foreign(name: str) -> bool:
    return name in NAMES or name.startswith(PREFIXES) or name.endswith(SUFFIXES)


def _is_of_network(name: str) -> bool:
    return name.startswith(NETWORK_PREFIXES) or name.endswith(NETWORK_SUFFIXES)
