"""A plan says what is to be done and what has been, and one that cannot be read is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from wheelwell.lists.wanted import File, Wanted
from wheelwell.outcome import Outcome, Result
from wheelwell.request import parse_request
from wheelwell.warm import plan
from wheelwell.warm.task import Task


class Table:
    """Plans in a table."""

    def __init__(self) -> None:
        self.lines: dict[str, list[Any]] = {}

    def names(self) -> list[str]:
        return [*reversed(self.lines)]

    def read(self, name: str) -> list[Any]:
        return self.lines.get(name, [])

    def begin(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        self.lines[name] = [*lines]

    def add(self, name: str, line: Mapping[str, Any]) -> None:
        self.lines[name].append(line)


def task(text: str, *filenames: str, url: str = "") -> Task:
    request = replace(parse_request(text, directory="/"), config=(("a", ("b", "c")),))
    files = (File("a-1.tar.gz", ("sha256:00",), url),) if url else ()
    wanted = Wanted(request=request, filenames=filenames, is_told=bool(url), files=files)
    return Task(wanted=wanted, python="3.12")


ASKED = plan.asked(["warm", "a"], "/here", ["a==1"])
TASKS = (
    task("a==1", "a-1-py3-none-any.whl", url="https://host.example/a-1.tar.gz"),
    task("b @ https://host.example/b-1.tar.gz#sha256=" + "a" * 64),
    task("c @ git+https://host.example/c@main"),
)


def begun(tasks: Iterable[Task] = TASKS) -> tuple[Table, plan.Kept]:
    table = Table()
    kept = plan.begin(table, ASKED, [*tasks], now=1000.0)
    assert kept is not None
    return table, kept


def test_it_is_read_as_it_was_written() -> None:
    table, kept = begun()
    found = plan.find(table, ASKED.name)
    assert found == kept.plan
    assert found == plan.last(table)


def test_it_says_what_is_done_and_what_is_left() -> None:
    table, kept = begun()
    for each, result in zip(TASKS, (Result.BUILT, Result.FAILED, Result.UPSTREAM), strict=True):
        outcome = Outcome(request=each.wanted.request.text, python="3.12", result=result)
        kept.note(each, outcome)
    kept.end()
    found = plan.find(table, ASKED.name)
    assert found is not None
    assert found.done == {
        TASKS[0].name: Result.BUILT,
        TASKS[1].name: Result.FAILED,
        TASKS[2].name: Result.UPSTREAM,
    }
    assert found.left == 1
    assert found.is_over


def test_other_words_another_place_or_another_list_is_another_plan() -> None:
    others = {
        plan.asked(["warm", "b"], "/here", ["a==1"]).name,
        plan.asked(["warm", "a"], "/", ["a==1"]).name,
        plan.asked(["warm", "a"], "/here", ["a==2"]).name,
    }
    assert len(others | {ASKED.name}) == 4


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("https://ada:lace@host.example/simple/", "https://host.example/simple/"),
        ("--index-url=https://t0ken@host.example/", "--index-url=https://host.example/"),
        ("https://host.example/simple?key=t0ken", "https://host.example/simple"),
    ],
    ids=["password", "token", "query"],
)
def test_what_may_be_secret_in_a_word_is_left_out(word: str, kept: str) -> None:
    asked = plan.asked(["warm", word], "/", [])
    assert asked.words == ("warm", kept)
    assert not asked.is_whole


@pytest.mark.parametrize("word", ["a @ git+https://host.example/a", "a[b]?", "x@y", "-j2"])
def test_other_words_are_kept_as_they_are(word: str) -> None:
    assert plan.asked([word], "/", []).words == (word,)


def test_tasks_that_need_credentials_are_not_written_down() -> None:
    table = Table()
    place = "https://ada:lace@host.example/b-1.tar.gz"
    for secret in (task(f"b @ {place}"), task("b==1", url=place)):
        assert plan.begin(table, ASKED, [secret], now=0.0) is None
    assert not table.lines


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [[]],
        [{"schema": 9}],
        [{"schema": 1}],
        ["text"],
        [None],
    ],
    ids=["empty", "list", "newer", "bare", "text", "null"],
)
def test_one_that_cannot_be_read_is_none(lines: list[Any]) -> None:
    table, _ = begun()
    table.lines[ASKED.name] = lines
    assert plan.find(table, ASKED.name) is None
    assert plan.last(table) is None


def test_one_bad_line_makes_no_plan() -> None:
    table, _ = begun()
    table.add(ASKED.name, {"task": {"nosuch": "field"}, "python": "", "filenames": []})
    assert plan.find(table, ASKED.name) is None
