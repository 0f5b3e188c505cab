"""Reuse: which other build's wheel is provably as good as the one that is asked for.

Pure: it is given records and says what may be taken, and why. Whether it fits is asked apart.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wheelwell.fit import tags_of
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.record import Record

_MAY_DIFFER = frozenset({"interpreter", "toolchain"})
"""The parts of a key in which a wheel that is reused may differ; all others must be equal."""

_RELEASE_IS_ABI = frozenset({"nvcc"})
"""Compilers whose every release has a run-time library of its own: no two are as good."""

_NUMBER = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reusable:
    """A wheel that is provably as good."""

    record: Record
    reason: str
    """Why, in words for the user."""


def reusable(wanted: Keyed, identity: Identity, records: Iterable[Record]) -> list[Reusable]:
    """Return those of `records` that are as good as what is wanted, the best first.

    A wheel of the same interpreter comes before another's, one with a better tag before one with
    a worse, a newer before an older.
    """
    inputs = wanted.inputs()
    found: list[Reusable] = []
    for record in records:
        with contextlib.suppress(LookupError, TypeError, AttributeError):  # a form not known here
            if reason := _reason(inputs, wanted.interpreter, identity, record):
                found.append(Reusable(record=record, reason=reason))
    found.sort(key=lambda each: each.record.key)
    found.sort(key=lambda each: each.record.observed.built_at, reverse=True)
    return sorted(found, key=lambda each: _distance(inputs, wanted.interpreter, each.record))


def _reason(
    inputs: Mapping[str, Any], interpreter: Interpreter, identity: Identity, record: Record
) -> str:
    """Return why a wheel may be taken; empty where it may not."""
    if record.degraded != "no" or not _is_same_work(inputs, record.inputs):
        return ""
    ours, theirs = inputs["toolchain"], record.inputs["toolchain"]
    if not _is_same_kind(ours, theirs):
        return ""
    versions = _versions(ours, theirs)
    if record.inputs["interpreter"] == inputs["interpreter"]:
        return f"{versions}, and that is the only difference" if record.native else ""
    if not identity.is_declarative or inputs["settings"].get("requirements"):
        return ""
    if not record.native and not identity.languages and _is_for_any(record):
        built = _built_for(record)
        return f"{built}; a pure wheel of a source that runs no code is the same for every Python"
    if _is_stable(record, interpreter):
        built = f"{_built_for(record)} with the stable ABI"
        return f"{built}; {versions}" if versions else f"{built}, which this Python has too"
    return ""


def _is_same_work(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Say whether two builds differ in what may differ only, and were isolated."""
    if ours.keys() != theirs.keys():
        return False
    if any(ours[part] != theirs[part] for part in ours.keys() - _MAY_DIFFER):
        return False
    return ours["settings"].get("isolation", True) in (True, "on")


def _is_same_kind(ours: list[dict[str, str]], theirs: list[dict[str, str]]) -> bool:
    """Say whether the compilers are the same, but for their versions.

    One that has come or gone is another kind: a source may give more where it finds it.
    """
    return sorted(map(_kind, ours)) == sorted(map(_kind, theirs))


def _kind(compiler: Mapping[str, str]) -> tuple[str, str, str, str]:
    release = compiler["version"] if compiler["role"] in _RELEASE_IS_ABI else ""
    return compiler["role"], compiler["identity"], compiler["target"], release


def _versions(ours: list[dict[str, str]], theirs: list[dict[str, str]]) -> str:
    """Say which versions differ, as in `built with gcc 12.2.0; this gcc is 13.1.0`."""
    other = {compiler["role"]: compiler for compiler in theirs}
    told: dict[str, None] = {}
    for compiler in ours:
        name, here = compiler["identity"], compiler["version"]
        there = other[compiler["role"]]["version"]
        if here != there:
            here, there = _shortened(here, there)
            told[f"built with {name} {there}; this {name} is {here}"] = None
    return "; ".join(told)


def _shortened(one: str, other: str) -> tuple[str, str]:
    """Return the numbers of two versions where those tell them apart."""
    short = [found[0] if (found := _NUMBER.search(text)) else text for text in (one, other)]
    return (short[0], short[1]) if short[0] != short[1] else (one, other)


def _built_for(record: Record) -> str:
    built = record.inputs["interpreter"]
    threading = " (free-threaded)" if "t" in _flags(built) else ""
    return f"built for {_named(built['implementation'])} {built['version']}{threading}"


def _named(implementation: str) -> str:
    return {"cpython": "Python", "pypy": "PyPy"}.get(implementation, implementation)


def _is_for_any(record: Record) -> bool:
    """Say whether a wheel's tags name no Python: `py312` of `py312-none-any` is one."""
    return all(re.fullmatch(r"py\d-none-any", tag) for tag in tags_of(record.filename))


def _is_stable(record: Record, interpreter: Interpreter) -> bool:
    """Say whether a wheel keeps to the stable ABI, as this interpreter has it (PEP 384, 803).

    A free-threaded Python has one of its own, `abi3t`; a debug build's objects are larger.
    """
    built = record.inputs["interpreter"]
    ours = interpreter.inputs()
    if {built["implementation"], ours["implementation"]} != {"cpython"}:
        return False
    if ("d" in _flags(built)) != ("d" in _flags(ours)):
        return False
    wanted = "abi3t" if "t" in _flags(ours) else "abi3"
    abis = {tag.split("-")[1] for tag in tags_of(record.filename)}
    return wanted in abis and abis <= {"abi3", "abi3t"}


def _flags(interpreter: Mapping[str, str]) -> str:
    """Return the flags in a `SOABI`: the `t` of `cpython-313t-x86_64-linux-gnu`."""
    abi = interpreter["soabi"].split("-")[1:2]
    return abi[0].lstrip("0123456789") if abi else ""


def _distance(
    inputs: Mapping[str, Any], interpreter: Interpreter, record: Record
) -> tuple[bool, int]:
    """Return how far a wheel is from the best."""
    ranks = [interpreter.tags.index(t) for t in tags_of(record.filename) if t in interpreter.tags]
    is_other = record.inputs["interpreter"] != inputs["interpreter"]
    return is_other, min(ranks, default=len(interpreter.tags))
