"""Sizes and ages are read as people write them, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelwell.errors import ConfigurationError
from wheelwell.quantities import as_age, as_size, parse_age, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000000", 10**6),
        ("512 B", 512),
        ("20GB", 20 * 10**9),
        ("20 gb", 20 * 10**9),
        ("1.5M", 1_500_000),
        ("2 GiB", 2 << 30),
        ("1TiB", 1 << 40),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1 XB", "1e9", "ten", "1,5 GB", "nan", "inf"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5 min", 300), ("12h", 43200), ("30d", 2592000), ("2 weeks", 1209600)],
)
def test_ages(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1 fortnight", "1h30m"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no age"):
        parse_age(text)


@given(st.integers(0, 10**15))
def test_a_size_that_is_shown_is_read_as_nearly_the_same(size: int) -> None:
    assert parse_size(as_size(size)) == pytest.approx(size, rel=0.06, abs=1)


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB")]
)
def test_sizes_are_shown_in_the_unit_that_fits(size: int, shown: str) -> None:
    assert as_size(size) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-1, "0 s"), (59, "59 s"), (7200, "2 h"), (3e6, "35 d"), (4e8, "13 y")]
)
def test_ages_are_shown_in_the_unit_that_fits(seconds: float, shown: str) -> None:
    assert as_age(seconds) == shown
