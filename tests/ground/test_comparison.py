"""Each difference between two archives is told once, with the cause that it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wheelwell.comparison import Member, compare, required
from wheelwell.digest import sha256_chunks

ONE = Member(
    name="a.py",
    sha256=sha256_chunks([b"a"]),
    size=1,
    time="1980-01-01 00:00:00",
    mode=0o100644,
    method=8,
)
TWO = replace(ONE, name="b.py")


def told(
    first: list[Member], second: list[Member], old: bytes = b"", new: bytes = b""
) -> list[str]:
    found = compare(first, second, contents=lambda _: (old, new))
    return [f"{each.file}: {each.what} [{each.cause}]" for each in found]


def test_archives_that_are_alike_have_no_differences() -> None:
    assert told([ONE, TWO], [ONE, TWO]) == []


def test_the_order_of_files_is_told() -> None:
    [line] = told([ONE, TWO], [TWO, ONE])
    assert "another order" in line


def test_a_file_that_only_one_has_is_told() -> None:
    [line] = told([ONE, TWO], [ONE])
    assert line.startswith("b.py: it is in the first wheel only")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(ONE, time="2026-11-21 00:00:00"), "SOURCE_DATE_EPOCH"),
        (replace(ONE, mode=0o100600), "umask"),
        (replace(ONE, method=0), "compressed"),
    ],
    ids=["time", "mode", "method"],
)
def test_what_the_archive_tells_of_a_file_is_compared(changed: Member, words: str) -> None:
    [line] = told([ONE], [changed])
    assert words in line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"built 2026-11-20 x", b"built 2026-11-21 x", "build times"),
        (b"at 1795239200", b"at 1795239999", "build times"),
        (b"__FILE__ /tmp/a1/x.c", b"__FILE__ /tmp/b2/x.c", "-ffile-prefix-map"),
        (b"one\ntwo\n", b"two\none\n", "order"),
        (b"abc", b"abd", "[]"),
    ],
)
def test_the_cause_of_a_difference_in_content(old: bytes, new: bytes, words: str) -> None:
    changed = replace(ONE, sha256=sha256_chunks([b"other"]))
    [line] = told([ONE], [changed], old, new)
    assert words in line


def test_build_requirements_that_floated_are_told() -> None:
    [finding] = required({"a": "1", "b": "1"}, {"a": "2", "b": "1"})
    assert finding.what == "the build requirement a was 1, and is 2"
    assert "--build-as-of" in finding.cause


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (b"t = 1763700000123456789", b"t = 1763700001123456789", "SOURCE_DATE_EPOCH"),
        (b"t = 1763700000123", b"t = 1763700001123", "SOURCE_DATE_EPOCH"),
        (b"{'a', 'b'}", b"{'b', 'a'}", "order"),
        (b"v = 12", b"v = 21", "[]"),
    ],
)
def test_a_cause_is_told_only_where_it_shows(old: bytes, new: bytes, cause: str) -> None:
    other = replace(ONE, sha256=sha256_chunks([new]))
    [line] = told([ONE], [other], old, new)
    assert cause in line
