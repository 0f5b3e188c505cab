"""Toolchains: the compilers that a machine brings to a build, as the key names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ROLES: Mapping[str, tuple[str, ...]] = {
    "c": ("cc", "python-cc"),
    # setuptools has long compiled C++ with the C compiler's command.
    "c++": ("cc", "python-cc", "c++", "python-c++"),
    "fortran": ("gfortran",),
    "rust": ("rustc",),
    "cuda": ("nvcc",),
}
"""The roles of the compilers that a language may be compiled with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiler:
    """One compiler that a source could use, or the fact that there is none."""

    role: str
    """What it is found as: `cc`, `c++`, `python-cc`, `gfortran`, `rustc`, `nvcc`, …"""

    identity: str
    """What it calls itself, without its version, as in `gcc`; empty where there is none."""

    version: str = ""
    """The first line that `--version` prints, which names the distribution's build too."""

    target: str = ""
    """The platform that it compiles for, as in `x86_64-linux-gnu`."""

    def inputs(self) -> dict[str, str]:
        """Return this compiler's part of the key."""
        return {
            "role": self.role,
            "identity": self.identity,
            "version": self.version,
            "target": self.target,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Compiler:
        """Read what `inputs` wrote; raise `KeyError` or `TypeError` otherwise."""
        return cls(
            role=str(value["role"]),
            identity=str(value["identity"]),
            version=str(value["version"]),
            target=str(value["target"]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolchain:
    """The compilers that one source could use on this machine."""

    compilers: tuple[Compiler, ...] = ()
    """In the order of their roles; none for a source without compiled languages."""

    directories: tuple[str, ...] = ()
    """Where compilers are that the system's own directories do not hold. Not in the key."""

    def inputs(self) -> list[dict[str, str]]:
        """Return the toolchain's part of the key."""
        return [compiler.inputs() for compiler in self.compilers]


def roles_of(languages: Iterable[str]) -> tuple[str, ...]:
    """Return the roles of the compilers for `languages`, sorted."""
    return tuple(sorted({role for language in languages for role in ROLES.get(language, ())}))
