"""A library is found where the dynamic linker finds it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.libraries import NAME, make_library
from wheelwell.builder.linker import CACHE, Process, entries, locate
from wheelwell.needs import Library

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF")

LIBC = Library(name="libc.so.6")
LDCONFIG = shutil.which("ldconfig", path="/sbin:/usr/sbin:/bin:/usr/bin")


@pytest.fixture
def process() -> Process:
    return Process(machine=_machine(), libc="glibc")


def _machine() -> str:
    import platform

    return platform.machine()


@pytest.mark.skipif(LDCONFIG is None or not Path(CACHE).exists(), reason="no ldconfig")
def test_cache_is_read_as_ldconfig_reads_it() -> None:
    assert LDCONFIG is not None
    printed = subprocess.run([LDCONFIG, "-p"], check=True, capture_output=True, text=True).stdout
    expected: dict[str, list[str]] = {}
    for line in printed.splitlines()[1:]:
        if " => " in line:
            name, path = line.strip().split(" => ")
            expected.setdefault(name.partition(" ")[0], []).append(path)
    assert entries(Path(CACHE).read_bytes()) == expected
    assert expected


@given(st.binary(max_size=300))
def test_cache_of_another_form_has_no_entries(data: bytes) -> None:
    assert isinstance(entries(data), dict)
    assert isinstance(entries(b"glibc-ld.so.cache1.1" + data), dict)


def test_cache_behind_an_older_one_is_found() -> None:
    data = Path(CACHE).read_bytes() if Path(CACHE).exists() else _cache("libfoo.so", "/x/libfoo.so")
    assert entries(b"ld.so-1.7.0\0" + b"\0" * 100 + data) == entries(data)


def _cache(name: str, path: str) -> bytes:
    head = struct.pack("=20sII5I", b"glibc-ld.so.cache1.1", 1, 0, 0, 0, 0, 0, 0)
    start = len(head) + 24
    entry = struct.pack("=iIIIQ", 0x303, start, start + len(name) + 1, 0, 0)
    return head + entry + name.encode() + b"\0" + path.encode() + b"\0"


def test_libc_is_found_by_the_cache_or_in_the_usual_places(process: Process) -> None:
    for cache in (CACHE, "/does/not/exist"):
        found = locate(LIBC, process, cache)
        assert Path(found.path).is_file()
        assert found.path in found.watched
        assert cache in found.watched


def test_order_is_rpath_then_variable_then_runpath_then_cache(
    tmp_path: Path, process: Process
) -> None:
    places = {name: tmp_path / name for name in ("rpath", "variable", "runpath", "cached")}
    for place in places.values():
        make_library(place, level=1)
    cache = tmp_path / "cache"
    cache.write_bytes(_cache(NAME, str(places["cached"] / NAME)))
    process = replace(process, path=(str(places["variable"]),))
    rpath, runpath = (str(places["rpath"]),), (str(places["runpath"]),)

    def found(library: Library) -> str:
        return Path(locate(library, process, str(cache)).path).parent.name

    assert found(Library(name=NAME, rpath=rpath)) == "rpath"
    assert found(Library(name=NAME, runpath=runpath)) == "variable"
    # Where there is a DT_RUNPATH, DT_RPATH is not heeded.
    assert found(Library(name=NAME, rpath=rpath, runpath=runpath)) == "variable"
    (places["variable"] / NAME).unlink()
    assert found(Library(name=NAME, runpath=runpath)) == "runpath"
    assert found(Library(name=NAME)) == "cached"


def test_run_paths_of_the_interpreter_hold_for_what_it_loads(
    tmp_path: Path, process: Process
) -> None:
    # conda's Python has a DT_RPATH; one with a DT_RUNPATH loads by it what it needs itself.
    place = str(make_library(tmp_path / "lib", level=1).parent)
    library = Library(name=NAME)

    assert locate(library, process, "").path == ""
    assert locate(library, replace(process, rpath=(place,)), "").path
    assert locate(library, replace(process, runpath=(place,)), "").path == ""
    own = replace(process, runpath=(place,), needed=frozenset({NAME}))
    assert locate(library, own, "").path


def test_library_of_another_architecture_is_passed_over(tmp_path: Path, process: Process) -> None:
    other = make_library(tmp_path / "other", level=1)
    head = bytearray(other.read_bytes())
    head[18:20] = b"\xf3\x00" if process.machine != "riscv64" else b"\x3e\x00"
    other.write_bytes(head)
    right = make_library(tmp_path / "right", level=1)
    process = replace(process, path=(str(other.parent), str(right.parent)))

    assert locate(Library(name=NAME), process, "").path == str(right)


def test_musl_looks_into_the_variable_first_and_has_no_cache(
    tmp_path: Path, process: Process
) -> None:
    variable = make_library(tmp_path / "variable", level=1)
    rpath = make_library(tmp_path / "rpath", level=1)
    library = Library(name=NAME, rpath=(str(rpath.parent),))
    process = replace(process, libc="musl", path=(str(variable.parent),))

    found = locate(library, process)
    assert found.path == str(variable)
    missing = locate(Library(name="libnone.so"), process)
    assert CACHE not in missing.watched
    assert {"/lib", "/usr/local/lib", "/usr/lib"} <= {*missing.watched}


def test_all_places_that_were_looked_into_are_watched(tmp_path: Path, process: Process) -> None:
    process = replace(process, path=(str(tmp_path / "a"), str(tmp_path / "b")))
    library = Library(name="libnone.so", runpath=("/opt/x",))
    found = locate(library, process)
    assert found.path == ""
    assert {*process.path, "/opt/x", CACHE, "/usr/lib"} <= {*found.watched}
