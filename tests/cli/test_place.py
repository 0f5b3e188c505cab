"""`wheelwell dir` and `wheelwell info`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import wheelwell
from support.projects import materialise


def run(*arguments: str | Path, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "wheelwell", *map(str, arguments)],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_dir_prints_the_directory_and_makes_nothing(cache_dir: Path) -> None:
    assert run("dir", WHEELWELL_CACHE_DIR=str(cache_dir)) == f"{cache_dir}\n"
    assert run("dir", "--cache-dir", cache_dir / "x") == f"{cache_dir / 'x'}\n"
    assert not cache_dir.exists()


def test_the_default_directory_is_the_users_cache_directory(tmp_path: Path) -> None:
    assert run("dir", XDG_CACHE_HOME=str(tmp_path)) == f"{tmp_path / 'wheelwell'}\n"


def test_info_of_a_cache_that_is_not_there(cache_dir: Path) -> None:
    told = json.loads(run("info", "--json", "--cache-dir", cache_dir))

    assert told["exists"] is False
    assert {held["count"] for held in told["holds"].values()} == {0}
    assert "(not there yet)" in run("info", "--cache-dir", cache_dir)


def test_info_counts_what_is_held(cache_dir: Path, tmp_path: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(materialise("pure", tmp_path)))

    told = json.loads(run("info", "--json", "--cache-dir", cache_dir))

    assert told["holds"]["wheels"]["count"] == 1
    assert told["holds"]["wheels"]["bytes"] > wheel.path.stat().st_size
    assert told["holds"]["environments"]["count"] == 1
    assert told["version"] == wheelwell.__version__


def test_info_shows_indexes_without_credentials(cache_dir: Path) -> None:
    shown = run(
        "info", "--cache-dir", cache_dir, PIP_INDEX_URL="https://me:secret@index.invalid/simple"
    )

    assert "https://index.invalid/simple" in shown
    assert "secret" not in shown
