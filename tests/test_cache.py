"""The cache as a library: a wheel is built once, and found afterwards."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.index import IndexServer
from support.interpreters import interpreters
from support.processes import wait_until
from support.projects import make_sdist, materialise
from wheelwell.errors import (
    BackendFailed,
    Cancelled,
    InvalidSource,
    NoMatchingSource,
    NotInCache,
)
from wheelwell.options import Choices, Options
from wheelwell.wheel import Origin


class Told(wheelwell.Reporter):
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.warnings: list[str] = []

    def began(self, step: str, subject: str) -> None:
        self.steps.append(step)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A file with a line for each wheel that a backend built."""
    return tmp_path / "builds"


@pytest.fixture
def project(tmp_path: Path, builds: Path) -> Callable[..., Path]:
    """Materialises a fixture whose builds are counted."""

    def make(name: str, **knobs: Any) -> Path:
        return materialise(name, tmp_path / "projects", count=str(builds), **knobs)

    return make


@pytest.fixture
def sdist(project: Callable[..., Path], tmp_path: Path) -> Path:
    """The source archive of a pure project."""
    return make_sdist(project("pure"), tmp_path)


def count(builds: Path) -> int:
    return len(builds.read_text().splitlines()) if builds.exists() else 0


def test_a_wheel_is_built_once_and_found_afterwards(
    cache_dir: Path, sdist: Path, builds: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(str(sdist))
        second = cache.get(str(sdist))

    assert (first.origin, second.origin) == (Origin.BUILT, Origin.LOCAL)
    assert second.path == first.path
    assert first.path.is_file()
    assert count(builds) == 1


def test_another_process_finds_it_too(cache_dir: Path, sdist: Path, builds: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(sdist))
    with wheelwell.open_cache(cache_dir) as another:
        assert another.get(str(sdist)).path == wheel.path

    assert count(builds) == 1


def test_threads_that_ask_at_once_get_one_build(
    cache_dir: Path, project: Callable[..., Path], tmp_path: Path, builds: Path
) -> None:
    sdist = make_sdist(project("pure", sleep=0.3), tmp_path)
    barrier = threading.Barrier(6)

    def ask(cache: wheelwell.WheelCache) -> Path:
        barrier.wait()
        return cache.get(str(sdist)).path

    with wheelwell.open_cache(cache_dir) as cache, ThreadPoolExecutor(6) as pool:
        paths = {*pool.map(ask, [cache] * 6)}

    assert len(paths) == 1
    assert count(builds) == 1


def test_processes_that_ask_at_once_get_one_build(
    cache_dir: Path, project: Callable[..., Path], tmp_path: Path, builds: Path
) -> None:
    gate = tmp_path / "gate"
    sdist = make_sdist(project("pure", wait_for=str(gate)), tmp_path)
    code = "import sys, wheelwell; print(wheelwell.open_cache(sys.argv[1]).get(sys.argv[2]).path)"
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(cache_dir), str(sdist)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    leases = cache_dir / "leases"
    wait_until(lambda: leases.is_dir() and any(leases.glob("slot-*")), message="a build begins")
    gate.touch()
    paths = {process.communicate(timeout=120)[0] for process in asking}

    assert [process.returncode for process in asking] == [0] * 4
    assert len(paths) == 1
    assert count(builds) == 1


def test_however_it_is_spelled_it_has_one_key(
    cache_dir: Path, sdist: Path, builds: Path, index: IndexServer
) -> None:
    index.add(sdist)
    configuration = wheelwell.load_configuration({"index-url": index.url})
    requests = [
        "pure==1.0",
        "Pure == 1.0.0",
        "pure>=0.5",
        "pure[extra]",
        str(sdist),
        sdist.as_uri(),
        index.file_url(sdist.name),
        f"pure @ {index.file_url(sdist.name)}",
    ]

    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        keys = {cache.get(request).key for request in requests}

    assert len(keys) == 1
    assert count(builds) == 1


def test_every_interpreter_has_its_own_wheel(
    cache_dir: Path, project: Callable[..., Path], builds: Path
) -> None:
    tree = project("c-extension")

    with wheelwell.open_cache(cache_dir) as cache:
        names = {cache.get(str(tree), interpreter=str(p)).filename for p in interpreters().values()}

    assert len(names) == len(interpreters()) == count(builds)


def test_a_rebuild_leaves_the_old_wheel_where_it_is(
    cache_dir: Path, sdist: Path, builds: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        old = cache.get(str(sdist))
        content = old.path.read_bytes()
        new = cache.get(str(sdist), rebuild=True)

        assert (new.origin, new.key) == (Origin.BUILT, old.key)
        assert new.path != old.path
        assert old.path.read_bytes() == content
        assert cache.get(str(sdist)).path == new.path
    assert count(builds) == 2


def test_lookup_never_builds(cache_dir: Path, sdist: Path, builds: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        assert cache.lookup(str(sdist)) is None
        with pytest.raises(NotInCache):
            cache.get(str(sdist), build=False)
        assert count(builds) == 0

        wheel = cache.get(str(sdist))
        assert cache.lookup(str(sdist)) is not None
        assert cache.get(str(sdist), build=False).path == wheel.path


def test_a_setting_makes_another_wheel_and_its_return_finds_the_first(
    cache_dir: Path, sdist: Path, builds: Path
) -> None:
    changed = wheelwell.Settings(config={"name": ("value",)})

    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(str(sdist))
        other = cache.get(str(sdist), settings=changed)
        again = cache.get(str(sdist))

    assert other.key != first.key
    assert again.path == first.path
    assert count(builds) == 2


def test_a_version_that_only_the_backend_knows_is_asked_once(
    cache_dir: Path, tmp_path: Path, builds: Path
) -> None:
    asked = tmp_path / "asked"
    tree = materialise(
        "dynamic-version", tmp_path / "p", count=str(builds), count_metadata=str(asked)
    )

    with wheelwell.open_cache(cache_dir) as cache:
        wheels = [cache.get(str(tree)) for _ in range(3)]

    assert {wheel.path for wheel in wheels} == {wheels[0].path}
    assert count(asked) == 1
    assert count(builds) == 1


def test_a_version_that_a_setting_changes_is_asked_for_each(
    cache_dir: Path, project: Callable[..., Path]
) -> None:
    tree = project("dynamic-version")

    with wheelwell.open_cache(cache_dir) as cache:
        plain = cache.get(str(tree))
        told = cache.get(str(tree), settings=wheelwell.Settings(config={"version": ("7.5",)}))

    assert plain.version != told.version == "7.5"


def test_an_edit_of_a_directory_is_a_miss_and_its_undoing_a_hit(
    cache_dir: Path, project: Callable[..., Path], builds: Path
) -> None:
    tree = project("pure")
    module = next(tree.rglob("__init__.py"))
    text = module.read_text()

    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(str(tree))
        module.write_text(f"{text}\nEDITED = True\n")
        edited = cache.get(str(tree))
        module.write_text(text)
        undone = cache.get(str(tree))

    assert edited.key != first.key
    assert undone.path == first.path
    assert count(builds) == 2


def test_the_users_tree_is_left_as_it_is(cache_dir: Path, project: Callable[..., Path]) -> None:
    tree = project("c-extension")
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}

    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(tree))

    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*")} == before


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete", "record"])
def test_damage_is_a_miss_that_heals(
    cache_dir: Path, sdist: Path, builds: Path, damage: str
) -> None:
    told = Told()
    with wheelwell.open_cache(cache_dir, warn=told.warned) as cache:
        wheel = cache.get(str(sdist))
        content = wheel.path.read_bytes()
        _damage(wheel.path, damage)
        healed = cache.get(str(sdist))

        assert healed.origin is Origin.BUILT
        assert healed.path.read_bytes() == content
        assert cache.get(str(sdist)).origin is Origin.LOCAL
    assert len(told.warnings) == 1
    assert "damaged" in told.warnings[0]
    assert any((cache_dir / "quarantine").iterdir())
    assert count(builds) == 2


def _damage(wheel: Path, how: str) -> None:
    if how == "truncate":
        os.truncate(wheel, 10)
    elif how == "flip":
        content = bytearray(wheel.read_bytes())
        content[len(content) // 2] ^= 1
        wheel.write_bytes(content)
    elif how == "delete":
        wheel.unlink()
    else:
        (wheel.parents[1] / "record.json").write_text("{")


def test_a_copied_cache_is_good(cache_dir: Path, sdist: Path, tmp_path: Path, builds: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(sdist))
    subprocess.run(["cp", "-r", str(cache_dir), str(tmp_path / "copy")], check=True)

    with wheelwell.open_cache(tmp_path / "copy") as copy:
        assert copy.get(str(sdist)).origin is Origin.LOCAL
    assert count(builds) == 1


def test_a_source_of_another_name_is_refused(cache_dir: Path, sdist: Path) -> None:
    with (
        wheelwell.open_cache(cache_dir) as cache,
        pytest.raises(InvalidSource, match=r"a source of pure, not of other"),
    ):
        cache.get(f"other @ {sdist.as_uri()}")


def test_a_source_for_another_python_is_refused(
    cache_dir: Path, tmp_path: Path, builds: Path
) -> None:
    tree = materialise("pure", tmp_path, project={"requires-python": ">=3.99"}, count=str(builds))

    with (
        wheelwell.open_cache(cache_dir) as cache,
        pytest.raises(NoMatchingSource, match=r">=3\.99"),
    ):
        cache.get(str(tree))
    assert count(builds) == 0


def test_a_failed_build_says_why_and_where_its_log_is(
    cache_dir: Path, project: Callable[..., Path]
) -> None:
    tree = project("backend-raises", fail="the telling line")

    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(BackendFailed) as caught:
        cache.get(str(tree))

    assert "the telling line" in caught.value.message
    assert caught.value.log is not None
    assert "the telling line" in Path(caught.value.log).read_text()
    assert not any((cache_dir / "wheels-v1").rglob("*.whl"))


def test_a_request_that_is_taken_back_ends(cache_dir: Path, project: Callable[..., Path]) -> None:
    cancel = threading.Event()

    class CancelWhenBuilding(wheelwell.Reporter):
        def began(self, step: str, subject: str) -> None:
            if step == "building":
                cancel.set()

    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(Cancelled):
        cache.get(str(project("backend-hangs")), cancel=cancel, reporter=CancelWhenBuilding())


def test_waiting_for_anothers_build_is_told(
    cache_dir: Path, project: Callable[..., Path], tmp_path: Path, builds: Path
) -> None:
    gate = tmp_path / "gate"
    tree = project("pure", wait_for=str(gate))
    building, waiting = threading.Event(), threading.Event()

    class First(wheelwell.Reporter):
        def began(self, step: str, subject: str) -> None:
            if step == "building":
                building.set()

    class Second(wheelwell.Reporter):
        def began(self, step: str, subject: str) -> None:
            if step == "waiting":
                assert f"process {os.getpid()}" in subject
                waiting.set()
                gate.touch()

    with wheelwell.open_cache(cache_dir) as cache, ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get, str(tree), reporter=First())
        assert building.wait(60)
        second = cache.get(str(tree), reporter=Second())

        assert waiting.is_set()
        assert second.path == first.result(60).path
    assert count(builds) == 1


def test_a_wheel_that_cannot_be_stored_comes_out_all_the_same(cache_dir: Path, sdist: Path) -> None:
    told = Told()
    with wheelwell.open_cache(cache_dir) as cache:
        (cache_dir / "wheels-v1").write_text("in the way")
        wheel = cache.get(str(sdist), reporter=told)

    assert wheel.origin is Origin.EPHEMERAL
    assert wheel.path.is_file()
    assert cache_dir not in wheel.path.parents
    assert len(told.warnings) == 1
    assert str(wheel.path.parents[5]) in told.warnings[0]
    assert f"{cache_dir}/wheels-v1 is not a directory" in told.warnings[0]


def test_a_cache_that_cannot_be_used_never_fails_a_build(tmp_path: Path, sdist: Path) -> None:
    (tmp_path / "file").touch()
    told = Told()

    with wheelwell.open_cache(tmp_path / "file" / "cache", warn=told.warned) as cache:
        wheel = cache.get(str(sdist))
        root = cache.directory

    assert wheel.origin is Origin.EPHEMERAL
    assert wheel.path.is_file()
    assert len(told.warnings) == 1
    assert sorted(os.listdir(root)) == ["wheels-v1"]


def test_an_ephemeral_cache_that_gave_nothing_leaves_nothing() -> None:
    with wheelwell.open_cache(is_ephemeral=True) as cache:
        root = cache.directory

    assert not root.exists()


def test_the_record_says_what_was_built_from_what(cache_dir: Path, sdist: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(sdist))
        plan = cache.plan(str(sdist))

    assert wheel.record is not None
    text = (wheel.path.parents[1] / "record.json").read_text()
    assert json.loads(text)["inputs"] == plan.keyed.inputs()
    assert wheel.record.observed.python == plan.interpreter.version
    assert wheel.record.observed.wheelwell == wheelwell.__version__
    assert wheel.record.observed.seconds > 0


def test_upstreams_wheel_is_taken_where_that_is_preferred(
    cache_dir: Path, sdist: Path, tmp_path: Path, index: IndexServer, builds: Path
) -> None:
    from support.projects import make_wheel

    upstream = make_wheel(tmp_path / "w", "pure", "1.0")
    index.add(sdist)
    index.add(upstream)
    configuration = wheelwell.load_configuration({"index-url": index.url})

    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel = cache.get("pure", prefer_binary=True)
        built = cache.get("pure")

    assert wheel.origin is Origin.UPSTREAM
    assert wheel.path.read_bytes() == upstream.read_bytes()
    assert built.origin is Origin.BUILT
    assert count(builds) == 1


def test_an_exact_pin_needs_no_index_the_second_time(
    cache_dir: Path, sdist: Path, index: IndexServer
) -> None:
    index.add(sdist)
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        cache.get("pure==1.0")
    index.stop()

    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel = cache.get("pure==1.0", network=wheelwell.Network.NEVER)
        known = cache.get("pure>=1", network=wheelwell.Network.NEVER)
        with pytest.raises(NotInCache):
            cache.get("pure>=2", network=wheelwell.Network.NEVER)

    assert wheel.origin is known.origin is Origin.LOCAL


def test_what_may_be_chosen_is_named_once_and_the_same() -> None:
    fields = {field.name for field in dataclasses.fields(Options)}

    assert fields == {*Choices.__annotations__}


def test_identity_that_is_asked_for_at_once_is_asked_once(cache_dir: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    tree = materialise("dynamic-version", tmp_path / "p", count_metadata=str(asked))
    barrier = threading.Barrier(4)

    def ask(cache: wheelwell.WheelCache) -> str:
        barrier.wait()
        return cache.plan(str(tree)).identity.version

    with wheelwell.open_cache(cache_dir) as cache, ThreadPoolExecutor(4) as pool:
        versions = {*pool.map(ask, [cache] * 4)}

    assert len(versions) == 1
    assert count(asked) == 1


def test_constraints_have_one_key_however_they_are_spelled(tmp_path: Path) -> None:
    def constraints(*texts: str) -> tuple[str, ...]:
        switches = {"build-constraints": [*texts], "cache-dir": str(tmp_path)}
        return wheelwell.load_configuration(switches).settings.constraints

    assert constraints("Wheel <1", "setuptools==70.0.0") == constraints(
        "setuptools == 70.0.0", "wheel<1"
    )


def test_a_wheel_that_does_not_fit_here_is_not_handed_out(
    cache_dir: Path, sdist: Path, builds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(sdist))
    monkeypatch.setattr("wheelwell.lookup.misfit", lambda *_: "its C library is too new")

    with wheelwell.open_cache(cache_dir) as elsewhere:
        assert elsewhere.lookup(str(sdist)) is None
        assert elsewhere.get(str(sdist)).origin is Origin.BUILT
    assert count(builds) == 2
