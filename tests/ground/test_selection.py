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
