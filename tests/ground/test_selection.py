"""Entries are chosen by when they were built and used, and by what they were built with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.values import GCC, PURE, record_of
from wheelwell.errors import UsageError
from wheelwell.selection import Selection, built_at
from wheelwell.toolchain import Toolchain

RECORD = record_of(replace(PURE, toolchain=Toolchain(compilers=(GCC,))))
BUILT = built_at(RECORD)


def test_when_it_was_built_and_used() -> None:
    assert Selection().chooses(RECORD, used=BUILT)
    assert Selection(built_before=BUILT + 1).chooses(RECORD, used=BUILT)
    assert not Selection(built_before=BUILT).chooses(RECORD, used=BUILT)
    assert Selection(used_before=BUILT + 1).chooses(RECORD, used=BUILT)
    assert not Selection(used_before=BUILT).chooses(RECORD, used=BUILT)


@pytest.mark.parametrize(
    "text",
    [
        "setuptools",
        "SetupTools<81",
        "setuptools==80.9.0",
        "setuptools>=80,<81",
        "gcc",
        "gcc<13",
        "cc",
    ],
)
def test_what_it_was_built_with(text: str) -> None:
    assert Selection(built_with=(text,)).chooses(RECORD, used=BUILT)


@pytest.mark.parametrize(
    "text", ["setuptools<80", "wheel", "gcc<12", "clang", "setuptools!=80.9.0"]
)
def test_what_it_was_not_built_with(text: str) -> None:
    assert not Selection(built_with=(text,)).chooses(RECORD, used=BUILT)


def test_all_that_is_asked_must_hold() -> None:
    assert not Selection(built_with=("setuptools", "wheel")).chooses(RECORD, used=BUILT)


@pytest.mark.parametrize("text", ["", "<1", "a<<1", "a b", "a>=x y"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Selection(built_with=(text,))


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("gcc (Debian 12.2.0-14) 12.2.0", "12.2.0"),
        ("gcc (GCC) 11.4.1 20230605 (Red Hat 11.4.1-2.1.0)", "11.4.1"),
        ("Ubuntu clang version 14.0.0-1ubuntu1.1", "14.0.0"),
        ("Apple clang version 15.0.0 (clang-1500.3.9.4)", "15.0.0"),
        ("rustc 1.82.0 (f6e511eec 2024-10-15)", "1.82.0"),
    ],
)
def test_the_version_of_a_compiler_is_the_one_that_it_tells_first(told: str, version: str) -> None:
    compiler = replace(GCC, version=told)
    record = record_of(replace(PURE, toolchain=Toolchain(compilers=(compiler,))))
    assert Selection(built_with=(f"gcc=={version}",)).chooses(record, used=BUILT)
