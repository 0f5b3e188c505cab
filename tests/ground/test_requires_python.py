"""`Requires-Python` is read as `packaging` reads it, with or without it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from wheelwell.requires_python import admits

NUMBERS = st.sampled_from(["0", "2", "3", "8", "9", "10", "11", "13", "013"])
RELEASES = st.lists(NUMBERS, min_size=1, max_size=6).map(".".join)
OPERATORS = st.sampled_from([">=", "<", ">", "<=", "==", "!=", "~=", "==="])
PLAIN = st.sampled_from([">=", "<", "<=", ">", "!="])
SUFFIXES = st.sampled_from(["", "", "", ".*", "rc1", ".dev0", ".post1", "+local"])
SPACES = st.sampled_from(["", "", " "])


def clauses(
    operators: st.SearchStrategy[str], suffixes: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    clause = st.tuples(SPACES, operators, SPACES, RELEASES, suffixes, SPACES).map("".join)
    return st.lists(clause, max_size=3).map(",".join)


PYTHONS = st.tuples(
    st.sampled_from(["2", "3", "4"]),
    st.sampled_from([".0", ".8", ".11", ".13"]),
    st.sampled_from(["", ".0", ".1", ".13"]),
    st.sampled_from(["", "", "", "rc1", "a2", "+"]),
).map("".join)


@settings(deadline=None, max_examples=500)
@given(
    clauses(PLAIN, st.just(""))
    | clauses(st.just("!="), st.just(".*"))
    | clauses(OPERATORS, SUFFIXES),
    PYTHONS,
)
def test_answer_is_that_of_packaging(requires_python: str, version: str) -> None:
    try:
        python = Version(f"{version}local" if version.endswith("+") else version)
        expected = SpecifierSet(requires_python).contains(python, prereleases=True)
    except ValueError:
        expected = True
    assert admits(requires_python, version) == expected


@settings(deadline=None)
@given(st.text("0123456789.,<>=!~* ٣²", max_size=12), st.sampled_from(["3.13.0", "3.15.0a1"]))
def test_what_packaging_cannot_read_admits_all(requires_python: str, version: str) -> None:
    try:
        SpecifierSet(requires_python)
    except InvalidSpecifier:
        assert admits(requires_python, version)


@pytest.mark.parametrize(
    ("requires_python", "version", "is_admitted"),
    [
        ("", "3.13.0", True),
        (">=3.9", "3.13.0", True),
        (">=3.14", "3.13.0", False),
        (">=3.9,<3.13", "3.13.0", False),
        (">=3.9,<3.13", "3.12.9", True),
        (">=3.13.0.0.0.0", "3.13", True),
        ("<3.13.0.0.0.0.0", "3.13", False),
        (">=2.7,!=3.0.*,!=3.1.*", "3.13.0", True),
        (">=2.7,!=3.0.*,!=3.1.*", "3.1.5", False),
        ("!=3.13.0.*", "3.13", False),
        ("!=3.1", "3.1.0", False),
        ("~=3.9", "3.13.0", True),
        (">=3.15", "3.15.0a2", False),
        (">=3.9", "3.15.0a2+", True),
        (">=3.9,<4", "3.14.0+", True),
        ("any", "3.13.0", True),
        (">=3.9", "not a version", True),
        (f">={'9' * 5000}", "3.13.0", True),
    ],
)
def test_answer_is_known(requires_python: str, version: str, is_admitted: bool) -> None:
    assert admits(requires_python, version) == is_admitted


def test_usual_answer_needs_no_packaging() -> None:
    script = (
        "import sys; from wheelwell.requires_python import admits; "
        "assert admits('>=3.9, <4', '3.13.0'); assert not admits('>=3.14', '3.13.0'); "
        "assert admits('>=2.7, !=3.0.*, !=3.1.*, !=3.2', '3.13.0'); "
        "assert 'packaging' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
