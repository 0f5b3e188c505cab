"""Backends that are missing, fail, hang, fork, chatter or forget to answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from support.projects import materialise
from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

SMALL = """
from wheelwell.builder import supervised
from wheelwell.store import disk
supervised.LOG_LIMIT, disk.LOG_KEPT = 20_000_000, 1 << 20
"""

FAILING: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "missing": ("missing-backend", {}, ["cannot be imported", "does build-system.requires"]),
    "raising": ("backend-raises", {}, ["build_wheel failed", "  | RuntimeError: ", "  log: "]),
    "exiting": ("pure", {"exit": 3}, ["build_wheel failed", "try: "]),
    "silent": ("pure", {"exit": 0}, ["build_wheel ended without an answer", "try: "]),
    "chattering": ("pure", {"chatter": 3000, "fail": "no more"}, ["  | RuntimeError: no more"]),
    "forking": ("backend-spawns", {"fail": "after all"}, ["  | RuntimeError: after all"]),
}


@pytest.mark.parametrize(("project", "knobs", "says"), FAILING.values(), ids=FAILING)
def test_backend_that_fails(
    cache: Cache, tmp_path: Path, project: str, knobs: dict[str, Any], says: list[str]
) -> None:
    tree = materialise(project, tmp_path, **knobs)
    cache.refuses(tree, says=[f"error: {tree}: ", *says])
    assert cache.entries() == []


def test_backend_that_hangs(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("backend-hangs", tmp_path, spawn=3)
    says = ["the build took longer than 2 s and was ended", "try: allow more with --timeout"]
    cache.refuses(tree, "--timeout", "2", says=says)


def test_backend_that_hangs_where_it_is_asked_for_a_version(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("dynamic-version", tmp_path)
    (tree / "tinybackend.py").write_text("import time\ntime.sleep(600)\n")
    says = ["the build took longer than 2 s and was ended", "try: allow more with --timeout"]
    cache.refuses(tree, "--timeout", "2", says=says)


def test_what_a_good_backend_leaves_running_is_ended(cache: Cache, tmp_path: Path) -> None:
    told = cache.get(materialise("backend-spawns", tmp_path))
    assert told.status == 0
    cache.assert_nothing_is_half_done()


@pytest.mark.parametrize("lines", ["'x' * 99 + '\\n'", "'x' * 100"], ids=["lines", "one-line"])
def test_backend_that_never_stops_chattering(cache: Cache, tmp_path: Path, lines: str) -> None:
    tree = materialise("pure", tmp_path)
    (tree / "tinybackend.py").write_text(
        f"import sys\nfor _ in iter(int, 1):\n    sys.stdout.write(({lines}) * 10_000)\n"
    )
    says = ["the build printed more than 20 MB and was ended", "  log: ", "try: "]
    told = cache.refuses(tree, says=says, first=SMALL)
    log = Path(told.partition("  log: ")[2].splitlines()[0])
    assert 1 << 20 < os.path.getsize(log) < (1 << 20) + 100
    assert "bytes were left out here" in log.read_text()
    assert cache.entries() == []


def test_backend_that_makes_very_deep_directories(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path)
    backend = tree / "tinybackend.py"
    deep = """
here = os.getcwd()
for _ in range(3000):
    os.makedirs("d", exist_ok=True)
    os.chdir("d")
os.chdir(here)
"""
    backend.write_text(backend.read_text() + deep)
    told = cache.get(tree)
    assert told.status == 0, told.stderr
    cache.assert_nothing_is_half_done()


@pytest.mark.parametrize("cc", ["no-such-compiler", "false"])
def test_no_compiler(cache: Cache, tmp_path: Path, cc: str) -> None:
    tree = materialise("c-extension", tmp_path)
    says = ["build_wheel failed", "  | ", "  log: ", "try: "]
    told = cache.refuses(tree, says=says, environ={"CC": cc})
    assert ("install a compiler: no-such-compiler cannot" in told) is (cc == "no-such-compiler")


def test_compile_that_fails(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("c-extension-broken", tmp_path)
    says = ["fatal error: no_such_header_of_tinybackend.h", "install what brings the header "]
    cache.refuses(tree, says=["build_wheel failed", *says])
