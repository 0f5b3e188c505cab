"""What is shown of a warm-up says what goes on, and fits the terminal."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelwell.cli.cells import width
from wheelwell.cli.warm_lines import LONG, SILENCE, due, interrupted, of_outcome
from wheelwell.cli.warm_state import Busy, Left, State
from wheelwell.cli.warm_view import draw
from wheelwell.outcome import Failure, Outcome, Result
from wheelwell.schedule import Standing

WIDE = os.terminal_size((100, 24))
NOW = 1000.0

GRPCIO = Busy(what="grpcio==1.62.0", python="3.12", since=505, cores=4, before=723, step="building")
NUMPY = Busy(what="numpy==1.26.4", python="3.11", since=988, cores=1, before=60, step="preparing")
SILENT = Busy(what="lxml==5.3.0", python="3.13", since=940, cores=2, before=100)
STATE = State(
    running={"a": GRPCIO, "b": NUMPY},
    done={Result.BUILT: 12, Result.HIT: 43, Result.FAILED: 1},
    total=90,
    standing=Standing(running=frozenset({"a", "b"}), queued=32, seconds_left=1200.0),
    slots=2,
)


def test_each_task_has_a_line_and_all_together_one() -> None:
    assert draw(STATE, now=NOW, size=WIDE) == [
        "building   grpcio==1.62.0 for 3.12  8:15, last time 12:03, 4 cores",
        "preparing  numpy==1.26.4 for 3.11   12 s, 1 core",
        "[56/90] 1 failed, about 22 min left, 2 running, 32 queued, 12 built, 43 there",
    ]


def test_one_that_tells_no_steps_is_shown_by_its_time_alone() -> None:
    state = State(running={"c": SILENT}, total=1)
    assert draw(state, now=NOW, size=WIDE) == [
        "lxml==5.3.0 for 3.13  1:00, last time 1:40, 2 cores",
        "[0/1] about 40 s left, 1 running",
    ]


def test_before_anything_is_known_nothing_is_shown() -> None:
    assert draw(State(), now=NOW, size=WIDE) == []


def test_what_is_done_before_is_shown_alone() -> None:
    busy = Busy(what="requirements.txt", python="3.12", since=NOW - 3, step="resolving")
    assert draw(State(running={"": busy}), now=NOW, size=WIDE) == [
        "resolving  requirements.txt for 3.12  3 s"
    ]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            60,
            [
                "building   grpcio==1.62.0 for 3.12  8:15, last time 12:03",
                "preparing  numpy==1.26.4 for 3.11   12 s, 1 core",
                "[56/90] 1 failed, about 22 min left, 2 running, 32 queued",
            ],
        ),
        (
            45,
            [
                "building   grpcio==1.62.0 for 3.12  8:15",
                "preparing  numpy==1.26.4 for 3.11   12 s",
                "[56/90] 1 failed, about 22 min left",
            ],
        ),
        (
            35,
            [
                "building   grpcio=… for 3.12  8:15",
                "preparing  numpy==… for 3.11  12 s",
                "[56/90] 1 failed",
            ],
        ),
        (8, ["buildi…", "prepar…", "[56/90]"]),
        (1, ["…", "…", "…"]),
    ],
)
def test_where_there_is_no_room_the_most_telling_is_left(columns: int, lines: list[str]) -> None:
    size = os.terminal_size((columns, 24))
    assert draw(STATE, now=NOW, size=size) == lines


def test_of_many_tasks_those_that_run_longest_are_shown_and_the_rest_summed_up() -> None:
    running = {f"t{number}": replace(SILENT, what=f"t{number}") for number in range(64)}
    lines = draw(State(running=running, total=500), now=NOW, size=os.terminal_size((80, 12)))
    assert len(lines) == 8
    assert lines[0].startswith("t0 for 3.13  1:00")
    assert lines[5].startswith("t5 for 3.13  1:00")
    assert lines[6] == "and 58 more"
    assert lines[7].startswith("[0/500] ")
    assert (
        len(draw(State(running=running, total=500), now=NOW, size=os.terminal_size((80, 99)))) == 65
    )


@given(
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=9)), max_size=3),
    st.integers(1, 30),
    st.integers(1, 120),
    st.integers(1, 60),
    st.booleans(),
)
def test_the_view_never_takes_more_than_there_is(
    names: list[tuple[str, str]], times: int, columns: int, lines: int, is_colored: bool
) -> None:
    running = {
        str(number): Busy(what=what * 2, python=python, since=0, step="building" * (number % 2))
        for number, (what, python) in enumerate(names * times)
    }
    state = replace(STATE, running=running)
    size = os.terminal_size((columns, lines))
    drawn = draw(state, now=NOW, size=size, is_colored=is_colored)
    assert len(drawn) <= max(lines * 2 // 3, 1)
    for line in drawn:
        plain = re.sub("\x1b\\[[0-9]*m", "", line)
        assert width(plain) <= max(columns - 1, 1)
        assert plain.isprintable()


def test_colours_change_nothing_else() -> None:
    plain = draw(STATE, now=NOW, size=WIDE)
    colored = draw(STATE, now=NOW, size=WIDE, is_colored=True)
    assert colored != plain
    assert [re.sub("\x1b\\[[0-9]*m", "", line) for line in colored] == plain
    assert "\x1b[31m1 failed\x1b[0m" in colored[-1]


@pytest.mark.parametrize(
    ("running", "standing", "left"),
    [
        # Two slots: what is queued, and what runs still needs, shared out.
        ({"a": GRPCIO}, Standing(queued=1, seconds_left=500), Left(seconds=614, is_all_known=True)),
        # No shorter than the longest of those that run.
        ({"a": GRPCIO}, Standing(), Left(seconds=228, is_all_known=True)),
        # One whose build has not begun needs all of it.
        ({"b": NUMPY}, Standing(), Left(seconds=60, is_all_known=True)),
        (
            {"b": NUMPY},
            Standing(queued=2, unknown=1, seconds_left=9),
            Left(seconds=60, is_all_known=False),
        ),
        ({}, Standing(queued=2, unknown=2, seconds_left=10), None),
        ({"a": replace(GRPCIO, before=None)}, Standing(), None),
        # It takes longer than last time: nobody knows.
        ({"a": replace(GRPCIO, before=1)}, Standing(), None),
    ],
)
def test_the_time_left_is_that_of_the_queue_and_of_what_runs(
    running: dict[str, Busy], standing: Standing, left: Left | None
) -> None:
    assert State(running=running, standing=standing, slots=2, total=9).left(NOW) == left


def test_what_may_be_longer_is_said_so() -> None:
    standing = Standing(queued=3, unknown=1, seconds_left=600)
    line = draw(State(standing=standing, total=3), now=NOW, size=WIDE)[-1]
    assert line == "[0/3] at least 10 min left, 3 queued"


def test_the_state_follows_what_is_told() -> None:
    state = State(total=4, slots=2).started("a", SILENT).started("b", NUMPY)
    assert [*state.running] == ["a", "b"]
    state = state.stepped("a", "building", 970).told("a")
    assert state.running["a"].seconds(NOW) == 30
    assert state.running["a"].is_told
    # It may be begun once more, and others may be found to be needed.
    state = state.started("a", SILENT)
    assert [*state.running] == ["b", "a"]
    state = state.progressed(Standing(running=frozenset({"a"}), queued=7))
    assert [*state.running] == ["a"]
    state = state.ended("a", Result.BUILT).ended("b", Result.BLOCKED).ended("c", Result.HIT)
    assert (state.count, state.total, dict(state.running)) == (3, 8, {})
    # What is told of one that does not run is late.
    assert state.stepped("a", "building", NOW) == state.told("a") == state


def outcome(result: Result, **facts: Any) -> Outcome:
    return Outcome(request="a==1", python="/usr/bin/python3.12", result=result, **facts)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (outcome(Result.BUILT, seconds=7.26), "[ 1/90] built     a==1 for 3.12 in 7.3 s"),
        (outcome(Result.HIT, seconds=7.0), "[ 1/90] there     a==1 for 3.12"),
        (outcome(Result.FAILED, failure=Failure.TIME), "[ 1/90] FAILED    a==1 for 3.12: time"),
        (outcome(Result.SKIPPED, why="not ours"), "[ 1/90] skipped   a==1 for 3.12: not ours"),
        (outcome(Result.BLOCKED, blocked_by="b==2"), "[ 1/90] not tried a==1 for 3.12: b==2"),
    ],
)
def test_an_outcome_is_one_line(told: Outcome, line: str) -> None:
    state = State(done={told.result: 1}, total=90)
    assert of_outcome(told, "a==1 for 3.12", state) == line


def test_a_log_hears_of_a_slow_start_once_and_of_all_that_goes_on_after_a_silence() -> None:
    state = State(running={"a": replace(GRPCIO, is_told=True), "b": NUMPY}, total=2)
    early = due(state, 988 + LONG - 1, 60)
    assert early == ([], state)
    lines, state = due(state, 988 + LONG, 60)
    assert lines == ["preparing numpy==1.26.4 for 3.11"]
    assert due(state, 988 + LONG + 1, 61)[0] == []
    lines, state = due(state, 1105, SILENCE)
    assert lines == [
        "still building grpcio==1.62.0 for 3.12 (10 min, last time 12 min)",
        "still preparing numpy==1.26.4 for 3.11 (2 min)",
    ]


def test_of_many_that_go_on_some_are_named() -> None:
    busy = replace(SILENT, is_told=True)
    state = State(running={str(number): busy for number in range(64)}, total=64)
    lines, _ = due(state, NOW, SILENCE)
    assert lines[0] == "still working on lxml==5.3.0 for 3.13 (1 min, last time 2 min)"
    assert (len(lines), lines[-1]) == (9, "and 56 more")


@pytest.mark.parametrize(
    ("count", "was"),
    [
        (0, ""),
        (1, "t0 for 3.13 was not finished, "),
        (3, "t0 for 3.13, t1 for 3.13 and t2 for 3.13 were not finished, "),
        (9, "t0 for 3.13, t1 for 3.13 and 7 more were not finished, "),
    ],
)
def test_an_interrupted_run_says_what_was_not_finished(count: int, was: str) -> None:
    running = {f"t{number}": replace(SILENT, what=f"t{number}") for number in range(count)}
    state = State(running=running, done={Result.BUILT: 2}, total=20)
    assert interrupted(state) == f"{was}2 of 20 done; the same command goes on from there"
