"""The lines of a failed build name what a source forgot to declare, and nothing that is gone."""

from __future__ import annotations

import pytest

from wheelwell.suspects import named_first, undeclared


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("mypyc", "mypyc"),
        ("the_back", ""),  # a requirement of that name is there
        ("theback.old", ""),  # a newer version of it may have moved that
        ("pkg_resources", ""),  # an older setuptools had it
        ("distutils", ""),  # an older Python had these
        ("imp", ""),
        ("cgi", ""),
    ],
)
def test_a_module_that_none_ever_brought_is_undeclared(module: str, missing: str) -> None:
    lines = ["Traceback", f"ModuleNotFoundError: No module named '{module}'"]
    assert undeclared({"the-back": "1.0"}, lines) == missing


def test_what_the_lines_name_comes_first() -> None:
    found = named_first({"a": "1", "the-back": "2"}, ["ConfigurationError in The_Back: no"])
    assert [*found] == ["the-back", "a"]
