"""Another build's wheel may be taken where nothing that could make it worse differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.values import CPYTHON_313, GCC, PURE, record_of
from wheelwell.digest import Sha256, canonical, sha256_text
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter
from wheelwell.key import Key, Keyed
from wheelwell.record import Record
from wheelwell.reuse import reusable
from wheelwell.settings import Settings
from wheelwell.source import Archive
from wheelwell.toolchain import Compiler, Toolchain


def cpython(minor: int, flags: str = "", **changes: Any) -> Interpreter:
    """Return a CPython 3.`minor` with the tags that matter here."""
    old = [f"cp3{n}-abi3-linux_x86_64" for n in range(minor, 10, -1)]
    tags = (f"cp3{minor}-cp3{minor}{flags}-linux_x86_64", *old, "py3-none-any")
    return replace(
        CPYTHON_313,
        version=f"3.{minor}.0",
        soabi=f"cpython-3{minor}{flags}-x86_64-linux-gnu",
        tags=tags,
        **changes,
    )


DECLARATIVE = Identity(name="foo", version="1.0", is_declarative=True)
PROGRAM = replace(DECLARATIVE, is_declarative=False)
COMPILED = replace(DECLARATIVE, languages=("c",))

GCC_13 = replace(GCC, version="gcc (Debian 13.1.0-1) 13.1.0")
CLANG = replace(GCC, identity="clang", version="Debian clang version 14.0.6")
NO_NVCC = Compiler(role="nvcc", identity="")
NVCC = Compiler(role="nvcc", identity="nvcc", version="release 12.4, V12.4.99")

ON_313 = replace(PURE, interpreter=cpython(13))
ON_312 = replace(PURE, interpreter=cpython(12))


def with_compilers(keyed: Keyed, *compilers: Compiler) -> Keyed:
    return replace(keyed, toolchain=Toolchain(compilers=compilers))


def wheel(keyed: Keyed, tag: str = "py3-none-any", **changes: Any) -> Record:
    """Return the record of a wheel with that tag, native where the tag is not for any platform."""
    native = () if tag.endswith("-any") else ("foo/_native.so",)
    return record_of(keyed, filename=f"foo-1.0-{tag}.whl", **{"native": native, **changes})


def native(keyed: Keyed, **changes: Any) -> Record:
    return wheel(keyed, "cp313-cp313-linux_x86_64", **changes)


def reason(wanted: Keyed, record: Record, identity: Identity = DECLARATIVE) -> str:
    found = reusable(wanted, identity, [record])
    return found[0].reason if found else ""


def with_inputs(record: Record, **changes: Any) -> Record:
    """Return a record with other inputs, and the key of those."""
    inputs = {**record.inputs, **changes}
    return replace(record, inputs=inputs, key=Key(sha256_text(canonical(inputs))))


# Pure wheels.


def test_pure_wheel_of_a_declarative_source_is_as_good_for_another_python() -> None:
    assert reason(ON_313, wheel(ON_312)) == (
        "built for Python 3.12; a pure wheel of a source that runs no code is the same "
        "for every Python"
    )
    assert "built for Python 3.13 (free-threaded)" in reason(
        ON_312, wheel(replace(PURE, interpreter=cpython(13, "t")))
    )


@pytest.mark.parametrize(
    ("identity", "tag"),
    [
        (PROGRAM, "py3-none-any"),
        (COMPILED, "py3-none-any"),  # what it does not hold, it may hold for another
        (DECLARATIVE, "py3-none-linux_x86_64"),
        (DECLARATIVE, "py312-none-any"),  # another Python's may be another wheel
        (DECLARATIVE, "py3.py312-none-any"),
        (DECLARATIVE, "cp312-cp312-linux_x86_64"),
    ],
)
def test_other_wheel_is_not_as_good_for_another_python(identity: Identity, tag: str) -> None:
    assert reason(ON_313, wheel(ON_312, tag), identity) == ""


def test_wheel_with_native_files_is_not_pure_whatever_its_tag_says() -> None:
    assert reason(ON_313, wheel(ON_312, native=("foo/a.so",))) == ""


# The stable ABI.


def test_abi3_wheel_is_as_good_for_another_python() -> None:
    on_312, on_313 = with_compilers(ON_312, GCC), with_compilers(ON_313, GCC)
    record = wheel(on_312, "cp311-abi3-linux_x86_64")
    assert reason(on_313, record, COMPILED) == (
        "built for Python 3.12 with the stable ABI, which this Python has too"
    )
    assert reason(on_313, record, replace(COMPILED, is_declarative=False)) == ""
    assert reason(on_313, wheel(on_312, "cp311-none-linux_x86_64"), COMPILED) == ""
    assert reason(on_313, wheel(on_312, "cp312-abi3.cp312-linux_x86_64"), COMPILED) == ""


def test_abi3_wheel_may_differ_in_the_version_of_a_compiler_and_not_in_its_kind() -> None:
    record = wheel(with_compilers(ON_312, GCC), "cp311-abi3-linux_x86_64")
    assert reason(with_compilers(ON_313, GCC_13), record, COMPILED) == (
        "built for Python 3.12 with the stable ABI; built with gcc 12.2.0; this gcc is 13.1.0"
    )
    assert reason(with_compilers(ON_313, CLANG), record, COMPILED) == ""


@pytest.mark.parametrize(
    ("built", "wanted", "abi", "is_good"),
    [
        ("", "", "abi3", True),
        ("", "t", "abi3", False),  # a free-threaded Python has no abi3
        ("", "t", "abi3t", True),
        ("t", "t", "abi3t", True),
        ("", "t", "abi3.abi3t", True),
        ("t", "", "abi3.abi3t", True),
        ("t", "", "abi3t", False),
        ("d", "", "abi3", False),  # a debug build's objects are larger
        ("", "d", "abi3", False),
        ("d", "d", "abi3", True),
        ("td", "t", "abi3t", False),
    ],
)
def test_free_threaded_and_debug_pythons_have_a_stable_abi_of_their_own(
    built: str, wanted: str, abi: str, *, is_good: bool
) -> None:
    record = wheel(replace(PURE, interpreter=cpython(13, built)), f"cp311-{abi}-linux_x86_64")
    keyed = replace(PURE, interpreter=cpython(14, wanted))
    assert bool(reason(keyed, record, COMPILED)) == is_good


def test_stable_abi_is_cpythons() -> None:
    pypy = cpython(12, implementation="pypy")
    record = wheel(replace(PURE, interpreter=pypy), "cp311-abi3-linux_x86_64")
    assert reason(ON_313, record, COMPILED) == ""
    assert reason(ON_313, wheel(replace(PURE, interpreter=pypy))).startswith("built for PyPy 3.12")


# Native wheels.


@pytest.mark.parametrize("identity", [COMPILED, replace(COMPILED, is_declarative=False)])
def test_native_wheel_of_another_version_of_the_same_compiler_is_as_good(
    identity: Identity,
) -> None:
    built, wanted = with_compilers(ON_313, GCC), with_compilers(ON_313, GCC_13)
    told = "built with gcc 12.2.0; this gcc is 13.1.0, and that is the only difference"
    assert reason(wanted, native(built), identity) == told
    back = "built with gcc 13.1.0; this gcc is 12.2.0, and that is the only difference"
    assert reason(built, native(wanted), identity) == back


def test_versions_that_differ_beyond_their_numbers_are_told_in_full() -> None:
    rebuilt = replace(GCC, version="gcc (Debian 12.2.0-15) 12.2.0")
    told = reason(with_compilers(ON_313, rebuilt), native(with_compilers(ON_313, GCC)))
    assert "(Debian 12.2.0-14) 12.2.0" in told
    assert "(Debian 12.2.0-15) 12.2.0" in told


@pytest.mark.parametrize(
    ("built", "wanted"),
    [
        ([GCC, NO_NVCC], [GCC, NVCC]),
        ([GCC, NVCC], [GCC, NO_NVCC]),
        ([GCC], [GCC, NVCC]),
        ([GCC, NVCC], [GCC]),
        ([GCC], [CLANG]),
        ([GCC], [replace(GCC, target="aarch64-linux-gnu")]),
        ([GCC], [replace(GCC, role="c++")]),
        ([], [GCC]),
        # Each CUDA has a run-time library and an ABI of its own.
        ([GCC, NVCC], [GCC, replace(NVCC, version="release 11.8, V11.8.89")]),
    ],
)
def test_compiler_that_has_come_gone_or_become_another_makes_another_wheel(
    built: list[Compiler], wanted: list[Compiler]
) -> None:
    record = native(with_compilers(ON_313, *built))
    assert reason(with_compilers(ON_313, *wanted), record, COMPILED) == ""


def test_wheel_without_native_code_is_not_reused_for_another_compiler_version() -> None:
    # The new one may compile what the old one left out.
    record = wheel(with_compilers(ON_313, GCC))
    assert reason(with_compilers(ON_313, GCC_13), record, COMPILED) == ""


def test_native_wheel_is_not_as_good_for_another_python() -> None:
    record = wheel(with_compilers(ON_312, GCC), "cp312-cp312-linux_x86_64")
    assert reason(with_compilers(ON_313, GCC), record, COMPILED) == ""


# What may never differ.


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "bar"},
        {"version": "2.0"},
        {"source": Archive(sha256=Sha256("ef" * 32))},
        {"source": Archive(sha256=Sha256("ab" * 32), subdirectory="sub")},
        {"settings": Settings(variables={"CFLAGS": "-O1"})},
        {"settings": Settings(config={"a": ("b",)})},
        {"settings": Settings(constraints=("setuptools<81",))},
        {"settings": Settings(requirements=("bar",))},
        {"interpreter": cpython(12, platform="macosx_14_0_arm64")},
        {"interpreter": cpython(12, machine="aarch64")},
        {"interpreter": cpython(12, libc=("musl", "1.2.5"))},
    ],
    ids=str,
)
def test_other_source_settings_or_platform_is_another_wheel(changes: Mapping[str, Any]) -> None:
    assert reason(ON_313, wheel(ON_312))
    assert reason(ON_313, wheel(replace(ON_312, **changes))) == ""


def test_libc_of_another_version_is_for_the_fit_to_judge() -> None:
    other = replace(ON_312, interpreter=cpython(12, libc=("glibc", "2.41")))
    assert reason(ON_313, wheel(other))


def test_part_of_a_key_that_is_not_known_here_must_be_equal_too() -> None:
    record = wheel(ON_312)
    assert reason(ON_313, with_inputs(record, schema=2)) == ""
    assert reason(ON_313, with_inputs(record, sandbox="strict")) == ""


def test_build_with_further_requirements_runs_code_that_is_not_known() -> None:
    extra = Settings(requirements=("bar",))
    wanted, built = replace(ON_313, settings=extra), replace(ON_312, settings=extra)
    assert reason(wanted, wheel(built)) == ""


@pytest.mark.parametrize(
    ("degraded", "is_good"), [("no", True), ("unknown", False), ("yes", False)]
)
def test_degraded_wheel_is_never_reused(degraded: str, *, is_good: bool) -> None:
    assert bool(reason(ON_313, wheel(ON_312, degraded=degraded))) == is_good
    record = native(with_compilers(ON_313, GCC), degraded=degraded)
    assert bool(reason(with_compilers(ON_313, GCC_13), record, COMPILED)) == is_good


@pytest.mark.parametrize(
    ("isolation", "is_good"),
    [(True, True), ("on", True), ("off", False), (False, False), ({"packages": {}}, False)],
)
def test_build_without_isolation_is_never_reused(
    isolation: object, monkeypatch: pytest.MonkeyPatch, *, is_good: bool
) -> None:
    inputs = Settings.inputs
    monkeypatch.setattr(Settings, "inputs", lambda own: {**inputs(own), "isolation": isolation})
    assert bool(reason(ON_313, wheel(ON_312))) == is_good


@pytest.mark.parametrize("part", ["toolchain", "interpreter"])
@pytest.mark.parametrize("value", [None, 1, "gcc", [1], [{}], {}, {"soabi": 1}])
def test_record_of_a_form_that_is_not_known_is_not_reused(part: str, value: object) -> None:
    record = with_inputs(native(with_compilers(ON_313, GCC)), **{part: value})
    assert reason(with_compilers(ON_313, GCC_13), record, COMPILED) == ""


# Which is the best.


def test_wheel_of_the_same_python_comes_first_then_the_better_tag_then_the_newer() -> None:
    wanted = with_compilers(ON_313, GCC_13)
    base = record_of().observed
    same = wheel(with_compilers(ON_313, GCC), "cp311-abi3-linux_x86_64")
    newer_abi = wheel(with_compilers(ON_312, GCC), "cp312-abi3-linux_x86_64")
    on_311 = with_compilers(replace(PURE, interpreter=cpython(11)), GCC)
    old = wheel(on_311, "cp311-abi3-linux_x86_64", observed=replace(base, built_at="2020"))
    new = wheel(
        with_compilers(replace(PURE, interpreter=cpython(11)), GCC_13),
        "cp311-abi3-linux_x86_64",
        observed=replace(base, built_at="2021"),
    )

    for records in ([old, new, newer_abi, same], [same, newer_abi, new, old]):
        found = [each.record for each in reusable(wanted, COMPILED, records)]
        assert found == [same, newer_abi, new, old]


RECORDS = [wheel(replace(ON_312, interpreter=cpython(minor))) for minor in (9, 10, 11, 12, 14)]


@given(st.permutations(RECORDS))
def test_order_in_which_entries_are_found_does_not_matter(records: list[Record]) -> None:
    found = [each.record.key for each in reusable(ON_313, DECLARATIVE, records)]
    assert found == sorted(record.key for record in RECORDS)
