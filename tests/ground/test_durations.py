"""How long a build may take is guessed from its source, well enough for an order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wheelwell.durations import guess

SIZES = st.integers(min_value=0, max_value=1 << 40)


@given(SIZES, SIZES)
def test_what_compiles_nothing_is_quick_however_large_it_is(size: int, other: int) -> None:
    assert guess(size, ()) == guess(other, ())
    assert guess(size, ()) <= guess(other, ("c",))


@given(SIZES, SIZES)
def test_more_source_takes_longer(size: int, more: int) -> None:
    assert guess(size, ("c",)) <= guess(size + more, ("c",))


def test_c_plus_plus_and_rust_take_longer_than_c() -> None:
    assert guess(100_000, ("c", "c++")) > guess(100_000, ("c",))
    assert guess(100_000, ("rust",)) > guess(100_000, ("c",))
