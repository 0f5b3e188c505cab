"""A warm-up goes on where it was, whenever it was ended, and does nothing twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.index import IndexServer
from support.projects import BACKEND, make_sdist, make_wheel, materialise

pytestmark = pytest.mark.slow

KILLS = 20
PROJECTS = 16


@pytest.fixture
def add(index: IndexServer, tmp_path: Path) -> Callable[..., None]:
    """Adds a source to the index, whose builds are counted."""

    def _add(name: str, *, version: str = "1.0", more: str = "") -> None:
        project = {"name": name, "version": version}
        tree = materialise(
            "pure", tmp_path / f"{name}-{version}", project=project, count=str(tmp_path / name)
        )
        backend = tree / BACKEND.name
        backend.write_text(backend.read_text() + more)
        index.add(make_sdist(tree, tmp_path))

    return _add


@pytest.fixture
def warm(index: IndexServer, cache_dir: Path) -> list[str]:
    """The command, up to what is wanted."""
    return [
        *(sys.executable, "-m", "wheelwell", "warm", "--index-url", index.url),
        *("--cache-dir", str(cache_dir), "--python", sys.executable),
    ]


def run(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def builds(count: Path) -> int:
    return len(count.read_text().splitlines()) if count.exists() else 0


def plans(cache_dir: Path) -> list[Path]:
    return [*(cache_dir / "plans").iterdir()]


def resumed(cache_dir: Path) -> list[str]:
    return [sys.executable, "-m", "wheelwell", "warm", "--resume", "--cache-dir", str(cache_dir)]


def test_killed_at_random_moments_it_builds_nothing_twice(
    add: Callable[..., None], warm: list[str], cache_dir: Path, tmp_path: Path
) -> None:
    names = [f"project{number}" for number in range(PROJECTS)]
    for name in names:
        add(name)
    seed = time.time_ns()
    moments = random.Random(seed)
    command = [*warm, *(f"{name}==1.0" for name in names)]
    settled: dict[str, int] = {}  # how often each had been begun when it was there
    for _ in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.1, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for record in cache_dir.glob("wheels-v1/*/*/*/record.json"):
            name = record.parents[2].name
            settled.setdefault(name, builds(tmp_path / name))
    done = run([*command, "--report", "report.json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert {name: builds(tmp_path / name) for name in settled} == settled, seed
    report = json.loads((tmp_path / "report.json").read_text())
    assert {each["request"] for each in report["outcomes"]} == {f"{name}==1.0" for name in names}
    assert {each["result"] for each in report["outcomes"]} <= {"built", "hit"}


def interrupt(command: list[str], directory: Path) -> None:
    """Run a command whose second build waits for ever, and kill it then."""
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)


WAITING = "\nimport os, time\nwhile os.path.exists({path!r}):\n    time.sleep(0.01)\n"


@pytest.fixture
def stopped(
    add: Callable[..., None], warm: list[str], cache_dir: Path, tmp_path: Path
) -> list[str]:
    """A warm-up of a list that is not locked, killed when the first of two wheels was there."""
    gate = tmp_path / "gate"
    gate.touch()
    add("quick")
    add("slow", more=WAITING.format(path=str(gate)))
    (tmp_path / "list.txt").write_text("quick\nslow\n")
    command = [*warm, "-r", "list.txt", "--no-binary", ":all:", "--rebuild", "--jobs", "2"]
    interrupt(command, tmp_path)
    gate.unlink()
    assert builds(tmp_path / "quick") == 1
    return command


def test_the_same_command_takes_the_versions_that_it_took_before(
    stopped: list[str], add: Callable[..., None], tmp_path: Path
) -> None:
    add("quick", version="2.0")
    done = run(stopped, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "going on with the warm-up begun" in done.stderr
    assert "1 of 2 are there" in done.stderr
    assert builds(tmp_path / "quick") == 1, "it is not built again, though all was to be"
    assert "quick==2.0" in run(stopped, tmp_path).stdout, "what is over begins anew"


def test_a_list_that_says_something_else_begins_anew(stopped: list[str], tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("quick\n")
    done = run(stopped, tmp_path)
    assert "going on" not in done.stderr
    assert builds(tmp_path / "quick") == 2


def test_resume_goes_on_from_anywhere_without_naming_anything(
    stopped: list[str], cache_dir: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = resumed(cache_dir)
    done = run([*command, "--report", "report.json"], elsewhere)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "report.json").exists(), "a path is from where it is said"
    assert builds(tmp_path / "quick") == 1
    done = run([*command, "--no-binary", "x"], elsewhere)
    assert done.returncode == 2
    assert "takes nothing else (--no-binary, --only-binary or --pre)" in done.stderr


def test_a_line_that_was_cut_short_is_no_line(
    stopped: list[str], cache_dir: Path, tmp_path: Path
) -> None:
    [plan] = plans(cache_dir)
    with plan.open("a") as file:
        file.write('{"done": "slow==1.0 for')
    done = run(stopped, tmp_path)
    assert "1 of 2 are there" in done.stderr
    assert done.returncode == 0


def test_a_failure_is_not_tried_again_unless_that_is_asked_for_or_something_has_changed(
    add: Callable[..., None], warm: list[str], cache_dir: Path, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    add("broken", more=f"\nopen({str(tries)!r}, 'a').write('x\\n')\nraise SystemExit('foo.h')\n")
    command = [*warm, "broken==1.0"]
    for words, expected in (
        (command, 1),
        (command, 1),
        (resumed(cache_dir), 1),
        ([*resumed(cache_dir), "--retry-failed"], 2),
        ([*command, "--env", "CFLAGS=-O1"], 3),
    ):
        done = run(words, tmp_path)
        assert done.returncode == 1
        assert "foo.h" in done.stderr
        assert builds(tries) == expected, words


def test_what_upstream_had_is_not_asked_for_again(
    add: Callable[..., None], index: IndexServer, warm: list[str], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    index.add(make_wheel(tmp_path, "theirs", "1.0"))
    add("slow", more=WAITING.format(path=str(gate)))
    command = [*warm, "theirs==1.0", "slow==1.0", "--jobs", "2"]
    interrupt(command, tmp_path)
    gate.unlink()
    asked = len(index.requests)
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "upstream" in done.stdout
    assert not [each for each in index.requests[asked:] if "theirs" in str(each)]


def test_credentials_are_not_kept_and_nothing_is_resumed_without_them(
    cache_dir: Path, tmp_path: Path
) -> None:
    with IndexServer(credentials=("correct-horse", "battery")) as index:
        tree = materialise("pure", tmp_path / "tree")
        index.add(make_sdist(tree, tmp_path))
        command = [sys.executable, "-m", "wheelwell", "warm", "pure==1.0"]
        command += ["--index-url", index.url_with_credentials, "--cache-dir", str(cache_dir)]
        assert run(command, tmp_path).returncode == 0
        [plan] = plans(cache_dir)
        assert "correct-horse" not in plan.read_text()
        assert "battery" not in plan.read_text()
        done = run(resumed(cache_dir), tmp_path)
    assert done.returncode == 2
    assert "credentials, which are not kept" in done.stderr


def test_where_nothing_was_begun_that_is_said(cache_dir: Path, tmp_path: Path) -> None:
    done = run(resumed(cache_dir), tmp_path)
    assert done.returncode == 2
    assert "no warm-up was begun in" in done.stderr
