"""A toolchain names the compilers that a source could use, and those that are not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.values import GCC
from wheelwell.toolchain import ROLES, Compiler, Toolchain, roles_of


def test_compiler_that_was_remembered_is_the_same() -> None:
    assert Compiler.from_json(json.loads(json.dumps(GCC.inputs()))) == GCC


@pytest.mark.parametrize("value", [None, [], "cc", 1, {}, {"role": "cc"}])
def test_something_else_is_one_of_two_errors(value: Any) -> None:
    with pytest.raises((KeyError, TypeError)):
        Compiler.from_json(value)


def test_compiler_that_is_not_there_is_named_too() -> None:
    absent = Compiler(role="nvcc", identity="")
    assert Toolchain(compilers=(absent,)).inputs() != Toolchain().inputs()


def test_directories_are_not_in_the_key() -> None:
    plain = Toolchain(compilers=(GCC,))
    found = Toolchain(compilers=(GCC,), directories=("/opt/gcc/bin",))
    assert found.inputs() == plain.inputs()


@pytest.mark.parametrize(
    ("languages", "roles"),
    [
        ([], ()),
        (["c"], ("cc", "python-cc")),
        (["c++"], ("c++", "cc", "python-c++", "python-cc")),
        (["rust", "c"], ("cc", "python-cc", "rustc")),
        (["fortran"], ("gfortran",)),
        (["cuda"], ("nvcc",)),
        (["a-language-of-a-newer-wheelwell"], ()),
    ],
)
def test_roles_of_languages_are_known_and_sorted(
    languages: list[str], roles: tuple[str, ...]
) -> None:
    assert roles_of(languages) == roles


def test_each_role_is_named_once_however_many_languages_use_it() -> None:
    roles = roles_of(ROLES)
    assert len(roles) == len({*roles})
