"""`wheelwell export` and `wheelwell import` as their users see them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.exports import damage, stored
from support.projects import make_sdist, materialise
from support.values import PURE
from wheelwell.settings import Settings

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(cache_dir: Path, tmp_path: Path) -> Run:
    """Runs the command in a directory of its own."""
    (tmp_path / "here").mkdir()

    def run(
        *arguments: str | Path, stdin: int | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wheelwell", *map(str, arguments)],
            cwd=tmp_path / "here",
            env={**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir), "PIP_NO_INDEX": "1", **more},
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_paths_go_to_stdout_and_what_is_not_in_the_cache_exits_with_3(
    run: Run, tmp_path: Path
) -> None:
    sdist = make_sdist(materialise("pure", tmp_path / "tree"), tmp_path)
    other = make_sdist(materialise("c-extension", tmp_path / "tree"), tmp_path)
    run("get", sdist)

    done = run("export", sdist, other, "-o", "out")

    assert done.returncode == 3
    assert done.stdout == "out/pure-1.0-py3-none-any.whl\n"
    assert "wheelwell get" in done.stderr
    assert "built" not in done.stderr.replace("builds it", "")


def test_a_tar_goes_through_a_pipe_into_another_cache(
    run: Run, cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    environ = {**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)}
    command = [sys.executable, "-m", "wheelwell", "export", "--all", "--to", "tar", "-o", "-"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as exporting:
        assert exporting.stdout is not None
        done = run("import", "-", "--cache-dir", tmp_path / "new", stdin=exporting.stdout.fileno())
        exporting.stdout.close()

    assert exporting.returncode == 0
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1 imported, 0 refused, 0 here already\n"
    assert list((tmp_path / "new/wheels-v1/foo").rglob("*.whl"))


def test_a_refused_entry_is_told_of_the_others_imported_and_the_exit_code_1(
    run: Run, cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    stored(cache_dir, "bar")
    run("export", "--all", "--to", "tar", "-o", "a.tar")
    tar = tmp_path / "here/a.tar"
    content = tar.read_bytes()
    place = content.index(b"foo/__init__.py")
    tar.write_bytes(content[:place] + b"b" + content[place + 1 :])

    done = run("import", "a.tar", "--json", "--cache-dir", tmp_path / "new")

    assert done.returncode == 1
    outcomes = {each["outcome"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert outcomes.keys() == {"imported", "refused"}
    assert "hashes to" in outcomes["refused"]["why"]
    assert Path(outcomes["imported"]["path"]).name.startswith("bar-")


def test_what_is_no_tar_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "here/a.tar").write_text("hello")

    done = run("import", "a.tar")

    assert done.returncode == 1
    assert done.stderr.startswith("error: a.tar: it is no tar of entries of wheelwell\n")


def test_each_wheel_is_a_json_object(run: Run, cache_dir: Path, tmp_path: Path) -> None:
    entry = stored(cache_dir)

    done = run("export", "--pattern", "foo", "-o", "out", "--json")

    assert json.loads(done.stdout) == {
        "name": "foo",
        "version": "1.0",
        "filename": entry.record.filename,
        "path": f"{tmp_path}/here/out/{entry.record.filename}",
        "sha256": entry.record.sha256,
        "key": entry.record.key,
        "new": True,
        "degraded": "no",
    }


def test_a_damaged_wheel_is_told_of_and_the_others_exported(
    run: Run, cache_dir: Path, tmp_path: Path
) -> None:
    bad = stored(cache_dir)
    stored(cache_dir, "bar")
    damage(bad.path)

    done = run("export", "--all", "-o", "out")

    assert done.returncode == 1
    assert bad.record.sha256 in done.stderr
    assert os.listdir(tmp_path / "here/out") == ["bar-1.0-py3-none-any.whl"]


def test_a_degraded_wheel_is_warned_of_or_refused(
    run: Run, cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir, degraded="yes")

    refused = run("export", "--all", "-o", "none", "--require-native")
    warned = run("export", "--all", "-o", "out")

    assert (refused.returncode, refused.stdout) == (4, "")
    assert os.listdir(tmp_path / "here/none") == []
    assert warned.returncode == 0
    assert "degraded" in warned.stderr
    assert "error: no compiler" in warned.stderr


def test_another_build_of_the_same_name_is_left_out_without_being_an_error(
    run: Run, cache_dir: Path
) -> None:
    stored(cache_dir, content="a")
    other = replace(PURE, settings=Settings(variables={"CFLAGS": "-O0"}))
    stored(cache_dir, content="b", keyed=other, built_at="2025-01-01T00:00:00+00:00")

    done = run("export", "--all", "-o", "out")

    assert done.returncode == 0
    assert "left out: another build of foo-1.0" in done.stderr
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out"], "nothing is asked for"),
        (["--all"], "where to is not said"),
        (["--all", "-o", "-"], "only a tar"),
        (["--all", "-o", "x", "--to", "zip"], "invalid choice"),
        (["--pattern", "a/b", "-o", "x"], "no pattern"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    arguments: list[str], said: str, run: Run, tmp_path: Path
) -> None:
    done = run("export", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert not list((tmp_path / "here").rglob("*.whl"))


def test_a_pattern_that_means_nothing_exits_with_3(run: Run) -> None:
    done = run("export", "--pattern", "foo", "-o", "out")

    assert (done.returncode, done.stdout) == (3, "")


def test_nothing_is_imported_where_the_cache_cannot_be_used(
    run: Run, cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    run("export", "--all", "--to", "tar", "-o", "a.tar")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)

    done = run("import", "a.tar", "--cache-dir", tmp_path / "open")

    assert done.returncode == 1
    assert done.stderr.startswith(f"error: nothing can be imported into {tmp_path}/open: ")
    assert done.stdout == ""
    assert list((tmp_path / "open").iterdir()) == []
