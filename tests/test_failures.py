"""A build that failed is not begun again by those who waited for it, or for a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import wheelwell
from support.index import IndexServer
from support.processes import wait_until
from support.projects import BACKEND, make_sdist, materialise
from wheelwell.errors import BackendFailed, BuildError
from wheelwell.settings import Settings

pytestmark = pytest.mark.slow


class Steps(wheelwell.Reporter):
    def __init__(self) -> None:
        self.waiting = threading.Event()

    def began(self, step: str, subject: str) -> None:
        if step == "waiting":
            self.waiting.set()


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    """A source that waits for a file and fails then, and writes down that it was tried."""
    tree = materialise("pure", tmp_path)
    backend = tree / BACKEND.name
    more = f"""
import pathlib, time

def build_wheel(*_):
    with open({str(tmp_path / "tries")!r}, "a") as tries:
        print("tried", file=tries, flush=True)
    while not pathlib.Path({str(tmp_path / "go")!r}).exists():
        time.sleep(0.01)
    raise SystemExit("foo.h: No such file or directory")
"""
    backend.write_text(backend.read_text() + more)
    return make_sdist(tree, tmp_path)


@pytest.fixture
def cache(cache_dir: Path, index: IndexServer) -> Iterator[wheelwell.WheelCache]:
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        yield cache


def tries(tmp_path: Path) -> int:
    path = tmp_path / "tries"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_who_waited_for_a_build_that_fails_takes_its_failure(
    cache: wheelwell.WheelCache, sdist: Path, tmp_path: Path
) -> None:
    steps = Steps()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, str(sdist))
        wait_until(lambda: tries(tmp_path) == 1)
        second = pool.submit(cache.get, str(sdist), reporter=steps)
        assert steps.waiting.wait(60)
        (tmp_path / "go").touch()
        errors = [first.exception(), second.exception()]
    assert tries(tmp_path) == 1
    for error in errors:
        assert isinstance(error, BackendFailed)
        assert "foo.h" in error.message
        assert Path(str(error.log)).is_file()


def test_what_failed_is_tried_again_unless_its_failure_is_to_hold(
    cache: wheelwell.WheelCache, sdist: Path, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    for expected, within in ((1, 0.0), (2, 0.0), (2, 3600.0)):
        with pytest.raises(BuildError) as caught:
            cache.get(str(sdist), failed_within=within)
        assert tries(tmp_path) == expected
        assert (caught.value.failed_at is not None) is bool(within)
    settings = Settings(variables={"CFLAGS": "-O1"})
    with pytest.raises(BuildError):
        cache.get(str(sdist), failed_within=3600, settings=settings)
    assert tries(tmp_path) == 3, "another setting is another build"
    secret = replace(settings, secrets={"TOKEN": "opensesame"})
    with pytest.raises(BuildError):
        cache.get(str(sdist), failed_within=3600, settings=secret)
    assert tries(tmp_path) == 4, "a secret may be what was missing"
