"""Fit: whether a wheel can run on a host."""

from __future__ import annotations

from wheelwell.interpreter import Interpreter
from wheelwell.record import Record


def fits(host: Interpreter, record: Record) -> str:
    """Return why the wheel of `record` cannot run on `host`; empty where it can."""
    if not tags_of(record.filename) & {*host.tags}:
        return f"none of the tags of {record.filename} is one of this interpreter's"
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
