"""Differences between two keys are found field by field, and told in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.values import GCC, PURE
from wheelwell.difference import Difference, differences, distance, flat, named
from wheelwell.digest import Sha256
from wheelwell.settings import Settings
from wheelwell.source import Archive
from wheelwell.toolchain import Compiler, Toolchain

NO_NVCC = Compiler(role="nvcc", identity="")
NVCC = Compiler(role="nvcc", identity="nvcc", version="release 12.4, V12.4.131")


def of(**changes: object) -> dict[str, object]:
    return replace(PURE, **changes).inputs()  # type: ignore[arg-type]


def test_equal_keys_have_no_difference() -> None:
    assert differences(PURE.inputs(), PURE.inputs()) == ()


@pytest.mark.parametrize(
    ("wanted", "found", "field", "words"),
    [
        pytest.param(
            of(settings=Settings(variables={"CFLAGS": "-O3"})),
            of(),
            "settings.variables.CFLAGS",
            "the variable CFLAGS: wanted -O3, found none",
            id="a variable that came",
        ),
        pytest.param(
            of(),
            of(settings=Settings(config={"opt": ("1", "2")})),
            "settings.config.opt",
            "the config setting opt: wanted none, found 1, 2",
            id="a config setting that went",
        ),
        pytest.param(
            of(version="1.1"), of(), "version", "the version: wanted 1.1, found 1.0", id="version"
        ),
        pytest.param(
            of(source=Archive(sha256=Sha256("ef" * 32))),
            of(),
            "source",
            f"the source: wanted kind archive, sha256 {'ef' * 32}, found kind archive, "
            f"sha256 {'ab' * 32}",
            id="source",
        ),
        pytest.param(
            of(toolchain=Toolchain(compilers=(GCC, NVCC))),
            of(toolchain=Toolchain(compilers=(GCC, NO_NVCC))),
            "toolchain.nvcc",
            "the compiler nvcc: wanted nvcc release 12.4, V12.4.131, found none",
            id="a compiler that came",
        ),
        pytest.param(
            of(toolchain=Toolchain(compilers=(GCC,))),
            of(),
            "toolchain.cc",
            "the compiler cc: wanted gcc (Debian 12.2.0-14) 12.2.0 for x86_64-linux-gnu, "
            "found none",
            id="a language that came",
        ),
    ],
)
def test_each_part_is_told_by_its_field_and_in_words(
    wanted: dict[str, object], found: dict[str, object], field: str, words: str
) -> None:
    (told,) = differences(wanted, found)
    assert (told.field, str(told)) == (field, words)


def test_every_field_of_a_key_has_words_of_its_own() -> None:
    inputs = of(
        settings=Settings(config={"a": ("1",)}, variables={"B": "2"}),
        toolchain=Toolchain(compilers=(GCC,)),
    )
    fields = [*flat(inputs)]
    assert len({named(field) for field in fields}) == len(fields)
    assert [field for field in fields if named(field) == field] == []


def test_a_build_is_the_further_the_more_parts_and_then_fields_differ() -> None:
    def differing(*fields: str) -> list[Difference]:
        return [Difference(field=field, wanted="1", found="2") for field in fields]

    in_order = [
        differing(),
        differing("settings.config.a"),
        differing("settings.config.a", "settings.config.b"),
        differing("version", "source"),
    ]
    assert sorted(in_order, key=distance) == in_order
