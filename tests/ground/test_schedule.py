"""A job starts as soon as it may, the most urgent first, and never beside what it must not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelwell.schedule import Cycle, Job, Room, Schedule, Standing

ONE = Room(slots=1, cores=4)
TWO = Room(slots=2, cores=4)


def started(schedule: Schedule) -> list[str]:
    return [start.job.name for start in schedule.start()]


def test_the_longest_path_goes_first() -> None:
    jobs = [
        Job(name="short", seconds=1),
        Job(name="long", seconds=5),
        Job(name="first", seconds=2),
        Job(name="then", seconds=9, after=frozenset({"first"})),
    ]
    schedule = Schedule(jobs, ONE)
    order = []
    while found := started(schedule):
        order += found
        schedule.ended(found[0], is_good=True)
    assert order == ["first", "then", "long", "short"]


def test_nothing_waits_for_a_round() -> None:
    jobs = [
        Job(name="slow", seconds=100),
        Job(name="quick", seconds=50),
        Job(name="next", seconds=1, after=frozenset({"quick"})),
    ]
    schedule = Schedule(jobs, TWO)
    assert started(schedule) == ["slow", "quick"]
    assert started(schedule) == []
    assert schedule.ended("quick", is_good=True) == []
    assert started(schedule) == ["next"]
    assert set(schedule.running) == {"slow", "next"}


def test_what_comes_after_a_failure_is_blocked_and_the_rest_goes_on() -> None:
    jobs = [
        Job(name="a"),
        Job(name="b", after=frozenset({"a"})),
        Job(name="c", after=frozenset({"b"})),
        Job(name="d"),
    ]
    schedule = Schedule(jobs, TWO)
    assert started(schedule) == ["a", "d"]
    assert schedule.ended("a", is_good=False) == ["b", "c"]
    assert schedule.ended("d", is_good=True) == []
    assert schedule.queued == 0


def test_what_nobody_bears_has_ended_already() -> None:
    assert started(Schedule([Job(name="a", after=frozenset({"there"}))], ONE)) == ["a"]


def test_memory_bounds_what_runs_at_once_and_never_stops_everything() -> None:
    jobs = [
        Job(name="huge", seconds=9, memory=300),
        Job(name="large", seconds=8, memory=70),
        Job(name="small", seconds=7, memory=20),
    ]
    schedule = Schedule(jobs, Room(slots=3, cores=4, memory=100))
    assert started(schedule) == ["huge"]
    schedule.ended("huge", is_good=True)
    assert started(schedule) == ["large", "small"]


def test_one_that_must_be_alone_is() -> None:
    jobs = [Job(name="alone", seconds=5, is_alone=True), Job(name="other", seconds=9)]
    schedule = Schedule(jobs, TWO)
    assert started(schedule) == ["other"]
    schedule.ended("other", is_good=True)
    assert started(schedule) == ["alone"]


def test_a_job_that_runs_once_more_runs_alone() -> None:
    schedule = Schedule([Job(name="a", seconds=9), Job(name="b")], TWO)
    assert started(schedule) == ["a", "b"]
    schedule.again("a")
    assert started(schedule) == []
    schedule.ended("b", is_good=True)
    assert started(schedule) == ["a"]


@pytest.mark.parametrize(
    ("count", "cores", "given"),
    [(1, 8, [8]), (2, 8, [4, 4]), (3, 8, [2, 3, 3]), (3, 2, [1, 1, 1])],
)
def test_cores_are_shared_out(count: int, cores: int, given: Sequence[int]) -> None:
    jobs = [Job(name=f"job-{number}") for number in range(count)]
    schedule = Schedule(jobs, Room(slots=3, cores=cores))
    assert [start.cores for start in schedule.start()] == given


def test_a_late_job_gets_the_cores_that_are_free() -> None:
    jobs = [Job(name="a", seconds=9), Job(name="b", seconds=9), Job(name="c")]
    schedule = Schedule(jobs, Room(slots=2, cores=8))
    list(schedule.start())
    schedule.ended("a", is_good=True)
    assert [start.cores for start in schedule.start()] == [4]
    schedule.ended("b", is_good=True)


def test_how_far_it_is_is_told() -> None:
    jobs = [
        Job(name="a", seconds=60),
        Job(name="b", seconds=40),
        Job(name="c", seconds=30),
        Job(name="d", seconds=10, after=frozenset({"c"})),
        Job(name="e"),
    ]
    schedule = Schedule(jobs, TWO)
    list(schedule.start())
    assert schedule.standing == Standing(
        running=frozenset({"a", "b"}), queued=3, unknown=1, seconds_left=40
    )
    schedule.ended("b", is_good=True)
    list(schedule.start())
    left = schedule.standing
    assert (left.running, left.queued, left.unknown) == (frozenset({"a", "c"}), 2, 1)
    assert left.seconds_left == 10


def test_a_cycle_is_named() -> None:
    jobs = [
        Job(name="a", after=frozenset({"c"})),
        Job(name="b", after=frozenset({"a"})),
        Job(name="c", after=frozenset({"b"})),
        Job(name="d"),
    ]
    with pytest.raises(Cycle) as raised:
        Schedule(jobs, ONE)
    assert sorted(raised.value.names) == ["a", "b", "c"]
    assert str(raised.value).count("→") == 3


@st.composite
def graphs(draw: st.DrawFn) -> list[Job]:
    """Jobs that come after some of those before them."""
    jobs: list[Job] = []
    for number in range(draw(st.integers(0, 12))):
        before = [job.name for job in jobs]
        after = draw(st.sets(st.sampled_from(before))) if before else set()
        jobs.append(
            Job(
                name=f"job-{number}",
                seconds=draw(st.floats(0, 100)),
                memory=draw(st.integers(0, 150)),
                after=frozenset(after),
                is_alone=draw(st.booleans()),
            )
        )
    return jobs


@given(graphs(), st.integers(1, 4), st.integers(0, 100), st.data())
def test_all_that_can_be_done_is_done_once_and_within_bounds(
    jobs: list[Job], slots: int, memory: int, data: st.DataObject
) -> None:
    room = Room(slots=slots, cores=4, memory=memory)
    schedule = Schedule(jobs, room)
    known = {job.name: job for job in jobs}
    good: set[str] = set()
    bad: set[str] = set()
    blocked: set[str] = set()
    while found := [start.job for start in schedule.start()] or schedule.running:
        for job in found if isinstance(found, list) else ():
            assert job.after <= good
            assert job.name not in good | bad | blocked
        running = [known[name] for name in schedule.running]
        assert len(running) <= slots
        assert len(running) == 1 or not any(job.is_alone for job in running)
        assert len(running) == 1 or not memory or sum(job.memory for job in running) <= memory
        name = data.draw(st.sampled_from(sorted(schedule.running)))
        is_good = data.draw(st.booleans())
        (good if is_good else bad).add(name)
        blocked |= set(schedule.ended(name, is_good=is_good))
    assert good | bad | blocked == set(known)
    assert schedule.queued == 0
    for name in blocked:
        assert known[name].after & (bad | blocked)


def test_what_is_postponed_runs_again_when_what_it_needs_is_there() -> None:
    schedule = Schedule([Job(name="a"), Job(name="b")], TWO)
    assert started(schedule) == ["a", "b"]
    schedule.postpone("a", [Job(name="needed")])
    schedule.postpone("b", [Job(name="needed")])
    assert started(schedule) == ["needed"]
    assert schedule.queued == 2
    assert schedule.ended("needed", is_good=True) == []
    assert sorted(started(schedule)) == ["a", "b"]
    schedule.postpone("a", [Job(name="needed")])
    assert started(schedule) == ["a"], "it is there already"


def test_what_is_needed_is_as_urgent_as_who_needs_it() -> None:
    schedule = Schedule([Job(name="a", seconds=9), Job(name="b", seconds=5)], ONE)
    assert started(schedule) == ["a"]
    schedule.postpone("a", [Job(name="needed", seconds=1)])
    assert started(schedule) == ["needed"]


def test_who_needs_what_failed_is_blocked() -> None:
    schedule = Schedule([Job(name="a")], ONE)
    assert started(schedule) == ["a"]
    schedule.postpone("a", [Job(name="needed")])
    assert started(schedule) == ["needed"]
    assert schedule.ended("needed", is_good=False) == ["a"]
    assert started(schedule) == []
    assert schedule.queued == 0


def test_a_circle_that_shows_late_is_named_and_its_last_job_runs_on() -> None:
    schedule = Schedule([Job(name="a")], TWO)
    assert started(schedule) == ["a"]
    schedule.postpone("a", [Job(name="b")])
    assert started(schedule) == ["b"]
    schedule.postpone("b", [Job(name="c")])
    assert started(schedule) == ["c"]
    with pytest.raises(Cycle, match="c → a → b → c"):
        schedule.postpone("c", [Job(name="a")])
    assert schedule.ended("c", is_good=False) == ["a", "b"]
    assert not schedule.running


def test_of_equals_the_one_that_was_named_first_goes_first() -> None:
    schedule = Schedule([Job(name=name) for name in "cab"], TWO)
    assert started(schedule) == ["c", "a"]


def test_what_becomes_known_on_the_way_changes_the_order_of_what_waits() -> None:
    schedule = Schedule([Job(name=name) for name in "abcde"], ONE)
    assert started(schedule) == ["a"]
    schedule.guess({"c": 7.0, "e": 1.0})
    schedule.learn([Job(name="d", seconds=90, memory=5)])
    assert schedule.standing.unknown == 3
    order = ["a"]
    while order[-1:] and schedule.running:
        schedule.ended(order[-1], is_good=True)
        order += started(schedule)
    assert order == ["a", "d", "c", "b", "e"]


def test_what_is_known_counts_and_no_guess_does() -> None:
    schedule = Schedule([Job(name="a", seconds=2), Job(name="b", seconds=3)], ONE)
    schedule.guess({"a": 100.0})
    assert started(schedule) == ["b"]


def test_memory_that_becomes_known_bounds_what_runs() -> None:
    room = Room(slots=2, cores=2, memory=10)
    schedule = Schedule([Job(name="a", memory=6), Job(name="b"), Job(name="c")], room)
    schedule.learn([Job(name="b", memory=6)])
    assert started(schedule) == ["a"]


def test_who_waits_is_as_long_as_what_follows_it_turns_out_to_be() -> None:
    jobs = [Job(name="a"), Job(name="b"), Job(name="after-b", after=frozenset({"b"}))]
    schedule = Schedule(jobs, ONE)
    schedule.learn([Job(name="a", seconds=50)])
    schedule.learn([Job(name="after-b", seconds=100)])
    assert started(schedule) == ["b"]
