"""A value of another kind than its format has is told by the list's name, wherever it stands."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz.targets import LISTS
from support.values import CPYTHON_313
from wheelwell.errors import ConfigurationError
from wheelwell.lists import reading
from wheelwell.lists.wanted import Choice

ODD: tuple[Any, ...] = (
    0,
    1.5,
    True,
    "",
    "x",
    "\0",
    "http://[",
    [],
    [[]],
    [0],
    {},
    {"": 0},
    [{}],
    ["x["],
)
CHOICES = [
    Choice(environment=CPYTHON_313.markers),
    Choice(environment=CPYTHON_313.markers, extras=("x",), groups=("g",)),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with every key or place in it."""
    for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


@pytest.mark.parametrize("name", LISTS)
def test_each_value_may_be_anything(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tomllib.loads(LISTS[name].decode())
    monkeypatch.setattr(reading, "_toml", lambda _: data)
    path = os.fspath(tmp_path / name)
    assert all(wanted(path))  # as it is, it means something
    refused = 0
    for container, key in list(places(data)):
        kept = container[key]
        for odd in ODD:
            container[key] = odd
            refused += wanted(path).count(False)
        container[key] = kept
        if isinstance(container, dict):
            del container[key]
            refused += wanted(path).count(False)
            container[key] = kept
    assert refused > 100


def wanted(path: str) -> list[bool]:
    """Say for each choice whether a list is read; where it is not, it must be told by its name."""
    return [_is_read(path, choice) for choice in CHOICES]


def _is_read(path: str, choice: Choice) -> bool:
    try:
        reading.read(path).select(choice)
    except ConfigurationError as error:
        told = error.message
    else:
        return True
    assert path in told
    return False
