"""Sums are what the events come to, however they are rolled up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wheelwell.statistics import EVENTS, Event, Sums, date_of, rolled_up, summed

events = st.lists(
    st.builds(
        Event,
        at=st.integers(0, 10 * 86400).map(float),
        event=st.sampled_from(EVENTS),
        project=st.sampled_from(["", "foo", "bar"]),
        count=st.integers(1, 5),
        seconds=st.integers(0, 1000).map(float),
        size=st.integers(0, 10**9),
    ),
    max_size=40,
)


@given(events)
def test_rolled_up_events_come_to_the_same(found: list[Event]) -> None:
    assert summed(rolled_up(found)) == summed(found)
    assert rolled_up(rolled_up(found)) == rolled_up(found)


@given(events, events)
def test_rolling_up_in_parts_comes_to_the_same(some: list[Event], others: list[Event]) -> None:
    assert rolled_up([*rolled_up(some), *others]) == rolled_up([*some, *others])


@given(events)
def test_the_days_and_the_projects_come_to_the_whole(found: list[Event]) -> None:
    told = summed(found)
    assert sum(day.hits for day in told.days.values()) == told.total.hits
    named = sum(each.hits for each in told.projects.values())
    unnamed = sum(each.count for each in found if not each.project and each.event == "hit")
    assert named + unnamed == told.total.hits


def test_what_each_event_counts_as() -> None:
    told = summed([Event(at=0, event=event, seconds=2, size=3) for event in EVENTS]).total
    assert (told.hits, told.misses, told.builds, told.failures, told.removals) == (1, 3, 1, 1, 1)
    assert (told.seconds_saved, told.seconds_built) == (2, 6)
    assert (told.bytes_served, told.bytes_removed) == (3, 3)
    assert told.hit_rate == 0.25
    assert Sums().hit_rate is None


def test_only_what_is_asked_for_is_summed() -> None:
    found = [Event(at=day * 86400.0, event="hit", project=p) for day in (0, 1) for p in ("a", "b")]
    assert summed(found, projects=["a"]).total.hits == 2
    assert summed(found, since=1).total.hits == 2


def test_days_are_dates() -> None:
    assert date_of(0) == "1970-01-01"
    assert date_of(20778) == "2026-11-21"
