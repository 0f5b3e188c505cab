"""Code for the building machine's own CPU is known by what its compiler was told."""

from __future__ import annotations

import pytest

from wheelwell.cpu import compiles_for_own_cpu, features_in

X86 = """\
processor\t: 0
model name\t: Some CPU
flags\t\t: fpu vme sse sse2 ssse3 hypervisor avx avx2 avx512f bmi2 constant_tsc md_clear ibrs

processor\t: 1
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd aes sve\nCPU implementer\t: 0x41\n"


@pytest.mark.parametrize(
    "line",
    [
        "gcc -O2 -march=native -c foo.c",
        '"-mcpu=native"',
        "icc -xHost foo.c",
        "icx /QxHost",
        "nvc -tp=host",
        "rustc -C target-cpu=native",
        "rustc -Ctarget-cpu=native",
        "-march=native",
    ],
)
def test_own_cpu_is_seen(line: str) -> None:
    assert compiles_for_own_cpu(line)


@pytest.mark.parametrize(
    "line",
    [
        "gcc -mtune=native -c foo.c",
        "gcc -march=x86-64-v3",
        "gcc -march=native-like",
        "gcc --march=native",
        "foo-march=native",
        "-xHosted",
        "rustc -C target-cpu=x86-64-v2",
    ],
)
def test_other_choices_are_not(line: str) -> None:
    assert not compiles_for_own_cpu(line)


def test_features_of_x86_are_those_that_instructions_depend_on() -> None:
    assert features_in(X86) == {"sse", "sse2", "ssse3", "avx", "avx2", "avx512f", "bmi2"}


def test_features_of_arm_are_all() -> None:
    assert features_in(ARM) == {"fp", "asimd", "aes", "sve"}


def test_system_that_does_not_tell_has_none() -> None:
    assert features_in("") == frozenset()
