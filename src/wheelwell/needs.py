"""Needs: what the native code of a wheel asks of the machine that it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """A shared library that the wheel does not bring, with what must be in it."""

    name: str
    """As the dynamic linker looks for it (`DT_NEEDED`), as in `libstdc++.so.6`."""

    versions: tuple[str, ...] = ()
    """The symbol versions that it must define, as in `GLIBCXX_3.4.30`, sorted."""

    rpath: tuple[str, ...] = ()
    """Directories that the wheel names to look in first (`DT_RPATH`), absolute."""

    runpath: tuple[str, ...] = ()
    """Directories that it names to look in after `LD_LIBRARY_PATH` (`DT_RUNPATH`), absolute."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Library:
        """Read one; raise `KeyError` or `TypeError` where it is something else."""
        return cls(
            name=_text(value["name"]),
            versions=_texts(value["versions"]),
            rpath=_texts(value["rpath"]),
            runpath=_texts(value["runpath"]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What the native code of one wheel needs."""

    libraries: tuple[Library, ...] = ()
    """By name. The machine that built the wheel had them, and so must another."""

    elsewhere: tuple[str, ...] = ()
    """Libraries that the machine itself could not give when the wheel was built: another package
    does, or loads them first. Not asked of a host."""

    cpu: tuple[str, ...] = ()
    """The features of the CPU that the code was compiled for, where that was the building one's
    own (`-march=native`), sorted."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Needs:
        """Read them; raise `KeyError`, `TypeError` or `AttributeError` for something else."""
        return cls(
            libraries=tuple(map(Library.from_json, value["libraries"])),
            elsewhere=_texts(value["elsewhere"]),
            cpu=_texts(value["cpu"]),
        )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("not a list")
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value
