"""What leaves a cache: no more than must, the least worth first, and nothing that is to stay."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from wheelwell.collection import RECENT, Candidate, is_free, plan, worth
from wheelwell.limits import Limits

NOW = 2e9
DAY = 86400.0
OLD = Candidate(
    kind="wheels", name="old", path="/old", size=1000, used=NOW - 10 * DAY, seconds=10.0
)

candidates = st.lists(
    st.builds(
        Candidate,
        kind=st.sampled_from(["wheels", "sources"]),
        name=st.text(max_size=3),
        path=st.uuids().map(str),
        size=st.integers(0, 10**12),
        used=st.floats(NOW - 1000 * DAY, NOW + DAY),
        seconds=st.floats(0, 1e6),
        kept=st.sampled_from(["", "it is pinned"]),
    ),
    max_size=30,
)
limits = st.builds(
    Limits,
    size=st.none() | st.integers(0, 10**13),
    age=st.none() | st.floats(0, 1000 * DAY),
)


@given(candidates, limits)
def test_what_is_recent_or_kept_stays(found: list[Candidate], limit: Limits) -> None:
    for removal in plan(found, limit, now=NOW).removals:
        assert not removal.candidate.kept
        assert NOW - removal.candidate.used > RECENT


@given(candidates, limits, st.integers(0, 10**12))
def test_a_plan_keeps_within_the_limit_or_says_by_how_much_it_cannot(
    found: list[Candidate], limit: Limits, other: int
) -> None:
    made = plan(found, limit, now=NOW, other=other)
    gone = {removal.candidate.path for removal in made.removals}

    assert made.before == other + sum(each.size for each in found)
    assert made.after == made.before - sum(each.size for each in found if each.path in gone)
    if limit.size is not None:
        assert made.excess == max(0, made.after - limit.size)
        assert not made.excess or not any(
            is_free(each, now=NOW) and each.size for each in found if each.path not in gone
        )


@given(candidates, limits)
def test_no_more_goes_than_must(found: list[Candidate], limit: Limits) -> None:
    made = plan(found, limit, now=NOW)
    for_room = [each.candidate for each in made.removals if "limit" in each.reason]
    if for_room:
        assert limit.size is not None
        assert made.after + for_room[-1].size > limit.size


@given(candidates, limits)
def test_what_is_worth_less_goes_first(found: list[Candidate], limit: Limits) -> None:
    made = plan(found, limit, now=NOW)
    gone = {each.candidate.path for each in made.removals}
    for_room = [worth(each.candidate, now=NOW) for each in made.removals if "limit" in each.reason]
    left = [worth(e, now=NOW) for e in found if e.path not in gone and is_free(e, now=NOW)]

    assert for_room == sorted(for_room)
    if for_room and left:
        assert for_room[-1] <= min(left)


@given(candidates, limits)
def test_nothing_goes_twice(found: list[Candidate], limit: Limits) -> None:
    gone = [each.candidate.path for each in plan(found, limit, now=NOW).removals]
    assert len(gone) == len({*gone})


@given(candidates)
def test_without_limits_everything_stays(found: list[Candidate]) -> None:
    assert plan(found, Limits(), now=NOW).removals == ()


def test_of_two_alike_the_one_used_longer_ago_goes() -> None:
    newer = replace(OLD, path="/newer", used=NOW - 5 * DAY)
    assert gone([OLD, newer], Limits(size=1500)) == ["/old"]


def test_what_is_dear_to_build_stays_longer_than_what_is_cheap() -> None:
    dear = replace(OLD, path="/dear", used=NOW - 50 * DAY, seconds=7200.0)
    assert gone([dear, OLD], Limits(size=1500)) == ["/old"]


def test_what_is_large_goes_before_what_is_small() -> None:
    large = replace(OLD, path="/large", size=5000)
    assert gone([OLD, large], Limits(size=1500)) == ["/large"]


def test_what_was_not_used_for_the_age_limit_goes_and_what_was_stays() -> None:
    younger = replace(OLD, path="/younger", used=NOW - 9 * DAY)
    assert gone([OLD, younger], Limits(age=9.5 * DAY)) == ["/old"]


def gone(found: list[Candidate], limit: Limits) -> list[str]:
    return [each.candidate.path for each in plan(found, limit, now=NOW).removals]
