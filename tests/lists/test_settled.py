"""Constraints have a say where they want what a request does not have; nothing said gets lost."""

from __future__ import annotations

import pytest

from wheelwell.lists.kept import kept
from wheelwell.lists.requirements import parse
from wheelwell.lists.settled import undecided

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("request_", "constraint", "is_decided"),
    [
        ("a==1.0", "b<1", True),
        ("a==1.0", "A<2", True),
        ("a==1.0", "a<1", False),
        ("a==1.0", "a<1 ; python_version < '3'", False),  # who resolves looks at markers
        ("a==1.0rc1", "a>=0.5", True),
        ("a===weird", "a<1", False),
        ("a>=1", "a<2", False),
        ("a", "a==1.0", False),
        ("a==1.0", "a @ https://h.example/a-1.0.zip", False),
        ("a @ https://h.example/a-1.0.zip", "a @ https://h.example/a-1.0.zip", True),
        ("a @ https://h.example/a-1.0.zip", "a<2", False),
        ("./a", "b<1", True),
    ],
)
def test_undecided(request_: str, constraint: str, is_decided: bool) -> None:
    requests = parse(request_, "/d")
    left = undecided(requests, parse(constraint, "/d"))
    assert left == ([] if is_decided else requests)


def test_hashes_and_settings_of_lines_are_kept_while_a_list_is_resolved() -> None:
    asked = parse(f"a>=1 -C x=y\nB.c>=1 --hash=sha256:{SHA}\n./d -C z=1\n", "/d")
    resolved = parse(f"a==1.5 --hash=sha256:{'cd' * 32}\nb-c==2.0\n./d\ne==1.0\n", "/d")
    first, second, third, fourth = kept(resolved, asked)
    assert (first.pin, first.config) == ("1.5", (("x", ("y",)),))
    assert first.hashes == (f"sha256:{'cd' * 32}",)
    assert second.hashes == (f"sha256:{SHA}",)
    assert third.config == (("z", ("1",)),)
    assert fourth == resolved[3]
