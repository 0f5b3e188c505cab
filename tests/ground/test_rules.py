"""What a resolver may choose is told to uv as far as it can be, and else to pip."""

from __future__ import annotations

import pytest

from wheelwell.errors import ConfigurationError
from wheelwell.opposites import ALL, Opposites, names_in
from wheelwell.rules import Rules

SOME = Opposites(yes=frozenset({"b", "a"}), no=frozenset({"c"}))
EVERY = Opposites(yes=frozenset({ALL}))


@pytest.mark.parametrize(
    ("rules", "lines", "suits_uv", "variables"),
    [
        (Rules(), "", True, {}),
        (Rules(formats=SOME), "--no-binary a,b\n--only-binary c\n", True, {}),
        (Rules(releases=EVERY), "--pre\n", True, {"UV_PRERELEASE": "allow"}),
        (
            Rules(releases=Opposites(no=frozenset({ALL}))),
            "--only-final :all:\n",
            True,
            {"UV_PRERELEASE": "disallow"},
        ),
        (Rules(releases=SOME), "--all-releases a,b\n--only-final c\n", False, {}),
        (Rules(prefers_binary=True), "--prefer-binary\n", False, {}),
    ],
)
def test_rules(rules: Rules, lines: str, suits_uv: bool, variables: dict[str, str]) -> None:
    assert (rules.lines(), rules.suits_uv, rules.for_uv()) == (lines, suits_uv, variables)


def test_a_name_counts_before_all() -> None:
    sides = EVERY.put(["a"], side=False)
    assert [sides.side_of(name) for name in ("a", "b")] == [False, True]
    assert Opposites().side_of("a") is None
    assert SOME.put([":none:"], side=True).side_of("a") is None


@pytest.mark.parametrize("text", ["", ",", "a b", "a,--b", "-", ":some:"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--no-binary"):
        names_in(text, "--no-binary")
