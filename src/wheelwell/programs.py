"""Programs: by which name the packages are known that bring what a build calls otherwise."""

from __future__ import annotations

import re

_ALIKE = {
    **dict.fromkeys(("c", "gcc", "icc", "icx"), "cc"),
    **dict.fromkeys(("cxx", "g++", "icpc", "icpx"), "c++"),
    **dict.fromkeys(("f77", "f90", "f95", "flang", "fortran", "g77", "ifort", "ifx"), "gfortran"),
    **dict.fromkeys(("mpic++", "mpicxx", "mpif77", "mpif90", "mpifort"), "mpicc"),
    **dict.fromkeys(("ninja-build", "samu"), "ninja"),
    **dict.fromkeys(("gmake", "unix makefiles"), "make"),
    "cuda": "nvcc",
    "rust": "rustc",
}
"""What a program is also called, or the language that it is asked for."""

_COMPILERS = frozenset({"cc", "c++", "clang", "clang++", "gfortran"})
_VERSION = re.compile(r"-[\d.]+$")


def usual_name(named: str) -> str:
    """Return the usual name of the program that a path, a command or a language stands for."""
    name = _VERSION.sub("", named.rpartition("/")[2]).lower()
    last = name.rpartition("-")[2]  # as in x86_64-linux-gnu-gcc
    if _ALIKE.get(last, last) in _COMPILERS:
        name = last
    return _ALIKE.get(name, name)


def is_compiler(named: str) -> bool:
    """Say whether a path or a command is called as compilers and linkers are."""
    name = _VERSION.sub("", named.rpartition("/")[2])
    return name.endswith(("cc", "++", "clang", "cpp", "fortran", "compiler")) or name in _OTHERS


_OTHERS = frozenset({"cargo", "flang", "ld", "rustc"})
