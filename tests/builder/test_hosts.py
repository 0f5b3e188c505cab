"""A host is read from this machine once, and again where something has changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from support.builds import Facts, described
from support.libraries import NAME, make_library
from support.values import record_of
from wheelwell.buckets import LIBRARIES
from wheelwell.builder import elf
from wheelwell.builder.hosts import Hosts
from wheelwell.interpreter import Interpreter
from wheelwell.needs import Library, Needs
from wheelwell.record import Record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF")

LIBC = Library(name="libc.so.6")
DEMO = Library(name=NAME, versions=("DEMO_2",))


@pytest.fixture(scope="module")
def python() -> Interpreter:
    return described(sys.executable)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory in `LD_LIBRARY_PATH`."""
    return make_library(tmp_path / "lib", level=2).parent


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose dynamic sections are read."""
    found: list[str] = []
    read = elf.read

    def watched(file: object) -> elf.Dynamic:
        found.append(str(getattr(file, "name", "")))
        return read(file)  # type: ignore[arg-type]

    monkeypatch.setattr(elf, "read", watched)
    return found


def hosts(place: Path, facts: Facts | None = None) -> Hosts:
    return Hosts(facts or Facts(), {"LD_LIBRARY_PATH": str(place)})


def needing(*libraries: Library, **needs: tuple[str, ...]) -> Record:
    return record_of(needs=Needs(libraries=libraries, **needs), build=os.urandom(8).hex())


def test_host_has_the_versions_of_what_the_wheel_needs(place: Path, python: Interpreter) -> None:
    missing = Library(name="libnone.so.1")
    host = hosts(place).of(python, needing(LIBC, DEMO, missing))

    assert host.libraries.keys() == {"libc.so.6", NAME}
    assert host.libraries[NAME] == {"DEMO_1", "DEMO_2"}
    assert any(version.startswith("GLIBC_2.") for version in host.libraries["libc.so.6"])
    assert host.interpreter is python


def test_wheel_without_needs_asks_nothing_of_the_machine(
    place: Path, python: Interpreter, reads: list[str]
) -> None:
    facts = Facts()
    for record in (record_of(), needing()):
        host = hosts(place, facts).of(python, record)
        assert (host.libraries, host.cpu) == ({}, frozenset())
    assert reads == []
    assert facts.known == {}


def test_host_is_the_same_value_until_a_library_changes(place: Path, python: Interpreter) -> None:
    here = hosts(place)
    record = needing(DEMO)
    first = here.of(python, record)
    assert here.of(python, record) is first

    make_library(place, level=1)
    changed = here.of(python, record)
    assert changed.libraries[NAME] == {"DEMO_1"}

    (place / NAME).unlink()
    assert NAME not in here.of(python, record).libraries
    make_library(place, level=2)
    assert here.of(python, record) == first


def test_builds_of_the_same_bytes_may_need_different_things(
    place: Path, python: Interpreter
) -> None:
    # Built where the library was not to be had, it is not asked for.
    here = hosts(place)
    assert here.of(python, needing()).libraries == {}
    assert here.of(python, needing(DEMO)).libraries != {}


def test_library_that_appears_in_front_is_noticed(tmp_path: Path, python: Interpreter) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    make_library(second, level=2)
    here = Hosts(Facts(), {"LD_LIBRARY_PATH": f"{first}:{second}"})

    assert here.of(python, needing(DEMO)).libraries[NAME] == {"DEMO_1", "DEMO_2"}
    make_library(first, level=1)
    assert here.of(python, needing(DEMO)).libraries[NAME] == {"DEMO_1"}


def test_another_process_reads_nothing_again(
    place: Path, python: Interpreter, reads: list[str]
) -> None:
    facts = Facts()
    first = hosts(place, facts).of(python, needing(LIBC, DEMO))
    assert str(place / NAME) in reads

    reads.clear()
    assert hosts(place, facts).of(python, needing(LIBC, DEMO)) == first
    assert reads == []

    make_library(place, level=1)
    assert hosts(place, facts).of(python, needing(LIBC, DEMO)) != first
    assert str(place / NAME) in reads


@pytest.mark.parametrize("damage", [{}, {"watched": 1, "versions": []}, {"watched": {}}, []])
def test_damaged_fact_is_found_out_again(place: Path, python: Interpreter, damage: object) -> None:
    facts = Facts()
    expected = hosts(place, facts).of(python, needing(DEMO))
    for name in facts.known:
        assert name[0] == LIBRARIES
        facts.known[name] = damage
    assert hosts(place, facts).of(python, needing(DEMO)) == expected


def test_needs_are_met_where_library_and_versions_are_here(
    place: Path, python: Interpreter
) -> None:
    newer = Library(name=NAME, versions=("DEMO_2", "DEMO_3"))
    missing = Library(name="libtorch.so")

    met = hosts(place).met(python, Needs(libraries=(LIBC, DEMO, missing), cpu=("avx",)))
    assert met == Needs(libraries=(LIBC, DEMO), elsewhere=("libtorch.so",), cpu=("avx",))
    assert hosts(place).met(python, Needs(libraries=(newer,))).elsewhere == (NAME,)


def test_cpu_is_read_where_it_is_needed_only(
    tmp_path: Path, place: Path, python: Interpreter
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t: fpu avx avx2\n")
    here = Hosts(Facts(), {}, cpuinfo=str(cpuinfo))

    assert here.of(python, needing(cpu=("avx",))).cpu == {"avx", "avx2"}
    assert here.of(python, record_of()).cpu == frozenset()
    assert Hosts(Facts(), {}, cpuinfo="/does/not/exist").cpu() == frozenset()


def test_relative_places_in_the_variable_are_left_out(python: Interpreter) -> None:
    assert Hosts(Facts(), {"LD_LIBRARY_PATH": ":lib::./x"}).of(python, needing(LIBC)).libraries
