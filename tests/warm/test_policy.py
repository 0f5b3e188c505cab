"""What is built: names count more than `:all:`, as with pip."""

from __future__ import annotations

from wheelwell.warm.policy import Policy

ALL = frozenset({":all:"})
NUMPY = frozenset({"numpy"})


def test_without_a_word_all_may_be_built_and_nothing_must() -> None:
    assert (Policy().must_build("numpy"), Policy().may_build("numpy")) == (False, True)


def test_all_but_some_are_built() -> None:
    policy = Policy(built=ALL, never_built=NUMPY)

    assert (policy.must_build("lxml"), policy.may_build("lxml")) == (True, True)
    assert (policy.must_build("numpy"), policy.may_build("numpy")) == (False, False)


def test_none_but_some_are_built() -> None:
    policy = Policy(built=NUMPY, never_built=ALL)

    assert (policy.must_build("numpy"), policy.may_build("numpy")) == (True, True)
    assert (policy.must_build("lxml"), policy.may_build("lxml")) == (False, False)
