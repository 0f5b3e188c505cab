"""A farm builds what one machine would, each thing once, whoever comes and goes."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import wheelwell
from support.farms import FarmProcesses, farming
from support.processes import processes_matching, wait_until
from support.projects import make_sdist, materialise
from wheelwell.errors import ConfigurationError, FarmError
from wheelwell.farm import Farm
from wheelwell.farm.connection import _reach, connect, parse_address
from wheelwell.outcome import Failure, Outcome, Result

pytestmark = pytest.mark.slow

PURE = ("one", "two", "three")

# Builds as before, but says that it has begun, and waits until it may go on.
WAIT = """
_build_wheel = build_wheel

def build_wheel(*arguments, **named):
    import os, subprocess, time
    with open({told!r}, "a") as told:
        told.write("begun\\n")
    child = subprocess.Popen(["sleep", "{number}"])
    while not os.path.exists({go!r}):
        time.sleep(0.01)
    child.kill()
    child.wait()
    with open({told!r}, "a") as told:
        told.write("done\\n")
    return _build_wheel(*arguments, **named)
"""


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmProcesses]:
    with farming(tmp_path_factory.mktemp("farm")) as started:
        yield started


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory of source archives that build."""
    links = tmp_path / "links"
    for name in PURE:
        make_sdist(materialise("pure", tmp_path / name, project={"name": name}), links)
    return links


@pytest.fixture
def cache(cache_dir: Path, links: Path) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"no-index": True, "find-links": [str(links)]})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


class Waiting:
    """A project whose build waits until it may go on, with a process that a test can find."""

    def __init__(self, directory: Path, links: Path, number: int) -> None:
        self.sleep = f"sleep\0{number}"
        self._told, self._go = directory / "told", directory / "go"
        tree = materialise("pure", directory / "waiting", project={"name": "waiting"})
        backend = tree / "tinybackend.py"
        wait = WAIT.format(told=str(self._told), go=str(self._go), number=number)
        backend.write_text(f"{backend.read_text()}\n{wait}")
        make_sdist(tree, links)

    def told(self) -> list[str]:
        """Return what builds of it have told, in order."""
        return self._told.read_text().splitlines() if self._told.exists() else []

    def go_on(self) -> None:
        self._go.touch()

    def worker(self) -> int:
        """Return the process that does the build."""
        wait_until(lambda: processes_matching(self.sleep))
        [process] = processes_matching(self.sleep)
        while "supervisor.py" not in command_of(process):
            process = parent_of(process)
        return parent_of(process)


def command_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def waiting(tmp_path: Path, links: Path, request: pytest.FixtureRequest) -> Waiting:
    return Waiting(tmp_path, links, 640 + hash(request.node.name) % 300)


def results(outcomes: Iterator[Outcome]) -> dict[str, Result]:
    return {outcome.request: outcome.result for outcome in outcomes}


def wheels(cache_dir: Path) -> list[str]:
    return sorted(path.name for path in cache_dir.glob("wheels-v1/*/*/*/*/*.whl"))


def test_a_farm_builds_everything_once_and_then_hits(
    farm: FarmProcesses, cache: wheelwell.WheelCache, cache_dir: Path
) -> None:
    wanted = [*PURE, "nosuch"]
    with Farm(farm.address, cache) as executor:
        found = results(cache.warm(wanted, executor=executor))
        again = results(cache.warm(wanted, executor=executor))
    assert found == {**dict.fromkeys(PURE, Result.BUILT), "nosuch": Result.FAILED}
    assert again == {**dict.fromkeys(PURE, Result.HIT), "nosuch": Result.FAILED}
    assert len(wheels(cache_dir)) == len(PURE)
    assert [cache.lookup(name) is not None for name in PURE] == [True] * 3  # under our own keys


def test_what_a_killed_worker_had_is_built_by_another_and_nothing_of_it_runs_on(
    farm: FarmProcesses, cache: wheelwell.WheelCache, cache_dir: Path, waiting: Waiting
) -> None:
    with Farm(farm.address, cache) as executor, ThreadPoolExecutor(1) as thread:
        warming = thread.submit(results, cache.warm([*PURE, "waiting"], executor=executor))
        worker = waiting.worker()
        [compiler] = processes_matching(waiting.sleep)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{compiler}").exists())
        wait_until(lambda: waiting.told() == ["begun", "begun"])
        waiting.go_on()
        found = warming.result(60)
    assert found == dict.fromkeys([*PURE, "waiting"], Result.BUILT)
    assert waiting.told() == ["begun", "begun", "done"]
    assert len(wheels(cache_dir)) == len(PURE) + 1
    assert not processes_matching(waiting.sleep)
    assert not list(cache_dir.glob("slots/*/*/*"))


def test_workers_may_come_and_go_and_a_scheduler_that_is_gone_is_told_of(
    tmp_path: Path,
    cache: wheelwell.WheelCache,
    waiting: Waiting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wheelwell.farm.connection.PATIENCE", 1.0)
    told: list[str] = []
    with (
        farming(tmp_path / "farm", workers=0) as farm,
        Farm(farm.address, cache, tell=told.append, warn=lambda _: None) as executor,
        ThreadPoolExecutor(1) as thread,
    ):
        warming = thread.submit(results, cache.warm(["waiting"], executor=executor))
        wait_until(lambda: told == [f"waiting for workers at {farm.address}"])
        farm.start_worker("late", "--no-nanny")
        worker = waiting.worker()
        os.kill(worker, signal.SIGKILL)
        farm.start_worker("later", "--no-nanny")
        wait_until(lambda: waiting.told() == ["begun", "begun"])
        assert waiting.worker() != worker
        waiting.go_on()
        assert warming.result(60) == {"waiting": Result.BUILT}

        outcomes = cache.warm(PURE, executor=executor)
        assert next(outcomes).result is Result.BUILT
        farm.scheduler.kill()
        left = [*outcomes]
    failures = [each for each in left if each.failure is Failure.INTERRUPTED]
    assert failures
    assert all(isinstance(each.error, FarmError) for each in failures)
    assert all("is gone" in each.error.message for each in failures if each.error)
    assert len(left) == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_the_command_ends_builds_on_workers_however_it_is_ended(
    farm: FarmProcesses, cache_dir: Path, links: Path, waiting: Waiting, how: signal.Signals
) -> None:
    command = [sys.executable, "-m", "wheelwell", "warm", "one", "waiting", "--farm", farm.address]
    command += ["--cache-dir", str(cache_dir), "--no-index", "--find-links", str(links)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "built     one" in process.stdout.readline()
        worker = waiting.worker()
        process.send_signal(how)
        said = process.stderr.read()
        assert process.wait(60) == (130 if how is signal.SIGINT else -signal.SIGKILL), said
    if how is signal.SIGINT:  # it waits for the worker to have ended it
        assert not processes_matching(waiting.sleep)
        assert "Traceback" not in said
    assert "building waiting" in said
    wait_until(lambda: not processes_matching(waiting.sleep))
    wait_until(lambda: not list(cache_dir.glob("slots/*/*/*")))
    assert Path(f"/proc/{worker}").exists()


def test_a_worker_that_cannot_build_for_us_is_named(
    farm: FarmProcesses, tmp_path: Path, cache: wheelwell.WheelCache
) -> None:
    older = tmp_path / "older.py"
    older.write_text("import wheelwell.version\nwheelwell.version.VERSION = '0.0.1'\n")
    late = farm.start_worker("older", "--preload", str(older))
    told: list[str] = []
    with Farm(farm.address, cache, warn=told.append) as executor:
        wait_until(lambda: (executor.room(), told)[1])
        assert results(cache.warm(PURE, executor=executor)) == dict.fromkeys(PURE, Result.BUILT)
    [warning] = told
    assert "the worker older (tcp://127.0.0.1:" in warning
    assert "has wheelwell 0.0.1, where " in warning
    with pytest.raises(FarmError, match=r"the worker older .* has wheelwell 0"):
        Farm(farm.address, cache)
    late.terminate()
    late.wait()


def test_a_farm_is_encrypted_as_dask_is(cache_dir: Path, links: Path, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    make_certificates(tmp_path / "strange")
    strange = ssl.create_default_context(cafile=str(tmp_path / "strange" / "ca.pem"))
    strange.check_hostname = False
    required = {**certificates, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    command = [sys.executable, "-m", "wheelwell", "warm", "one", "--cache-dir", str(cache_dir)]
    command += ["--no-index", "--find-links", str(links)]

    with farming(tmp_path / "farm", workers=1, protocol="tls", environ=required) as farm:
        address = parse_address(farm.address)
        assert address.is_encrypted
        with pytest.raises(ConfigurationError, match="names no certificates for tls://"):
            connect(address, warn=pytest.fail)
        with pytest.raises(FarmError, match="certificate verify failed"):
            _reach(address, strange, warn=pytest.fail)
        done = subprocess.run(
            [*command, "--farm", farm.address],
            env={**os.environ, **certificates},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, "built     one" in done.stdout) == (0, True), done.stderr


def make_certificates(directory: Path) -> dict[str, str]:
    """Make a CA, and a certificate that all use; return Dask's variables that name them."""

    directory.mkdir(exist_ok=True)

    def openssl(*words: str) -> None:
        command = ["openssl", *words]
        subprocess.run(command, cwd=directory, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *key, "-subj", "/CN=farm", "-keyout", "farm.key", "-out", "farm.csr")
    openssl(
        *("x509", "-req", "-in", "farm.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-out", "farm.pem"),
    )
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    return {
        f"{tls}CA_FILE": str(directory / "ca.pem"),
        **{
            f"{tls}{role}__{kind}": str(directory / f"farm.{ending}")
            for role in ("CLIENT", "SCHEDULER", "WORKER")
            for kind, ending in (("CERT", "pem"), ("KEY", "key"))
        },
    }
