"""A warm-up leaves every wheel that can be had, tells of every one that cannot, and runs on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import wheelwell
from support.index import IndexServer
from support.processes import processes_matching, wait_until
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.builder.frontends import find_uv
from wheelwell.errors import InterpreterError, SourceError, UsageError
from wheelwell.lists.wanted import Wanted
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.request import Request, parse_request
from wheelwell.schedule import Room, Standing
from wheelwell.warm.outlook import Outlook
from wheelwell.warm.policy import Policy
from wheelwell.warm.run import Watch
from wheelwell.warm.task import Task

pytestmark = pytest.mark.slow

HERE = sys.executable
ROOM = Room(slots=2, cores=2)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with a source archive, one that does not build, and one that has a wheel too."""
    with IndexServer() as server:
        for name in ("pure", "Dotted.Name_With-Capitals"):
            tree = materialise(name, tmp_path / name)
            server.add(make_sdist(tree, tmp_path))
        broken = materialise("pure", tmp_path / "broken", project={"name": "broken"})
        backend = broken / "tinybackend.py"
        backend.write_text(f"{backend.read_text()}\nraise SystemExit('no such header: foo.h')\n")
        server.add(make_sdist(broken, tmp_path))
        both = materialise("pure", tmp_path / "both", project={"name": "both"})
        server.add(make_sdist(both, tmp_path))
        server.add(make_wheel(tmp_path, name="both", version="1.0"))
        yield server


@pytest.fixture
def cache(cache_dir: Path, index: IndexServer) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


def results(outcomes: Iterator[Outcome]) -> dict[str, Result]:
    return {outcome.request: outcome.result for outcome in outcomes}


def test_what_can_be_had_is_and_a_failure_stops_nothing(cache: wheelwell.WheelCache) -> None:
    wanted = ["pure==1.0", "broken==1.0", "both==1.0", "nosuch==1.0"]
    found = {outcome.request: outcome for outcome in cache.warm(wanted, room=ROOM)}

    assert {name: outcome.result for name, outcome in found.items()} == {
        "pure==1.0": Result.BUILT,
        "broken==1.0": Result.FAILED,
        "both==1.0": Result.UPSTREAM,
        "nosuch==1.0": Result.FAILED,
    }
    assert found["broken==1.0"].failure is Failure.COMPILE
    assert found["nosuch==1.0"].failure is Failure.SOURCE
    error = found["broken==1.0"].error
    assert error is not None
    assert "no such header" in error.message
    assert Path(str(error.log)).is_file()


def test_what_is_there_is_not_built_again(cache: wheelwell.WheelCache) -> None:
    assert results(cache.warm(["pure==1.0"])) == {"pure==1.0": Result.BUILT}
    assert results(cache.warm(["pure==1.0"])) == {"pure==1.0": Result.HIT}


def test_a_policy_says_what_is_built(cache: wheelwell.WheelCache) -> None:
    never = Policy(never_built=frozenset({"pure"}))
    [outcome] = cache.warm(["pure==1.0"], policy=never)
    assert outcome.result is Result.FAILED
    always = Policy(built=frozenset({":all:"}))
    assert results(cache.warm(["both==1.0"], policy=always)) == {"both==1.0": Result.BUILT}


def test_a_list_is_believed_about_what_upstream_has(cache: wheelwell.WheelCache) -> None:
    request = parse_request("nosuch==1.0")
    fits = Wanted(request=request, filenames=("nosuch-1.0-py3-none-any.whl",))
    assert results(cache.warm([fits])) == {"nosuch==1.0": Result.UPSTREAM}
    other = Wanted(request=request, filenames=("nosuch-1.0-cp27-cp27m-win32.whl",))
    assert results(cache.warm([other])) == {"nosuch==1.0": Result.FAILED}


def test_a_marker_decides_for_each_python(cache: wheelwell.WheelCache) -> None:
    assert results(cache.warm(["pure==1.0; python_version < '3'"])) == {}


def test_a_python_that_is_not_there_is_told_before_anything_begins(
    cache: wheelwell.WheelCache,
) -> None:
    with pytest.raises(InterpreterError):
        cache.warm(["pure==1.0"], interpreters=["/nowhere/python"])
    with pytest.raises(UsageError):
        cache.warm(["==1"])


class Noting(Watch):
    """Notes what a watch is told."""

    def __init__(self) -> None:
        self.started_: dict[str, float | None] = {}
        self.standings: list[Standing] = []
        self.steps: list[str] = []

    def started(self, task: Task, cores: int, seconds: float | None) -> None:
        self.started_[task.wanted.request.text] = seconds

    def progressed(self, standing: Standing) -> None:
        self.standings.append(standing)

    def reporter(self, task: Task) -> wheelwell.Reporter:
        noting = self

        class Steps(wheelwell.Reporter):
            def began(self, step: str, subject: str) -> None:
                noting.steps.append(step)

        return Steps()


def test_a_watch_hears_what_begins_and_how_far_it_is(cache: wheelwell.WheelCache) -> None:
    noted = Noting()
    one = Room(slots=1, cores=1)
    wanted = ["pure==1.0", "nosuch==1.0"]
    found = {each.request: each for each in cache.warm(wanted, room=one, watch=noted)}
    assert noted.started_ == dict.fromkeys(wanted)
    assert "building" in noted.steps
    assert [*dict.fromkeys((len(each.running), each.queued) for each in noted.standings)] == [
        (1, 1),
        (1, 0),
        (0, 0),
    ]

    again = Noting()
    list(cache.warm(["pure"], room=one, watch=again))
    wheel = found["pure==1.0"].wheel
    assert wheel is not None
    assert wheel.record is not None
    observed = wheel.record.observed
    assert again.started_ == {"pure": observed.seconds}
    assert cache.expected("pure") == (observed.seconds, observed.peak_memory)
    assert cache.expected("nosuch") == cache.expected("") == (None, 0)


class Careless(Executor):
    """An executor that does everything twice."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(4)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._threads.submit(fn, *args, **kwargs)
        return self._threads.submit(fn, *args, **kwargs)

    def shutdown(self, *arguments: Any, **named: Any) -> None:
        self._threads.shutdown(*arguments, **named)


def test_an_executor_that_does_things_twice_does_no_harm(
    cache: wheelwell.WheelCache, cache_dir: Path
) -> None:
    with Careless() as executor:
        found = results(cache.warm(["pure==1.0", "dotted-name-with-capitals"], executor=executor))
    assert set(found.values()) <= {Result.BUILT, Result.HIT}
    assert len(list(cache_dir.glob("wheels-v1/*/*/*/record.json"))) == 2
    assert len(list(cache_dir.glob("wheels-v1/*/*/*/*/*.whl"))) == 2


def test_who_stops_to_listen_ends_what_runs(
    cache: wheelwell.WheelCache, cache_dir: Path, tmp_path: Path
) -> None:
    tree = materialise("pure", tmp_path / "slow")
    backend = tree / "tinybackend.py"
    backend.write_text(f"{backend.read_text()}\nimport os; os.system('sleep 617')\n")
    cancel = threading.Event()
    outcomes = cache.warm([str(tree), "nosuch==1.0"], room=ROOM, cancel=cancel)
    assert next(outcomes).result is Result.FAILED
    wait_until(lambda: processes_matching("sleep 617"))
    outcomes.close()
    assert not processes_matching("sleep 617")
    assert not list(cache_dir.glob("slots/*/*/*"))


def test_the_command_prints_a_line_each_and_writes_reports(
    index: IndexServer, cache_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(f"--index-url {index.url}\npure==1.0\nbroken==1.0\n")
    command = [sys.executable, "-m", "wheelwell", "warm", "-r", "list.txt", "both==1.0"]
    command += ["--cache-dir", str(cache_dir), "--python", HERE, "--jobs", "2"]
    reports = ["--report", "r.json", "--junit", "r.xml", "--summary", "r.md"]

    dry = run([*command, "--dry-run"], tmp_path)
    assert dry.returncode == 0, dry.stderr
    assert dry.stdout.count("to build") == 2
    assert not list(cache_dir.glob("wheels-v1/*"))

    done = run([*command, *reports], tmp_path)

    assert done.returncode == 1
    assert sorted(line.split()[1] for line in done.stdout.splitlines()) == [
        "FAILED",
        "built",
        "upstream",
    ]
    assert "no such header" in done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["counts"]["built"] == report["counts"]["failed"] == 1
    assert {each["request"] for each in report["outcomes"]} == {
        "pure==1.0",
        "broken==1.0",
        "both==1.0",
    }
    suite = ET.parse(tmp_path / "r.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert "| `broken==1.0` |" in (tmp_path / "r.md").read_text()


def test_what_makes_no_sense_is_told_before_anything_begins(tmp_path: Path) -> None:
    warm = [sys.executable, "-m", "wheelwell", "warm"]
    for arguments in ([], ["--jobs", "0", "x"], ["x", "--no-binary", "a b"], ["uv.lock"]):
        done = run([*warm, *arguments], tmp_path)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""


def run(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


@pytest.fixture(params=["uv", "pip"])
def resolver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What resolves: uv, or pip where uv is not to be found."""
    if request.param == "pip":
        monkeypatch.setattr("wheelwell.builder.frontends.find_uv", lambda _: None)
    elif find_uv(os.environ) is None:
        pytest.skip("uv is not here")
    return str(request.param)


def test_what_is_not_locked_is_resolved_with_all_that_it_needs(
    resolver: str, cache: wheelwell.WheelCache, index: IndexServer, tmp_path: Path
) -> None:
    tree = materialise("pure", tmp_path / "needy", project={"name": "needy"})
    pyproject = tree / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(text.replace("[project]", '[project]\ndependencies = ["both"]', 1))
    index.add(make_sdist(tree, tmp_path))

    found = cache.resolve(["needy>=0.5", "pure; python_version < '3'"], interpreter=HERE)

    assert sorted(each.request.text for each in found) == ["both==1.0", "needy==1.0"], resolver
    assert all(each.request.pin for each in found)


def test_constraints_count_and_what_does_not_go_together_is_told(
    resolver: str, cache: wheelwell.WheelCache
) -> None:
    constraints = [parse_request("both<1")]
    with pytest.raises(SourceError, match="no versions that go together"):
        cache.resolve(["both"], constraints=constraints)
    assert resolver


def test_all_can_be_installed_from_the_wheelhouse_alone(
    index: IndexServer, cache_dir: Path, tmp_path: Path
) -> None:
    house = tmp_path / "house"
    command = [sys.executable, "-m", "wheelwell", "warm", "pure==1.0", "both==1.0"]
    command += ["--cache-dir", str(cache_dir), "--index-url", index.url, "--python", HERE]
    for _ in range(2):
        done = run([*command, "--wheelhouse", str(house)], tmp_path)
        assert done.returncode == 0, done.stderr
    assert len(list(house.glob("*.whl"))) == 2
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(house)]
    done = run([*pip, "--target", str(tmp_path / "site"), "pure", "both"], tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_table_of_a_project_may_leave_it_out_and_say_why(
    index: IndexServer, cache_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.wheelwell.packages.pure]\nskip = true\nwhy = "it is not ours"\n'
        "[tool.wheelwell.packages.broken]\nexclusive = true\n"
    )
    command = [sys.executable, "-m", "wheelwell", "warm", "pure==1.0", "both==1.0", "broken==1.0"]
    command += ["--cache-dir", str(cache_dir), "--index-url", index.url, "--python", HERE]
    done = run(command, tmp_path)
    assert "skipped   pure==1.0" in done.stdout, done.stderr
    assert "it is not ours" in done.stdout
    assert done.returncode == 1


def test_an_interrupted_run_has_a_report_of_what_was_done(
    index: IndexServer, cache_dir: Path, tmp_path: Path
) -> None:
    tree = materialise("pure", tmp_path / "slow")
    backend = tree / "tinybackend.py"
    backend.write_text(f"{backend.read_text()}\nimport os; os.system('sleep 618')\n")
    command = [sys.executable, "-m", "wheelwell", "warm", str(tree), "both==1.0"]
    command += ["--cache-dir", str(cache_dir), "--index-url", index.url, "--python", HERE]
    command += ["--jobs", "2", "--report", "r.json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "upstream" in process.stdout.readline()
        wait_until(lambda: processes_matching("sleep 618"))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert not processes_matching("sleep 618")
    report = json.loads((tmp_path / "r.json").read_text())
    assert [each["result"] for each in report["outcomes"]] == ["upstream"]


def test_what_seems_to_take_longest_goes_first_and_upstream_s_sources_are_not_fetched(
    cache: wheelwell.WheelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesses = {"broken": 3.0, "dotted-name-with-capitals": 9.0}
    looked: list[str] = []

    def guess(request: Request, **_: Any) -> float:
        looked.append(request.name)
        return guesses[request.name]

    def told(self: Outlook) -> dict[str, float]:
        wait(self._underway)
        return of_itself(self)

    of_itself = Outlook.told
    monkeypatch.setattr(cache, "guess", guess)
    monkeypatch.setattr(Outlook, "told", told)
    requests = ["pure==1.0", "broken==1.0", "both==1.0", "dotted.name-with-capitals"]
    one = Room(slots=1, cores=1)
    order = [outcome.request for outcome in cache.warm(requests, interpreters=[HERE], room=one)]
    first, *others = order
    assert first == "pure==1.0"  # when it began nothing was known
    assert others == ["dotted.name-with-capitals", "both==1.0", "broken==1.0"]
    assert sorted(looked) == sorted(guesses)
