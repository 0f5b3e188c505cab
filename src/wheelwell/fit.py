"""Fit: whether a wheel can run on a host. Asked for every hit."""

from __future__ import annotations

import re

from wheelwell.host import Host
from wheelwell.needs import Library
from wheelwell.record import Record


def misfit(host: Host, record: Record) -> str:
    """Return why the wheel of `record` cannot run on `host`; empty where it can.

    Its tags must be among the host's (PEP 425), and the host must give what its native code was
    linked to: libraries, the versions of their symbols, and the features of the CPU.
    """
    if not any(tag in host.interpreter.tags for tag in tags_of(record.filename)):
        return f"none of the tags of {record.filename} is one of this interpreter's"
    needs = record.needs
    if record.native and (needs is None or _is_unversioned(host)):
        libc = host.interpreter.libc
        if _is_other(libc, record.observed.libc):
            return f"it was built with {record.observed.libc}, and here is {' '.join(libc)}"
    if needs is None:
        return ""
    for library in needs.libraries:
        if why := _lacking(library, host.libraries.get(library.name)):
            return why
    if missing := sorted({*needs.cpu} - host.cpu):
        return f"it was compiled for a CPU with {_listed(missing)}, and this one is without"
    return ""


def tags_of(filename: str) -> set[str]:
    """Return the tags that a wheel's file name stands for (PEP 425: a compressed set).

    None where it is not the name of a wheel: an index may hold anything.
    """
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in {5, 6}:
        return set()
    pythons, abis, platforms = parts[-3:]
    return {
        f"{python}-{abi}-{platform}"
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    }


def _lacking(library: Library, found: frozenset[str] | None) -> str:
    """Say what a library lacks. One that defines no versions at all is taken as it is (ld.so)."""
    if found is None:
        return f"it needs {library.name}, and this machine has none"
    missing = [version for version in library.versions if version not in found]
    if not missing or not found:
        return ""
    wanted = max(missing, key=_numbers)
    family = [each for each in found if _family(each) == _family(wanted)]
    has = f"{max(family, key=_numbers)} at most" if family else "no such version"
    return f"it needs {wanted} of {library.name}, and this machine's has {has}"


def _family(version: str) -> str:
    """Return `GLIBCXX` of `GLIBCXX_3.4.30`."""
    return re.sub(r"_?\d[\w.]*$", "", version)


def _listed(names: list[str]) -> str:
    shown = names[:_MOST]
    return ", ".join(shown) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


_MOST = 6
"""Of the features that a CPU lacks, how many to name."""


def _is_unversioned(host: Host) -> bool:
    """Say whether the C library's symbols have no versions, so that its own must do."""
    return host.interpreter.libc[0] == "musl"


def _is_other(here: tuple[str, str], there: str) -> bool:
    """Say whether the C library `here` is another or an older one than was used `there`."""
    family, _, version = there.partition(" ")
    return here[0] != family or _numbers(here[1]) < _numbers(version)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
