"""The builder runs a backend in a slot, in the environment that it asks for, up to a good wheel."""

from __future__ import annotations

import gzip
import json
import os
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.builds import described, lines
from support.interpreters import interpreters
from support.processes import wait_until
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.builder import frontends
from wheelwell.builder.builder import _identity
from wheelwell.errors import BackendFailed, BuildError, BuildTimeout, Cancelled


class Steps(wheelwell.Reporter):
    """Keeps the steps that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def began(self, step: str, subject: str) -> None:
        self.told.append((step, subject))


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_wheel_is_for_the_interpreter_that_was_asked_for(
    version: str, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("c-extension", tmp_path)
    python = str(interpreters()[version])
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(tree), interpreter=python)
    digits = version.replace(".", "")
    assert f"-cp{digits}-cp{digits}-" in wheel.filename
    assert wheel.record is not None
    assert wheel.record.observed.python.startswith(f"{version}.")
    assert any(name.endswith(".so") for name in wheel.record.native)


def test_pip_builds_the_same_wheel_where_there_is_no_uv(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = materialise("c-extension", tmp_path)
    with wheelwell.open_cache(cache_dir) as cache:
        by_uv = cache.get(str(tree))
    monkeypatch.setattr(frontends, "find_uv", lambda _: None)
    with wheelwell.open_cache(tmp_path / "other") as cache:
        by_pip = cache.get(str(tree))
    assert by_uv.record is not None
    assert by_pip.record is not None
    assert "uv" in by_uv.record.observed.frontend
    assert "pip" in by_pip.record.observed.frontend
    assert by_pip.key == by_uv.key
    assert contents(by_pip.path).keys() == contents(by_uv.path).keys()


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_was_observed_is_written_down(tmp_path: Path, cache_dir: Path) -> None:
    links = tmp_path / "links"
    make_wheel(links, "tinyreq", "1.0")
    tree = materialise("pure", tmp_path, build_system={"requires": ["tinyreq"]}, sleep=0.05)
    settings = wheelwell.load_configuration({"no-index": True, "find-links": [str(links)]})
    with wheelwell.open_cache(cache_dir, configuration=settings) as cache:
        record = cache.get(str(tree)).record
    assert record is not None
    observed = record.observed
    assert observed.requirements == {"tinyreq": "1.0"}
    assert observed.python == described(sys.executable).version
    assert 0.05 <= observed.seconds < 120
    assert 0 < observed.cpu_seconds < 120
    assert 1_000_000 < observed.peak_memory < 4_000_000_000
    assert observed.frontend.startswith("build 1.")


def test_whole_log_is_kept_with_the_wheel(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("pure", tmp_path, chatter=2000)
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(tree))
    log = gzip.decompress((wheel.path.parent / "build.log.gz").read_bytes()).decode()
    assert log.count("chatter line ") == 2000


def test_log_of_a_failed_build_is_kept(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("backend-raises", tmp_path, chatter=3)
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(BuildError) as caught:
        cache.get(str(tree))
    assert caught.value.log is not None
    assert "chatter line 2\n" in Path(caught.value.log).read_text()


def test_steps_are_told_in_their_order(tmp_path: Path, cache_dir: Path) -> None:
    steps = Steps()
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(materialise("pure", tmp_path)), reporter=steps)
    order = [step for step, _ in steps.told]
    wanted = [step for step in order if step in {"preparing", "building", "checking"}]
    assert wanted == ["preparing", "building", "checking"]
    assert ("building", "pure 1.0") in steps.told


def test_build_runs_in_a_copy_at_a_stable_place(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("environ-shown", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}
    places = []
    with wheelwell.open_cache(cache_dir) as cache:
        for _ in range(2):
            wheel = cache.get(str(tree), rebuild=True)
            call = json.loads(contents(wheel.path)["environ_shown/_call.json"])
            places.append(call["directory"])
    assert places[0] == places[1]
    assert places[0].startswith(str(cache_dir / "slots" / "environ-shown" / "0"))
    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*")} == before


def test_builds_at_once_run_in_places_of_their_own(tmp_path: Path, cache_dir: Path) -> None:
    together = tmp_path / "together"
    builds = tmp_path / "builds"
    trees = [
        materialise(
            "pure",
            tmp_path / str(number),
            project={"version": f"{number}.0"},
            count=str(builds),
            wait_for=str(together),
        )
        for number in (1, 2)
    ]
    wheels: dict[int, wheelwell.Wheel] = {}
    with wheelwell.open_cache(cache_dir) as cache:

        def get(number: int) -> None:
            wheels[number] = cache.get(str(trees[number]))

        threads = [threading.Thread(target=get, args=(n,), daemon=True) for n in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: lines(builds) == 2)
        assert sorted(path.name for path in (cache_dir / "slots" / "pure").iterdir()) == ["0", "1"]
        together.touch()
        for thread in threads:
            thread.join()
    assert sorted(wheel.version for wheel in wheels.values()) == ["1.0", "2.0"]


def test_date_of_the_source_is_the_build_s(tmp_path: Path, cache_dir: Path) -> None:
    sdist = make_sdist(materialise("pure", tmp_path), tmp_path)
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(sdist))
    with zipfile.ZipFile(wheel.path) as archive:
        assert archive.infolist()[0].date_time[:3] == (2020, 9, 13)


@pytest.mark.parametrize("choice", ["cancel", "timeout"])
def test_asking_for_a_version_can_be_ended_too(
    choice: str, tmp_path: Path, cache_dir: Path
) -> None:
    """A backend that only tells its version may hang as well."""
    tree = materialise("dynamic-version", tmp_path, build_system={"build-backend": "hanging"})
    (tree / "hanging.py").write_text(
        "from tinybackend import *\nimport time\n"
        "def prepare_metadata_for_build_wheel(*_): time.sleep(600)"
    )
    cancelled = threading.Event()
    if choice == "cancel":
        cancelled.set()
    choices: dict[str, Any] = {"cancel": cancelled} if choice == "cancel" else {"timeout": 0.5}
    kind = Cancelled if choice == "cancel" else BuildTimeout
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(kind):
        cache.get(str(tree), **choices)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("Name: pure\n", "no version"),
        ("Name: pure\nVersion: one\n", "no version"),
        ("Version: 1.0\n", "no name"),
        ("", "no version"),
    ],
)
def test_metadata_without_name_or_version_is_refused(metadata: str, told: str) -> None:
    with pytest.raises(BackendFailed, match=told):
        _identity(metadata, ())


def test_metadata_gives_the_canonical_name_and_version() -> None:
    text = "Metadata-Version: 2.2\nName: Some.Thing\nVersion: 1.0-RC1\nRequires-Python: >=3.9\n"
    found = _identity(text, ("c",))
    assert (found.name, found.version) == ("some-thing", "1.0rc1")
    assert (found.requires_python, found.languages) == (">=3.9", ("c",))
    assert os.sep not in found.name
