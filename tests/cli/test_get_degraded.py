"""`wheelwell get` says of a degraded wheel why it is one, and refuses it where that is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.projects import make_sdist, materialise

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

HEADER = "no_such_header_of_tinybackend.h"


@pytest.fixture
def degraded(tmp_path: Path) -> Path:
    """The sdist of a project whose optional extension lacks a header."""
    return make_sdist(materialise("c-extension-broken", tmp_path / "t", optional=True), tmp_path)


@pytest.fixture
def pure(tmp_path: Path) -> Path:
    """The sdist of a project without extensions."""
    return make_sdist(materialise("pure", tmp_path / "t"), tmp_path)


def get(
    cache_dir: Path, *arguments: str | Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Call `wheelwell get` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "wheelwell", "get", *map(str, arguments)],
        env={**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_degraded_wheel_is_warned_of_with_the_reason_at_a_hit_too_and_when_quiet(
    cache_dir: Path, degraded: Path
) -> None:
    built, hit, quiet = (get(cache_dir, degraded, *more) for more in ([], [], ["--quiet"]))

    assert built.stdout == hit.stdout == quiet.stdout
    assert (built.returncode, hit.returncode, quiet.returncode) == (0, 0, 0)
    assert "in the cache" in hit.stderr
    for done in (built, hit, quiet):
        warning = done.stderr.partition("warning: ")[2].splitlines()[:6]
        assert warning[0] == "the wheel of c-extension-broken 1.0 is degraded"
        assert warning[1] == "  | the extension c_extension_broken._answer: not in the wheel"
        assert f"fatal error: {HEADER}: No such file or directory" in warning[2]
        assert warning[4].startswith(f"  try: install what brings the header {HEADER}")
    assert quiet.stderr.startswith("warning: ")


def test_json_says_whether_a_wheel_is_degraded(cache_dir: Path, degraded: Path, pure: Path) -> None:
    done = get(cache_dir, degraded, pure, "--json")

    assert [json.loads(line)["degraded"] for line in done.stdout.splitlines()] == ["yes", "no"]


@pytest.mark.parametrize("way", ["switch", "variable"])
def test_a_degraded_wheel_is_refused_with_4_and_is_copied_nowhere(
    way: str, cache_dir: Path, degraded: Path, pure: Path, tmp_path: Path
) -> None:
    switches = ["--require-native"] if way == "switch" else []
    environ = {} if way == "switch" else {"WHEELWELL_REQUIRE_NATIVE": "yes"}

    done = get(cache_dir, degraded, pure, "-o", tmp_path / "out", *switches, **environ)

    assert done.returncode == 4
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["pure-1.0-py3-none-any.whl"]
    assert "is degraded, and such are refused" in done.stderr
    assert f"fatal error: {HEADER}" in done.stderr
    assert "  try: install what brings the header" in done.stderr


def test_a_refused_wheel_has_the_code_of_its_error_in_json(cache_dir: Path, degraded: Path) -> None:
    done = get(cache_dir, degraded, "--require-native", "--json")

    told = json.loads(done.stdout)
    assert (told["origin"], told["error"]["code"]) == ("failed", "degraded")


def test_a_failure_outranks_a_refused_wheel_which_outranks_a_miss(
    cache_dir: Path, degraded: Path, pure: Path
) -> None:
    assert get(cache_dir, degraded).returncode == 0
    refused = get(cache_dir, degraded, pure, "--require-native", "--no-build")
    assert refused.returncode == 4
    failed = get(cache_dir, degraded, pure, "./missing.zip", "--require-native", "--no-build")
    assert failed.returncode == 1
