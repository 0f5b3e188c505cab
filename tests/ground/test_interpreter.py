"""An interpreter tells what is in the key, and survives being remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.values import CPYTHON_313
from wheelwell.interpreter import Interpreter

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*CPYTHON_313.to_json()]), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("version", "series", "keyed"),
    [
        ("3.13.0", "3.13", "3.13"),
        ("3.13.11", "3.13", "3.13"),
        ("3.9.25", "3.9", "3.9"),
        ("3.15.0a2", "3.15", "3.15.0a2"),
        ("3.15.0b1", "3.15", "3.15.0b1"),
        ("3.15.0rc1", "3.15", "3.15.0rc1"),
        ("3.14.0+", "3.14", "3.14.0+"),
    ],
)
def test_only_before_its_final_release_is_the_full_version_keyed(
    version: str, series: str, keyed: str
) -> None:
    interpreter = replace(CPYTHON_313, version=version)
    assert interpreter.series == series
    assert interpreter.inputs()["version"] == keyed


def test_what_was_remembered_is_the_same() -> None:
    text = json.dumps(CPYTHON_313.to_json())
    assert Interpreter.from_json(json.loads(text)) == CPYTHON_313


@pytest.mark.parametrize("name", [*CPYTHON_313.to_json()])
def test_every_field_must_be_there(name: str) -> None:
    value = CPYTHON_313.to_json()
    del value[name]
    with pytest.raises(KeyError):
        Interpreter.from_json(value)


@settings(deadline=None)
@given(JSON)
def test_something_else_is_one_of_four_errors(value: Any) -> None:
    mixed = CPYTHON_313.to_json() | value if isinstance(value, dict) else value
    for each in (value, mixed):
        try:
            assert isinstance(Interpreter.from_json(each), Interpreter)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
