"""Mismatches: a source whose build requirements, or whose Python, are of another time than it is.

The log of a build that fails shows it by signs that are met again and again. What is too new can be
held back, what is too old can be asked for, and a Python can be chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wheelwell.interpreter import OLDEST
from wheelwell.removed import Removed, removed


@dataclass(frozen=True, slots=True)
class _Sign:
    """A line that shows that a build requirement is of the wrong time."""

    line: re.Pattern[str]
    wanted: str
    """The requirement that would do; `{}` is what the line names."""

    why: str

    last: tuple[int, int] | None = None
    """The last Python that such a requirement works with, where there are later ones."""


def _sign(line: str, wanted: str, why: str, *, last: tuple[int, int] | None = None) -> _Sign:
    return _Sign(re.compile(line), wanted, why, last)


_OF_NUMPY = r"(?:PyArray|PyUFunc|NPY|npy)_\w+"
_LICENSE = "it tells its license as later ones want it (PEP 639)"

_TOO_NEW = (
    _sign("No module named '?pkg_resources", "setuptools<81", "later ones have no pkg_resources"),
    _sign("use_2to3 is invalid", "setuptools<58", "later ones have no use_2to3", last=(3, 11)),
    _sign(
        "Multiple top-level packages discovered",
        "setuptools<61",
        "later ones look for some",
        last=(3, 11),
    ),
    _sign(
        r"No module named '?setuptools\.extern", "setuptools<71", "later ones have no such module"
    ),
    _sign(
        r"No module named '?setuptools\.command\.test|name 'test' from 'setuptools\.command'",
        "setuptools<72",
        "later ones have no command test",
    ),
    _sign(r"named '?distutils\.msvccompiler", "setuptools<74", "later ones have no such module"),
    _sign("License classifiers have been superseded", "setuptools<77", "later ones refuse them"),
    _sign("Invalid dash-separated key", "setuptools<78", "later ones refuse such in setup.cfg"),
    _sign(
        r"undeclared name not builtin: (?:long|unicode|basestring|unichr|xrange)\b",
        "Cython<3.1",
        "later ones know no names of Python 2",
        last=(3, 13),
    ),
    _sign(
        "AttributeError: cython_sources|Exception values are incompatible",
        "Cython<3",
        "its code is from before Cython 3",
        last=(3, 12),
    ),
    _sign(
        r"no member named .*_PyArray_Descr|_PyArray_Descr.* no member named"
        r"|fatal error: '?numpy/(?:noprefix|npy_interrupt|oldnumeric)\.h"
        rf"|error: ['\u2018]{_OF_NUMPY}['\u2019] (?:undeclared|was not declared)"
        rf"|error: use of undeclared identifier '{_OF_NUMPY}"
        r"|compiled using NumPy 1\.x cannot be run in|removed in the NumPy 2\.0",
        "numpy<2",
        "its code is from before numpy 2",
        last=(3, 12),
    ),
    _sign(
        "module 'numpy' has no attribute '(?:bool|complex|float|int|long|object|str|typeDict)'",
        "numpy<1.24",
        "later ones have no such names",
        last=(3, 11),
    ),
    _sign(
        r"Compatibility with CMake < 3\.\d+ has been removed",
        "cmake<4",
        "later ones take no project of that age; or --env CMAKE_POLICY_VERSION_MINIMUM=3.5",
    ),
)

_TOO_OLD = (
    _sign("invalid command 'bdist_wheel'", "setuptools>=70.1", "older ones make no wheel"),
    _sign("'strip_trailing_zero'", "packaging>=22", "its setuptools wants a later one"),
    _sign("is not a valid metadata version", "packaging>=24.2", "older ones do not know it"),
    _sign("name 'build_editable' from 'setuptools", "setuptools>=64", "older ones have none"),
    _sign("project.license` must be valid exactly by one", "setuptools>=77", _LICENSE),
    _sign('"project.license" has an invalid type', "pyproject-metadata>=0.9", _LICENSE),
    _sign("Field `project.license` must be a table", "hatchling>=1.27", _LICENSE),
    _sign("license field should be .*dict", "flit-core>=3.11", _LICENSE),
    _sign(r"CMake ([\d.]+) or higher is required", "cmake>={}", "it wants a later one"),
    _sign(r"Meson version is \S+ but project requires >= ?([\d.]+)", "meson>={}", "it says so"),
    _sign(r"Requirement\.parse\('([\w.-]+>=[\d.]+)'\)", "{}", "it wants a later one"),
    _sign(
        r"requires (?:at least )?(?i:(setuptools|cython|numpy|pybind11)) ?>=? ?([\d.]*\d)",
        "{}>={}",
        "it wants a later one",
    ),
)

_OTHERS = {
    re.compile("module 'setuptools[\\w.]*' has no attribute|import name '\\w+' from 'setuptools"): (
        "its setuptools is of another time than it is: --build-as-of upload, "
        "or --build-constraint with an older one"
    ),
    re.compile(r"newer than PyO3's maximum supported version \((\d+)\.(\d+)\)"): (
        "its PyO3 is too old for this Python: --python {}.{}, a newer version of the project, or "
        "--env PYO3_USE_ABI3_FORWARD_COMPATIBILITY=1"
    ),
    re.compile(
        r"requires rustc \S+ or newer|rustc \S+ is not supported by"
        r"|feature `edition\d+` is required|lock file version `?\d`? requires"
    ): "the Rust here is too old for it: install a newer one (rustup update stable)",
    re.compile(
        r"error: (?!.*function ['\u2018]_?Py[A-Z_])"  # of which no compiler flag makes one
        r".*\[-W(implicit-function-declaration|implicit-int|int-conversion"
        r"|incompatible-pointer-types)\]"
    ): (
        "its C code is too old for this compiler, which refuses what was a warning once: "
        "--env CFLAGS=-Wno-error={}"
    ),
}
"""What to try where it is no requirement that is of the wrong time."""


def is_sign(line: str) -> bool:
    """Say whether a line of a log shows a mismatch, where a build fails."""
    patterns = (*(sign.line for sign in (*_TOO_NEW, *_TOO_OLD)), *_OTHERS)
    return removed(line) is not None or any(each.search(line) for each in patterns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a build was given."""

    project: str
    python: str
    """As in `3.12`."""

    requirements: Mapping[str, str]
    """The distributions in its environment, by normalized name, with their versions."""

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of the Python."""
        return _numbers(self.python)


def remedy_for(lines: Sequence[str], given: Given) -> str:
    """Return what to try where a build's lines show a mismatch; empty where they do not."""
    return next(_remedies(lines, given), "")


def is_python_too_new(lines: Sequence[str], python: str) -> bool:
    """Say whether a build's lines want what a Python, as in `3.12`, has no longer."""
    return bool(_gone(lines, _numbers(python)))


def _gone(lines: Sequence[str], python: tuple[int, ...]) -> list[Removed]:
    return [each for line in lines if (each := removed(line)) and python >= each.since]


def _numbers(python: str) -> tuple[int, ...]:
    return tuple(int(each) for each in python.split(".")[:2])


def _remedies(lines: Sequence[str], given: Given) -> Iterator[str]:
    for sign in (*_TOO_NEW, *_TOO_OLD):
        for line in lines:
            if found := sign.line.search(line):
                yield _constrained(sign, sign.wanted.format(*found.groups()), given)
    if gone := _gone(lines, given.version):
        yield _without(min(gone, key=lambda each: each.since), given)
    for pattern, told in _OTHERS.items():
        for line in lines:
            if found := pattern.search(line):
                yield told.format(*found.groups())


def _constrained(sign: _Sign, wanted: str, given: Given) -> str:
    """Say how a requirement is held back or raised, or given where the source declares none."""
    is_declared = re.split(r"[<>=]", wanted)[0].lower() in given.requirements
    switch = "--build-constraint" if is_declared else "--build-requirement"
    setting = "build-constraints" if is_declared else "extra-build-requirements"
    python = ""
    if sign.last and given.version > sign.last:
        python = f" --python {sign.last[0]}.{sign.last[1]}"
    table = f'{setting} = ["{wanted}"] in [packages.{given.project}]'
    return f"{switch} '{wanted}'{python}: {sign.why} (for good: {table})"


def _without(gone: Removed, given: Given) -> str:
    """Say what to do about a Python that lacks something."""
    if gone.what == "the module distutils" and "setuptools" not in given.requirements:
        return "--build-requirement setuptools: it brings distutils, which Python 3.12 dropped"
    major, minor = gone.since
    older = f"--python {major}.{minor - 1}, or " if (major, minor - 1) >= OLDEST else ""
    return (
        f"the source, or what builds it, is too old for Python {given.python}: {gone.what} is "
        f"gone since {major}.{minor}; try {older}a newer version of the project"
    )
