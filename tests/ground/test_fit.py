"""A wheel fits by its tags, and where it is native by the C library that it was linked to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from support.values import CPYTHON_313, record_of
from wheelwell.fit import misfit, tags_of
from wheelwell.host import Host
from wheelwell.interpreter import Interpreter
from wheelwell.needs import Library, Needs
from wheelwell.record import Record

HERE = Host(
    interpreter=CPYTHON_313,
    libraries={
        "libc.so.6": frozenset({"GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.36"}),
        "libstdc++.so.6": frozenset({"GLIBCXX_3.4.9", "GLIBCXX_3.4.28", "CXXABI_1.3.9"}),
        "libcrypto.so.3": frozenset({"OPENSSL_3.0.0"}),
        "libz.so.1": frozenset(),
    },
    cpu=frozenset({"avx", "avx2"}),
)
"""A machine with glibc 2.36, libstdc++ of GCC 10, OpenSSL 3 and a CPU with AVX2."""

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
    assert misfit(HERE, record_of(filename=f"foo-1.0-{tag}.whl")) == ""


@pytest.mark.parametrize("tag", ["py2-none-any", "cp312-cp312-linux_x86_64", "cp313-none-win32"])
def test_wheel_without_one_does_not_fit_and_is_told_why(tag: str) -> None:
    record = record_of(filename=f"foo-1.0-{tag}.whl")
    assert record.filename in misfit(HERE, record)
    assert misfit(host(replace(CPYTHON_313, tags=(tag,))), record) == ""


def host(interpreter: Interpreter) -> Host:
    return replace(HERE, interpreter=interpreter)


def needing(name: str = "libc.so.6", *versions: str, cpu: tuple[str, ...] = ()) -> Record:
    needs = Needs(libraries=(Library(name=name, versions=versions),), cpu=cpu)
    return record_of(needs=needs)


@pytest.mark.parametrize(
    ("here", "there", "is_fit"),
    [
        (("glibc", "2.36"), "glibc 2.36", True),
        (("glibc", "2.36"), "glibc 2.9", True),
        (("glibc", "2.36"), "glibc 2.38", False),
        (("musl", "1.2.5"), "musl 1.2.5", True),
        (("musl", "1.2"), "musl 1.2.5", False),
        (("musl", "1.2.5"), "glibc 2.36", False),
        (("glibc", "2.36"), "musl 1.2.5", False),
        (("", ""), "", True),
    ],
)
def test_native_wheel_whose_needs_are_not_known_fits_no_older_and_no_other_libc(
    here: tuple[str, str], there: str, *, is_fit: bool
) -> None:
    machine = host(replace(CPYTHON_313, libc=here))
    observed = replace(record_of().observed, libc=there)
    assert (misfit(machine, record_of(observed=observed)) == "") == is_fit
    assert misfit(machine, record_of(observed=observed, native=())) == ""


@pytest.mark.parametrize(
    ("name", "versions", "why"),
    [
        ("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.34"], ""),
        (
            "libc.so.6",
            ["GLIBC_2.34", "GLIBC_2.39", "GLIBC_2.38"],
            "it needs GLIBC_2.39 of libc.so.6, and this machine's has GLIBC_2.36 at most",
        ),
        (
            "libstdc++.so.6",
            ["CXXABI_1.3.9", "GLIBCXX_3.4.29"],
            (
                "it needs GLIBCXX_3.4.29 of libstdc++.so.6, "
                "and this machine's has GLIBCXX_3.4.28 at most"
            ),
        ),
        (
            "libcrypto.so.3",
            ["LEGACY_1"],
            "it needs LEGACY_1 of libcrypto.so.3, and this machine's has no such version",
        ),
        (
            "libcrypto.so.1.1",
            ["OPENSSL_1_1_0"],
            "it needs libcrypto.so.1.1, and this machine has none",
        ),
        ("libc.musl-x86_64.so.1", [], "it needs libc.musl-x86_64.so.1, and this machine has none"),
        # ld.so takes a library without any versions for one that has them all.
        ("libz.so.1", ["ZLIB_1.2.9"], ""),
    ],
)
def test_wheel_fits_where_its_libraries_have_the_versions_that_it_needs(
    name: str, versions: list[str], why: str
) -> None:
    assert misfit(HERE, needing(name, *versions)) == why


def test_newer_libc_at_the_build_is_no_misfit_where_the_symbols_needed_are_old() -> None:
    observed = replace(record_of().observed, libc="glibc 2.41")
    assert misfit(HERE, replace(needing("libc.so.6", "GLIBC_2.9"), observed=observed)) == ""


def test_newer_musl_at_the_build_is_a_misfit_for_its_symbols_have_no_versions() -> None:
    observed = replace(record_of().observed, libc="musl 1.2.5")
    record = record_of(needs=Needs(), observed=observed)
    assert misfit(host(replace(CPYTHON_313, libc=("musl", "1.2.3"))), record) != ""
    assert misfit(host(replace(CPYTHON_313, libc=("musl", "1.2.5"))), record) == ""


def test_wheel_for_a_cpu_fits_one_with_all_its_features() -> None:
    assert misfit(HERE, needing(cpu=("avx", "avx2"))) == ""
    why = misfit(HERE, needing(cpu=("avx", "avx512f", "avx512_vnni")))
    assert why == ("it was compiled for a CPU with avx512_vnni, avx512f, and this one is without")
    assert "and 4 more" in misfit(HERE, needing(cpu=tuple(f"avx{n}00" for n in range(10))))


def test_wheel_of_another_architecture_does_not_fit() -> None:
    record = replace(needing(), filename="foo-1.0-cp313-cp313-manylinux_2_36_aarch64.whl")
    assert "none of the tags" in misfit(HERE, record)


def test_what_is_loaded_from_elsewhere_is_not_asked_of_the_machine() -> None:
    assert misfit(HERE, record_of(needs=Needs(elsewhere=("libtorch.so",)))) == ""


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
