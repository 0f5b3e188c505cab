"""ELF: what a program or library says to the dynamic linker, read by pyelftools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection

_BASE, _WEAK = 1, 2  # VER_FLG_BASE names the file; what is needed weakly may be missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Dynamic:
    """The dynamic section of one file."""

    needed: tuple[str, ...] = ()
    """The libraries that it is linked to (`DT_NEEDED`)."""

    rpath: tuple[str, ...] = ()
    """`DT_RPATH`."""

    runpath: tuple[str, ...] = ()
    """`DT_RUNPATH`."""

    wanted: Mapping[str, tuple[str, ...]]
    """The symbol versions that it needs, by library (`.gnu.version_r`)."""

    defined: frozenset[str]
    """The symbol versions that it defines itself (`.gnu.version_d`)."""


def read(file: IO[bytes]) -> Dynamic:
    """Read a file from its beginning. Raises `ValueError` where it is no sound ELF."""
    try:
        elf = ELFFile(file)
        tags = _tags(elf)
        wanted, defined = _versions(elf)
    # What a library that reads foreign bytes may raise is more than it says.
    except (ELFError, ConstructError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"no sound ELF: {error!r}") from error
    except (OverflowError, MemoryError, RecursionError, AssertionError) as error:
        raise ValueError(f"no sound ELF: {error!r}") from error
    return Dynamic(
        needed=tuple(text for kind, text in tags if kind == "DT_NEEDED"),
        rpath=_places(tags, "DT_RPATH"),
        runpath=_places(tags, "DT_RUNPATH"),
        wanted=wanted,
        defined=defined,
    )


_TEXTS = {"DT_NEEDED": "needed", "DT_RPATH": "rpath", "DT_RUNPATH": "runpath"}


def _tags(elf: ELFFile) -> list[tuple[str, str]]:
    return [
        (tag.entry.d_tag, str(getattr(tag, _TEXTS[tag.entry.d_tag])))
        for segment in elf.iter_segments("PT_DYNAMIC")
        if isinstance(segment, DynamicSegment)
        for tag in segment.iter_tags()
        if tag.entry.d_tag in _TEXTS
    ]


def _places(tags: list[tuple[str, str]], kind: str) -> tuple[str, ...]:
    texts = [text for found, text in tags if found == kind]
    return tuple(place for text in texts for place in text.split(":") if place)


def _versions(elf: ELFFile) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    wanted: dict[str, tuple[str, ...]] = {}
    defined: set[str] = set()
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for library, needed in section.iter_versions():
                names = [str(each.name) for each in needed if not each["vna_flags"] & _WEAK]
                wanted[str(library.name)] = tuple(sorted(names))
        elif isinstance(section, GNUVerDefSection):
            for definition, told in section.iter_versions():
                if not definition["vd_flags"] & _BASE:
                    defined.add(str(next(iter(told)).name))
    return wanted, frozenset(defined)
