"""What came of a warm-up is told once, with what mends it and what it kept from being tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from support.values import CPYTHON_313
from wheelwell.digest import Sha256
from wheelwell.errors import BackendFailed, EnvironmentFailed
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.warm import reports
from wheelwell.warm.failures import listed
from wheelwell.wheel import Origin, Wheel

OLDER = replace(CPYTHON_313, version="3.12.1", executable="/opt/python3.12")
PYTHONS = {"3.12": OLDER, "/opt/python/bin/python3.13": CPYTHON_313}
NEW = "/opt/python/bin/python3.13"

LINES = ("a.c:1:2: error: one", "a.c:2:2: error: two", "error: three", "error: four", "error: five")


def failed(python: str, request: str = "foo==1.0", *, log: str = "/log/1") -> Outcome:
    error = BackendFailed("build_wheel failed", lines=LINES, hint="install more", log=log)
    return Outcome(
        request=request,
        python=python,
        result=Result.FAILED,
        failure=Failure.COMPILE,
        error=error,
    )


def outcome(request: str, python: str, result: Result, **facts: Any) -> Outcome:
    return Outcome(request=request, python=python, result=result, **facts)


def told(*outcomes: Outcome) -> list[str]:
    return [*reports.failures(outcomes, PYTHONS)]


def test_a_failure_is_one_block_with_all_that_helps() -> None:
    assert told(
        outcome("fine==1", "3.12", Result.BUILT),
        failed("3.12"),
        outcome("bar==2", "3.12", Result.BLOCKED, blocked_by="foo==1.0"),
        outcome("baz==3", "3.12", Result.BLOCKED, blocked_by="foo==1.0"),
        outcome("other==3", NEW, Result.BLOCKED, blocked_by="another==1.0"),
    ) == [
        (
            "foo==1.0 for 3.12: compile: build_wheel failed\n"
            "  | a.c:1:2: error: one\n"
            "  | a.c:2:2: error: two\n"
            "  | error: three\n"
            "  | error: five\n"
            "  try: install more\n"
            "  not tried because of it: bar==2, baz==3\n"
            "  log: /log/1"
        )
    ]


def test_what_fails_alike_for_several_pythons_is_told_once() -> None:
    [block] = told(
        failed("3.12"),
        failed(NEW, log="/log/2"),
        outcome("bar==2", "3.12", Result.BLOCKED, blocked_by="foo==1.0"),
        outcome("bar==2", NEW, Result.BLOCKED, blocked_by="foo==1.0"),
    )
    assert block.startswith("foo==1.0 for 3.12, 3.13: compile: ")
    assert block.endswith("of it: bar==2\n  log: /log/1\n  log: /log/2")


def test_what_fails_otherwise_is_told_apart() -> None:
    other = replace(failed(NEW), error=EnvironmentFailed("no", log="/l"), failure=None)
    first, second = told(failed("3.12"), other)
    assert first.startswith("foo==1.0 for 3.12: ")
    assert second.splitlines()[0] == "foo==1.0 for 3.13: no"
    assert len(told(failed("3.12"), failed("3.12", "foo==2.0"))) == 2


def test_a_build_requirement_is_told_with_who_needs_it() -> None:
    [block] = told(replace(failed("3.12"), needed_by="bar"))
    assert block.startswith("foo==1.0 (needed by bar) for 3.12: compile: ")


def test_many_that_were_not_tried_are_counted() -> None:
    names = [f"p{number}" for number in range(11)]
    assert listed(names) == "p0, p1, p2, p3, p4, p5, p6, p7 and 3 more"
    assert listed(names[:8]) == "p0, p1, p2, p3, p4, p5, p6, p7"


def test_the_sum_tells_kinds_only_where_something_failed() -> None:
    good = outcome("fine==1", "3.12", Result.HIT)
    assert reports.sentence([good], seconds=90) == "1 were there, in 2 min"
    assert reports.sentence([good, failed(NEW)], seconds=3) == (
        "1 were there, 1 failed (compile), in 3 s"
    )
    source = replace(failed("3.12"), failure=Failure.SOURCE)
    assert reports.sentence([failed(NEW), failed(NEW, "b"), source], seconds=3) == (
        "3 failed (2 compile, 1 source), in 3 s"
    )


def test_json_keeps_which_python_it_was() -> None:
    report = reports.to_json([failed(NEW)], PYTHONS, seconds=1)
    assert report["pythons"] == {
        "3.12": {"name": "3.12", "version": "3.12.1", "executable": "/opt/python3.12"},
        NEW: {"name": "3.13", "version": "3.13.0", "executable": NEW},
    }
    assert report["outcomes"][0]["python"] == NEW


def test_junit_has_a_case_for_each_and_every_failure_tells_why() -> None:
    blocked = outcome("bar==2", "3.12", Result.BLOCKED, blocked_by="foo==1.0")
    skipped = outcome("baz==2", "3.12", Result.SKIPPED, why="not \x07 ours")
    suite = ET.fromstring(reports.to_junit([failed("3.12"), blocked, skipped], PYTHONS, seconds=1))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "2")
    first, second, third = suite
    assert (first.get("classname"), first.get("name")) == ("python 3.12", "foo==1.0")
    assert first[0].get("message") == "build_wheel failed"
    assert "try: install more" in str(first[0].text)
    assert second[0].get("message") == "foo==1.0 has failed"
    assert third[0].get("message") == "not ? ours"


def test_markdown_has_a_row_and_a_section_for_each_failure() -> None:
    blocked = outcome("bar==2", "3.12", Result.BLOCKED, blocked_by="foo==1.0")
    text = reports.to_markdown([failed("3.12"), blocked, failed(NEW)], PYTHONS, seconds=1)
    assert "| `foo==1.0` | 3.12, 3.13 | compile | build_wheel failed |" in text
    assert "### foo==1.0 for 3.12, 3.13\n\n```text\na.c:1:2: error: one\n" in text
    assert "- to try: install more\n- not tried because of it: bar==2\n- log: `/log/1`\n" in text


def test_a_wheel_that_is_degraded_is_told_of_in_the_sum_and_in_the_summary() -> None:
    line = "a.c:1:10: fatal error: yaml.h: No such file or directory"
    lacking = outcome("foo==1", "3.12", Result.BUILT, wheel=degraded_wheel((line,)))
    good = outcome("foo==1", NEW, Result.HIT, wheel=replace(degraded_wheel(()), degraded="no"))
    assert lacking.is_degraded
    assert not good.is_degraded
    told = reports.sentence([lacking, good], seconds=3)
    assert told == "1 built, 1 were there, in 3 s; 1 of the wheels is degraded"
    assert "2 of the wheels are degraded" in reports.sentence([lacking, lacking], seconds=3)
    text = reports.to_markdown([lacking, good], PYTHONS, seconds=1)
    section = text.partition("## Degraded\n\n")[2].partition("\n## ")[0]
    assert section.startswith(f"### foo-1-py3-none-any.whl for 3.12\n\n```text\n{line}\n```\n")
    assert "- to try: install what brings the header yaml.h (Debian: libyaml-dev" in section
    assert "## Degraded" not in reports.to_markdown([good], PYTHONS, seconds=1)


def degraded_wheel(evidence: tuple[str, ...]) -> Wheel:
    return Wheel(
        request="foo==1",
        name="foo",
        version="1",
        path=Path("/wheels/foo-1-py3-none-any.whl"),
        sha256=Sha256("0" * 64),
        origin=Origin.BUILT,
        reason="",
        seconds=1.0,
        python="",
        source="",
        key=None,
        record=None,
        degraded="yes",
        evidence=evidence,
    )
