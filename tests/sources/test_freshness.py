"""What HTTP lets a private cache keep, reuse and refresh, rule by rule (RFC 9111)."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

import pytest

from wheelwell.sources.freshness import (
    Stored,
    directives,
    kept,
    may_be_kept,
    seconds_of,
    strong_validator,
    varied,
)

NOW = 1_700_000_000.0


def at(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def stored(**headers: str) -> Stored:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Stored(headers=told, asked=NOW, answered=NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache_control": "max-age=60"}, 60),
        ({"cache_control": "public, Max-Age = 60"}, 60),
        ({"cache_control": 'max-age="60"'}, 60),
        ({"cache_control": "max-age=60, max-age=600"}, 60),
        ({"cache_control": "max-age=60", "age": "20"}, 40),
        ({"cache_control": "max-age=60", "date": at(NOW - 20)}, 40),
        ({"cache_control": "max-age=60", "date": at(NOW - 20), "age": "50"}, 10),
        ({"cache_control": "max-age=60", "date": at(NOW + 500)}, 60),
        ({"cache_control": "max-age=60", "expires": at(NOW + 600)}, 60),
        ({"cache_control": "s-maxage=600, max-age=60"}, 60),
        ({"expires": at(NOW + 60), "date": at(NOW)}, 60),
        ({"expires": at(NOW + 60)}, 60),
        ({"expires": at(NOW + 60), "date": at(NOW - 20)}, 60),
    ],
)
def test_answer_is_fresh_for_as_long_as_its_server_says(
    headers: dict[str, str], seconds: float
) -> None:
    answer = stored(**headers)
    assert answer.is_fresh(NOW + seconds - 1)
    assert not answer.is_fresh(NOW + seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": '"a"'},
        {"last_modified": at(NOW - 1e8)},
        {"cache_control": "no-cache, max-age=60"},
        {"cache_control": 'no-cache="Set-Cookie", max-age=60'},
        {"cache_control": "max-age=0"},
        {"cache_control": "max-age=soon", "expires": at(NOW + 60)},
        {"cache_control": "max-age=-5"},
        {"cache_control": "max-age=60", "age": "60"},
        {"expires": "0"},
        {"expires": "Thu, 99 Zzz 99999"},
    ],
)
def test_answer_of_which_nothing_says_how_long_it_is_good_is_asked_for_again(
    headers: dict[str, str],
) -> None:
    assert not stored(**headers).is_fresh(NOW)


def test_time_that_an_answer_was_under_way_counts() -> None:
    answer = stored(cache_control="max-age=60", age="1")
    assert answer.is_fresh(NOW)
    assert not replace(answer, asked=NOW - 59).is_fresh(NOW)


def test_answer_from_the_future_is_not_fresh() -> None:
    assert not stored(cache_control="max-age=60").is_fresh(NOW - 1)


def test_stale_answer_may_be_used_offline_unless_its_server_forbids_that() -> None:
    late = NOW + 1e6
    assert stored(cache_control="max-age=60").is_usable_offline(late)
    assert stored().is_usable_offline(late)
    assert not stored(cache_control="no-cache").is_usable_offline(late)
    strict = stored(cache_control="max-age=60, must-revalidate")
    assert strict.is_usable_offline(NOW)
    assert not strict.is_usable_offline(late)


def test_conditions_name_all_validators() -> None:
    modified = at(NOW - 5)
    assert stored(etag='W/"a"', last_modified=modified).conditions() == {
        "If-None-Match": 'W/"a"',
        "If-Modified-Since": modified,
    }
    assert stored().conditions() == {}


def test_confirmation_is_of_this_answer_or_of_none_in_particular() -> None:
    answer = stored(etag='"a"')
    assert answer.is_confirmed_by({})
    assert answer.is_confirmed_by({"etag": 'W/"a"'})
    assert not answer.is_confirmed_by({"etag": '"b"'})


def test_confirmation_makes_an_answer_fresh_again_and_leaves_its_body_alone() -> None:
    answer = stored(cache_control="max-age=60", age="59", content_type="a/b", date=at(NOW))
    answer = replace(answer, body=b"page")
    told = {"Cache-Control": "max-age=90", "Content-Type": "c/d", "Set-Cookie": "s=1"}
    again = answer.refreshed(told, asked=NOW + 500, answered=NOW + 500)
    assert again.body == b"page"
    assert again.headers == {"cache-control": "max-age=90", "content-type": "a/b"}
    assert again.is_fresh(NOW + 589)
    assert not again.is_fresh(NOW + 590)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, True),
        (200, {"cache-control": "private, no-cache"}, True),
        (200, {"cache-control": "max-age=60, No-Store"}, False),
        (200, {"vary": "Accept, *"}, False),
        (206, {"cache-control": "max-age=60"}, False),
        (404, {"cache-control": "max-age=60"}, False),
    ],
)
def test_answer_is_kept_if_it_is_whole_and_nobody_forbids_it(
    status: int, headers: dict[str, str], expected: bool
) -> None:
    assert may_be_kept(status, headers) is expected


def test_answer_is_for_requests_that_are_alike_in_what_it_varies_by() -> None:
    headers = {"vary": "Accept, X-Token"}
    answer = replace(stored(**headers), varied=varied(headers, {"accept": "a", "X-Token": "T0KEN"}))
    assert answer.is_for({"Accept": "a", "x-token": "T0KEN", "Range": "bytes=1-"})
    assert not answer.is_for({"Accept": "a"})
    assert not answer.is_for({"Accept": "b", "X-Token": "T0KEN"})
    assert "T0KEN" not in repr(answer)
    assert stored().is_for({"Accept": "whatever"})


def test_only_fields_that_caching_needs_are_kept() -> None:
    told = {"ETag": '"a"', "Set-Cookie": "s=secret", "Location": "https://host.example/?t=secret"}
    assert kept(told) == {"etag": '"a"'}


def test_directives_may_be_quoted_and_hold_commas() -> None:
    told = {"cache-control": 'private="a, b", , max-age=5,no-store'}
    assert directives(told) == {"private": "a, b", "max-age": "5", "no-store": ""}


@pytest.mark.parametrize("text", ["", "0", "yesterday", "Mon, 32 Jan 2024 99:99:99 GMT", "-1"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert seconds_of(text) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": '"a"', "last-modified": at(NOW)}, '"a"'),
        ({"etag": 'W/"a"', "last-modified": at(NOW - 1e6), "date": at(NOW)}, ""),
        ({"last-modified": at(NOW - 60), "date": at(NOW)}, at(NOW - 60)),
        ({"last-modified": at(NOW - 59), "date": at(NOW)}, ""),
        ({"last-modified": at(NOW - 60)}, ""),
        ({}, ""),
    ],
)
def test_only_a_strong_validator_lets_a_download_go_on(
    headers: dict[str, str], expected: str
) -> None:
    assert strong_validator(headers) == expected
