"""`wheelwell explain`: what is printed, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.projects import make_sdist, materialise
from wheelwell.cli import exits, main

Explain = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return make_sdist(materialise("pure", tmp_path / "projects"), tmp_path)


@pytest.fixture
def run(cache_dir: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Runs a command; returns its exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([*map(str, arguments), "--cache-dir", str(cache_dir)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def told(output: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(output)
    return value


def test_a_hit_exits_with_0_and_names_the_wheel(run: Explain, sdist: Path) -> None:
    _, path, _ = run("get", sdist)
    status, output, _ = run("explain", sdist)

    assert status == exits.DONE
    assert path.strip() in output
    assert "a hit" in output.splitlines()[0]


def test_a_miss_exits_with_3_and_names_what_differs(run: Explain, sdist: Path) -> None:
    run("get", sdist)
    status, output, _ = run("explain", sdist, "--env", "CFLAGS=-O3")

    assert status == exits.NOT_IN_CACHE
    assert "the variable CFLAGS: wanted -O3, found none" in output
    assert "\nkey " in output


def test_the_key_that_is_told_is_that_of_the_build(run: Explain, sdist: Path) -> None:
    _, before, _ = run("explain", sdist, "--json", "-C", "opt=1")
    _, wheel, _ = run("get", sdist, "--json", "-C", "opt=1")
    _, after, _ = run("explain", sdist, "--json", "-C", "opt=1")

    assert told(before)["key"] == told(wheel)["key"] == told(after)["key"]
    assert (told(before)["hit"], told(after)["hit"]) == (False, True)
    assert told(after)["path"] == told(wheel)["path"]


def test_nothing_is_built(run: Explain, tmp_path: Path, cache_dir: Path) -> None:
    builds = tmp_path / "builds"
    tree = materialise("pure", tmp_path, count=str(builds))
    run("explain", tree)

    assert not builds.exists()
    assert not [*cache_dir.glob("wheels-v1/*/*/*")]


def test_a_variable_that_is_withheld_is_named_with_its_switch(
    run: Explain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = materialise("pure", tmp_path)
    (tree / "setup.py").write_text("import os\nFAST = os.environ.get('MY_FAST_BUILD')\n")
    monkeypatch.setenv("MY_FAST_BUILD", "1")
    _, output, _ = run("explain", tree)
    _, given, _ = run("explain", tree, "--env", "MY_FAST_BUILD")

    assert "--env MY_FAST_BUILD" in output
    assert "not in it" not in given


def test_all_requests_are_explained_and_the_gravest_outcome_is_told(
    run: Explain, sdist: Path, tmp_path: Path
) -> None:
    run("get", sdist)
    status, output, error = run("explain", sdist, tmp_path / "nothing.tar.gz", "--json")

    assert status == exits.FAILED
    assert told(output)["hit"]
    assert "nothing.tar.gz" in error


def test_nothing_asked_for_is_a_mistake(run: Explain) -> None:
    status, _, error = run("explain")

    assert status == exits.USAGE
    assert "nothing is asked for" in error
