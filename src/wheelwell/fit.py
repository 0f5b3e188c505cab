"""Fit: whether a wheel can run on a host. Asked for every hit."""

from __future__ import annotations

import re

from wheelwell.interpreter import Interpreter
from wheelwell.record import Record


def misfit(host: Interpreter, record: Record) -> str:
    """Return why the wheel of `record` cannot run on `host`; empty where it can.

    Its tags must be among the host's (PEP 425). Native code was linked to the C library of the
    machine that built it: an older one may lack what it needs.
    """
    if not any(tag in host.tags for tag in tags_of(record.filename)):
        return f"none of the tags of {record.filename} is one of this interpreter's"
    if record.native and _is_older(host.libc, record.observed.libc):
        return f"it was built with {record.observed.libc}, and here is {' '.join(host.libc)}"
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


def _is_older(here: tuple[str, str], there: str) -> bool:
    """Say whether the C library `here` is an older one of the family that was used `there`."""
    family, _, version = there.partition(" ")
    return here[0] == family and _numbers(here[1]) < _numbers(version)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
