"""A hit runs here: a wheel that needs more than this machine has is refused, and built again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import wheelwell
from support.builds import lines
from support.libraries import NAME, link_to, make_library
from support.projects import materialise
from wheelwell.errors import NotInCache
from wheelwell.wheel import Origin, Wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this machine has its `libdemo.so.1`: version 2 of it."""
    place = tmp_path / "machine"
    make_library(place, level=2)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(place))
    return place


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    return tmp_path / "builds"


@pytest.fixture
def linked(tmp_path: Path, machine: Path, builds: Path) -> str:
    """A project that links to that library."""
    return str(materialise("linked", tmp_path, link=link_to(machine), count=str(builds)))


def level(wheel: Wheel) -> str:
    """Return what the wheel's extension module says; raise where it cannot be loaded."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import linked; print(linked.level())"
    into = wheel.path.parent.parent / "unpacked" / wheel.sha256
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel.path, into], check=True)
    command = [sys.executable, "-c", script, str(into)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return run.stdout.strip()


def test_record_says_what_the_wheel_needs_of_which_library(cache_dir: Path, linked: str) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        record = cache.get(linked).record

    assert record is not None
    assert record.needs is not None
    needed = {library.name: library.versions for library in record.needs.libraries}
    assert needed[NAME] == ("DEMO_2",)
    assert any(version.startswith("GLIBC_2.") for version in needed["libc.so.6"])
    assert record.needs.elsewhere == ()


@pytest.mark.parametrize("is_another_process", [False, True])
def test_wheel_that_needs_a_newer_library_is_refused_until_that_is_back(
    cache_dir: Path, linked: str, machine: Path, builds: Path, *, is_another_process: bool
) -> None:
    with wheelwell.open_cache(cache_dir) as one:
        with wheelwell.open_cache(cache_dir) as cache:
            wheel = cache.get(linked)
            assert cache.get(linked).path == wheel.path
        assert one.get(linked).path == wheel.path
        assert level(wheel) == "2"

        def ask() -> Wheel:
            if not is_another_process:
                return one.get(linked, build=False)
            with wheelwell.open_cache(cache_dir) as another:
                return another.get(linked, build=False)

        make_library(machine, level=1)
        with pytest.raises(NotInCache) as refused:
            ask()
        with pytest.raises(subprocess.CalledProcessError):
            level(wheel)
        why = f"it needs DEMO_2 of {NAME}, and this machine's has DEMO_1 at most"
        assert why in refused.value.message

        (machine / NAME).unlink()
        with pytest.raises(NotInCache, match=f"it needs {NAME}, and this machine has none"):
            ask()

        make_library(machine, level=2)
        assert ask().path == wheel.path
    assert lines(builds) == 1


def test_refused_wheel_is_built_again_and_the_reason_says_why(
    cache_dir: Path, linked: str, machine: Path, builds: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        old = cache.get(linked)
        make_library(machine, level=1)
        new = cache.get(linked)

        assert (new.origin, new.key) == (Origin.BUILT, old.key)
        assert "DEMO_1 at most" in new.reason
        assert level(new) == "1"
        make_library(machine, level=3)  # newer libraries keep the old versions
        assert cache.get(linked).path == new.path
        assert level(new) == "1"
    assert lines(builds) == 2


def test_library_that_the_machine_could_not_give_at_the_build_is_not_asked_of_it(
    cache_dir: Path, tmp_path: Path, builds: Path
) -> None:
    # As libtorch.so and libcudart.so are: another package brings them, and loads them first.
    make_library(tmp_path / "another-package", level=2)
    links = link_to(tmp_path / "another-package")
    tree = str(materialise("linked", tmp_path, link=links, count=str(builds)))

    with wheelwell.open_cache(cache_dir) as cache:
        record = cache.get(tree).record
        assert cache.get(tree).origin is Origin.LOCAL

    assert record is not None
    assert record.needs is not None
    assert record.needs.elsewhere == (NAME,)
    assert NAME not in {library.name for library in record.needs.libraries}
    assert lines(builds) == 1


def test_library_is_looked_for_where_the_wheel_says(
    cache_dir: Path, tmp_path: Path, builds: Path
) -> None:
    place = tmp_path / "opt" / "demo"
    make_library(place, level=2)
    links = link_to(place, f"-Wl,-rpath,{place}")
    tree = str(materialise("linked", tmp_path, link=links, count=str(builds)))

    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(tree)
        assert level(wheel) == "2"
        assert cache.lookup(tree) is not None
        make_library(place, level=1)
        assert cache.lookup(tree) is None


def test_build_for_the_cpu_of_this_machine_records_its_features(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def features(**variables: str) -> tuple[str, ...]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with wheelwell.open_cache(cache_dir) as cache:
            record = cache.get(str(tmp_path / "c-extension")).record
        assert record is not None
        assert record.needs is not None
        return record.needs.cpu

    materialise("c-extension", tmp_path)

    assert features(CFLAGS="-mtune=native") == ()
    assert features(CFLAGS="-march=native")
