"""An instant is read in many spellings, and written in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelwell.errors import ConfigurationError
from wheelwell.instants import AUTO, UPLOAD, instant, parse_as_of, seconds

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=OFFSETS,
)


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-15T12:00:00Z",
        "2024-11-15t12:00:00z",
        "2024-11-15 12:00:00Z",
        "2024-11-15T12:00Z",
        " 2024-11-15T12:00:00.999999Z ",
        "2024-11-15T12:00:00+00:00",
        "2024-11-15T14:30:00+02:30",
        "2024-11-14T23:00:00-13:00",
    ],
)
def test_one_moment_is_one_text_however_it_is_spelled(text: str) -> None:
    assert parse_as_of(text) == "2024-11-15T12:00:00Z"


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2024-11-15", "2024-11-16T00:00:00Z"),
        ("2024-02-28", "2024-02-29T00:00:00Z"),
        ("2024-12-31", "2025-01-01T00:00:00Z"),
    ],
)
def test_a_date_is_the_end_of_that_day_in_utc(day: str, end: str) -> None:
    assert parse_as_of(day) == end


@pytest.mark.parametrize("text", ["", UPLOAD, AUTO])
def test_words_stay_as_they_are(text: str) -> None:
    assert parse_as_of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "Upload", "2024", "2024-11", "20241115", "2024-W46-5", "15.11.2024"),
        *("2024-02-30", "2024-13-01", "0000-01-01", "9999-12-31", "\uff12\uff10\uff12\uff14-11-15"),
        *("2024-11-15T12:00:00", "2024-11-15T12Z", "2024-11-15T25:00:00Z", "2024-11-15T12:00:60Z"),
        *("2024-11-15T12:00:00+24:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        *("2024-11-15T12:00:00Z and more", "1731672000"),
    ],
)
def test_what_is_no_date_is_refused_with_what_to_give(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_as_of(text)
    assert repr(text) in caught.value.message
    assert "2024-11-15" in caught.value.hint


@given(MOMENTS, MOMENTS)
def test_instants_compare_as_the_moments_do(first: datetime, second: datetime) -> None:
    one, other = instant(first.isoformat()), instant(second.isoformat())
    whole = [moment.astimezone(UTC).replace(microsecond=0) for moment in (first, second)]
    assert (one < other) == (whole[0] < whole[1])
    assert seconds(one) == whole[0].timestamp()


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_that_it_is_no_date(text: str) -> None:
    assert instant(text) == "" or parse_as_of(text) == instant(text)
    try:
        found = parse_as_of(text)
    except ConfigurationError:
        return
    assert parse_as_of(found) == found
