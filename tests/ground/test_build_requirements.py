"""A build requirement has one spelling in the key, and no credentials."""

from __future__ import annotations

import pytest

from wheelwell.build_requirements import build_requirement
from wheelwell.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Foo_Bar", "foo-bar"),
        ("foo>=2, <3", "foo<3,>=2"),
        ("foo [b,A] == 1 ; python_version > '3'", 'foo[A,b]==1; python_version > "3"'),
        ("foo @ https://files.example/foo.zip", "foo @ https://files.example/foo.zip"),
        (
            "foo @ https://files.example/f.zip#sha256=ab",
            "foo @ https://files.example/f.zip#sha256=ab",
        ),
    ],
)
def test_a_requirement_has_one_spelling(text: str, told: str) -> None:
    assert build_requirement(text) == told


@pytest.mark.parametrize("text", ["", "foo==", "./foo", "foo bar", "-r file"])
def test_what_is_no_requirement_is_an_error(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not a build requirement"):
        build_requirement(text)


@pytest.mark.parametrize(
    "text",
    [
        "foo @ https://ada:hunter2@files.example/foo.zip",
        "foo @ https://files.example/foo.zip?token=hunter2",
        "foo @ https://ada:hunter2@files.example/foo.zip ; nonsense",
    ],
)
def test_credentials_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        build_requirement(text)
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"
