"""What a source says that it is survives being remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wheelwell.identity import Identity

FOO = Identity(name="foo", version="1.0", requires_python=">=3.11", languages=("c", "c++"))


def test_what_was_remembered_is_the_same() -> None:
    assert Identity.from_json(json.loads(json.dumps(FOO.to_json()))) == FOO


@pytest.mark.parametrize("value", [None, [], "foo", 1, {}, {**FOO.to_json(), "languages": 1}])
def test_something_else_is_one_of_two_errors(value: Any) -> None:
    with pytest.raises((KeyError, TypeError)):
        Identity.from_json(value)


@pytest.mark.parametrize(
    ("name", "version", "is_complete"),
    [("foo", "1.0", True), ("", "1.0", False), ("foo", "", False), ("", "", False)],
)
def test_it_is_complete_with_name_and_version(name: str, version: str, is_complete: bool) -> None:
    assert Identity(name=name, version=version).is_complete == is_complete
