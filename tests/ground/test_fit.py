"""A wheel fits by its tags, and where it is native by the C library that it was linked to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from support.values import CPYTHON_313, record_of
from wheelwell.fit import misfit, tags_of

TAG = st.text("abcp3_019", min_size=1, max_size=6)
SETS = st.lists(TAG, min_size=1, max_size=3).map(".".join)
PYTHONS = st.lists(TAG.map("py".__add__), min_size=1, max_size=3).map(".".join)


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp313-abi3-linux_x86_64",
        "cp312.cp313-abi3-linux_x86_64",
    ],
)
def test_wheel_with_a_tag_of_the_interpreter_fits(tag: str) -> None:
    assert misfit(CPYTHON_313, record_of(filename=f"foo-1.0-{tag}.whl")) == ""


@pytest.mark.parametrize("tag", ["py2-none-any", "cp312-cp312-linux_x86_64", "cp313-none-win32"])
def test_wheel_without_one_does_not_fit_and_is_told_why(tag: str) -> None:
    record = record_of(filename=f"foo-1.0-{tag}.whl")
    assert record.filename in misfit(CPYTHON_313, record)
    assert misfit(replace(CPYTHON_313, tags=(tag,)), record) == ""


@pytest.mark.parametrize(
    ("here", "there", "is_fit"),
    [
        (("glibc", "2.36"), "glibc 2.36", True),
        (("glibc", "2.36"), "glibc 2.9", True),
        (("glibc", "2.36"), "glibc 2.38", False),
        (("musl", "1.2"), "musl 1.2.5", False),
        (("", ""), "", True),
    ],
)
def test_native_wheel_fits_no_older_libc(here: tuple[str, str], there: str, is_fit: bool) -> None:
    host = replace(CPYTHON_313, libc=here)
    observed = replace(record_of().observed, libc=there)
    assert (misfit(host, record_of(observed=observed)) == "") == is_fit
    assert misfit(host, record_of(observed=observed, native=())) == ""


@settings(deadline=None)
@given(PYTHONS, SETS, SETS, st.sampled_from(["", "-1", "-2build"]))
def test_tags_are_those_that_packaging_reads(
    pythons: str, abis: str, platforms: str, build: str
) -> None:
    filename = f"foo-1.0{build}-{pythons}-{abis}-{platforms}.whl"
    expected = {str(tag) for tag in parse_wheel_filename(filename)[3]}
    assert tags_of(filename) == expected


@pytest.mark.parametrize("filename", ["", "x.whl", "foo-1.0.whl", "a-b-c-d-e-f-g.whl"])
def test_other_file_has_no_tags(filename: str) -> None:
    assert tags_of(filename) == set()
