"""The verdict follows from facts alone, and each rule has something to say where it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.values import CPYTHON_313, GCC, PURE, record_of
from wheelwell.buildlog import Attempt, BuildLog
from wheelwell.degraded import _OF_A_BUILD, MOST, Facts, Verdict, absent, judge
from wheelwell.settings import Settings
from wheelwell.toolchain import Toolchain

SUFFIX = ".cpython-313-x86_64-linux-gnu.so"
COMPILED = replace(PURE, toolchain=Toolchain(compilers=(GCC,)))
NATIVE_WHEEL = "foo-1.0-cp313-cp313-linux_x86_64.whl"
PURE_WHEEL = "foo-1.0-py3-none-any.whl"


def facts(*native: str, begun: tuple[Attempt, ...] = (), **changes: Any) -> Facts:
    """Return the facts of a build that gave these native files."""
    log = BuildLog(
        attempts=begun,
        surrenders=changes.pop("surrenders", ()),
        failures=changes.pop("failures", ()),
        runs_build_ext=changes.pop("runs_build_ext", False),
    )
    known = Facts(
        filename=NATIVE_WHEEL if native else PURE_WHEEL,
        inputs=COMPILED.inputs(),
        native=native,
        log=log,
    )
    return replace(known, **changes)


def begun(*names: str, **changes: Any) -> tuple[Attempt, ...]:
    """Return extensions that a build set out to make."""
    return tuple(Attempt(name=name, **changes) for name in names)


# Extensions that were begun.


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("foo._bar", f"foo/_bar{SUFFIX}"),
        ("foo._bar", "foo/_bar.abi3.so"),
        ("foo._bar", "foo/_bar.so"),
        ("_bar", f"_bar{SUFFIX}"),
        ("src.foo._bar", f"foo/_bar{SUFFIX}"),
        ("foo._bar", f"foo-1.0.data/platlib/foo/_bar{SUFFIX}"),
        ("_bar", f"foo/_bar{SUFFIX}"),
        ("other._bar", f"foo/_bar{SUFFIX}"),
        ("foo.bar", "foo/libbar.so"),
        ("libbar", "foo/libbar.so.1"),
    ],
)
def test_extension_that_is_in_the_wheel_wherever_it_lies_is_not_missing(
    name: str, path: str
) -> None:
    assert absent(facts(path, begun=begun(name))) == ()


def test_a_module_stands_for_one_extension_alone() -> None:
    known = facts(f"a/_bar{SUFFIX}", begun=begun("b._bar", "a._bar"))
    assert [attempt.name for attempt in absent(known)] == ["b._bar"]


@pytest.mark.parametrize("filename", [NATIVE_WHEEL, PURE_WHEEL])
def test_extension_that_is_missing_degrades_whatever_the_tag(filename: str) -> None:
    verdict = judge(facts(begun=begun("foo._bar", failures=("error: no",)), filename=filename))
    assert verdict == Verdict(
        degraded="yes", evidence=("the extension foo._bar: not in the wheel", "error: no")
    )


def test_extension_that_failed_without_a_word_is_told_with_its_command() -> None:
    verdict = judge(facts(begun=begun("foo._bar", first=("/bin/false -c bar.c", "x"))))
    assert verdict.degraded == "yes"
    assert verdict.evidence[1:] == ("/bin/false -c bar.c",)


def test_what_is_told_of_an_extension_that_is_there_is_not_evidence() -> None:
    there = begun("foo._there", failures=("error: a question",))
    missing = begun("foo._bar", failures=("error: the reason",))
    verdict = judge(facts(f"foo/_there{SUFFIX}", begun=(*there, *missing)))
    assert verdict.evidence[1:] == ("error: the reason",)


def test_of_many_lines_and_names_a_few_are_told() -> None:
    lines = tuple(f"error: {number}" for number in range(100))
    verdict = judge(facts(begun=begun(*"abcdef", failures=lines)))
    assert verdict.evidence[0] == "the extensions a, b, c and 3 more: not in the wheel"
    assert len(verdict.evidence) == 1 + MOST
    assert verdict.evidence[-1] == "error: 99"


def test_extension_that_was_linked_and_is_not_in_the_wheel_is_unknown() -> None:
    verdict = judge(facts(f"foo/_x{SUFFIX}", begun=begun("foo._test", is_linked=True)))
    assert verdict.degraded == "unknown"
    assert verdict.evidence == ("the extension foo._test: compiled, but not in the wheel",)


def test_extension_whose_linking_failed_is_missing() -> None:
    failed = begun("foo._bar", is_linked=True, failures=("cannot find -lbar",))
    assert judge(facts(begun=failed)).degraded == "yes"


# Compiles that failed.


def test_failed_compiles_of_a_build_that_made_all_it_began_are_questions() -> None:
    known = facts(f"foo/_bar{SUFFIX}", begun=begun("foo._bar"), failures=("error: no such header",))
    assert judge(known) == Verdict(degraded="no")


def test_failed_compiles_of_a_build_that_names_no_extension_are_unknown() -> None:
    known = facts(f"foo/_bar{SUFFIX}", failures=("error: no such header",))
    assert judge(known) == Verdict(degraded="unknown", evidence=("error: no such header",))


def test_build_that_goes_on_without_something_that_it_does_not_name_is_unknown() -> None:
    known = facts(f"foo/_a{SUFFIX}", begun=begun("foo._a"), surrenders=("no speedups",))
    assert judge(known).degraded == "unknown"


@pytest.mark.parametrize("what", ["failures", "surrenders"])
def test_failed_compile_and_no_native_code_is_degraded(what: str) -> None:
    told: dict[str, Any] = {what: ("error: no",)}
    verdict = judge(facts(**told))
    assert verdict.degraded == "yes"
    assert verdict.evidence == ("there is no native code in the wheel", "error: no")


@pytest.mark.parametrize("what", ["failures", "surrenders"])
def test_what_the_log_of_a_source_without_compiled_code_says_is_no_proof(what: str) -> None:
    told: dict[str, Any] = {what: ("Error: no .gitconfig",)}
    assert judge(facts(inputs=PURE.inputs(), **told)).degraded == "unknown"


def test_program_is_native_code_too() -> None:
    known = facts(failures=("error: a question",), holds_programs=True, filename=NATIVE_WHEEL)
    assert judge(known).degraded == "unknown"
    assert judge(replace(known, log=BuildLog())).degraded == "no"


# Builds that say nothing.


def test_build_that_tries_nothing_is_not_degraded() -> None:
    assert judge(facts()) == Verdict(degraded="no")


@pytest.mark.parametrize(
    "changes", [{"runs_build_ext": True}, {"filename": NATIVE_WHEEL}, {"declares": True}]
)
def test_sign_of_native_code_where_there_is_none_is_unknown(changes: dict[str, Any]) -> None:
    verdict = judge(facts(**changes))
    assert verdict.degraded == "unknown"
    assert verdict.evidence
    assert judge(facts(f"foo/_bar{SUFFIX}", **changes)).degraded == "no"


# What the source gave before.


def earlier(*native: str, **changes: Any) -> Any:
    """Return the record of another build of the source."""
    return record_of(replace(PURE, **changes), native=native)


def of_compiler(version: str) -> Toolchain:
    """Return a toolchain of one compiler."""
    return Toolchain(compilers=(replace(GCC, version=version),))


@pytest.mark.parametrize("changes", [{}, {"toolchain": of_compiler("11")}])
def test_fewer_modules_than_the_same_build_gave_is_degraded(changes: dict[str, Any]) -> None:
    known = facts("foo/a.so", earlier=(earlier("foo/a.so", "foo/b.so", **changes),))
    verdict = judge(known)
    assert verdict.degraded == "yes"
    assert verdict.evidence == (
        "an earlier build of this source gave foo/b too, and this one did not",
    )


def test_fewer_modules_than_for_another_python_is_unknown() -> None:
    other = replace(CPYTHON_313, version="3.12.1", soabi="cpython-312-x86_64-linux-gnu")
    known = facts("foo/a.so", earlier=(earlier("foo/a.so", "foo/b.so", interpreter=other),))
    assert judge(known).degraded == "unknown"


@pytest.mark.parametrize(
    "record",
    [
        earlier("foo/a.so", "foo/b.so", settings=Settings(variables={"WITH_B": "1"})),
        earlier("foo/a.so"),
        earlier("foo/a_for_312.so"),
        earlier(),
    ],
    ids=["other-settings", "as-many", "renamed", "fewer"],
)
def test_what_other_builds_gave_is_no_evidence_else(record: Any) -> None:
    assert judge(facts("foo/a.so", earlier=(record,))).degraded == "no"


def test_module_is_the_same_for_every_python() -> None:
    known = facts(f"foo/a{SUFFIX}", earlier=(earlier("foo/a.cpython-312-x86_64-linux-gnu.so"),))
    assert judge(known).degraded == "no"


NAMES = st.lists(st.sampled_from(["a", "x.a", "x._b", "y.a", "y.liba"]), max_size=4)


@given(NAMES, NAMES)
def test_every_extension_is_missing_or_has_a_module_of_its_own(
    begun_: list[str], made: list[str]
) -> None:
    names = [*dict.fromkeys(begun_)]
    native = tuple(dict.fromkeys(name.replace(".", "/") + SUFFIX for name in made))
    lost = absent(facts(*native, begun=begun(*names)))
    assert {attempt.name for attempt in lost} <= {*names}
    assert len(names) - len(native) <= len(lost)
    assert not lost or {*names} - {*made}  # what was made under its own name is not lost


def test_parts_that_are_compared_are_parts_of_a_key() -> None:
    assert {*_OF_A_BUILD} < PURE.inputs().keys()
