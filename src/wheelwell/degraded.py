"""Degraded wheels: whether a build gave less than its source can, judged from what is known of it.

An extension is missing where the build set out to make it and the wheel does not hold it, whatever
the wheel's tag says. A compile that failed is no proof alone: many builds try whether a header is
there by compiling a few lines. Files of C in the source prove nothing: setuptools' own has some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wheelwell.buildlog import Attempt, BuildLog, is_failure
from wheelwell.fit import tags_of
from wheelwell.record import Record

NO = "no"
YES = "yes"
UNKNOWN = "unknown"

MOST = 8
"""How many lines of a log are told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a build that is over."""

    filename: str
    """Of the wheel."""

    inputs: Mapping[str, Any]
    """Every part of its key."""

    native: tuple[str, ...]
    """The paths of the extension modules and libraries in the wheel."""

    holds_programs: bool = False
    """Whether the wheel holds native code under other names, as programs have."""

    log: BuildLog = field(default_factory=BuildLog)
    """What the log tells of extensions."""

    declares: bool = False
    """Whether the build files speak of extensions, which they may do of some systems alone."""

    earlier: tuple[Record, ...] = ()
    """The records of other builds of the same source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether a wheel is degraded."""

    degraded: str
    """`yes`, `no` or `unknown`."""

    evidence: tuple[str, ...] = ()
    """What says so, first in words of ours, then in lines of the log."""


def judge(facts: Facts) -> Verdict:
    """Judge a build. The first rule that has something to say decides."""
    for rule in (_missing, _fewer, _none_compiled):
        if evidence := rule(facts):
            return Verdict(degraded=YES, evidence=evidence)
    for rule in (_left_out, _fewer_elsewhere, _given_up, _none_tried):
        if evidence := rule(facts):
            return Verdict(degraded=UNKNOWN, evidence=evidence)
    return Verdict(degraded=NO)


# yes: the build tried, and has not got it.


def _missing(facts: Facts) -> tuple[str, ...]:
    """Extensions that were begun and never came to be."""
    lost = [each for each in absent(facts) if each.failures or not each.is_linked]
    if not lost:
        return ()
    told = [line for each in lost for line in each.failures]
    told += [line for line in facts.log.surrenders if line not in told]
    if not any(is_failure(line) for line in told):
        told = [*lost[0].first[:1], *told]  # the command that failed without a word
    return (*_named(lost, "not in the wheel"), *_some(told))


def _fewer(facts: Facts) -> tuple[str, ...]:
    """Modules that the same build gave before, perhaps with other compilers."""
    alike = [
        record
        for record in facts.earlier
        if all(record.inputs.get(part) == facts.inputs.get(part) for part in _OF_A_BUILD)
    ]
    return _lost_since(alike, facts, "an earlier build of this source")


def _none_compiled(facts: Facts) -> tuple[str, ...]:
    """No native code at all, and a log that says that it should have been otherwise.

    Of a source without compiled languages, it tells of something else.
    """
    if facts.native or facts.holds_programs or not facts.inputs["toolchain"]:
        return ()
    told = [*facts.log.surrenders, *facts.log.failures]
    return ("there is no native code in the wheel", *_some(told)) if told else ()


# unknown: there is something to say against it, and it does not suffice.


def _left_out(facts: Facts) -> tuple[str, ...]:
    """Extensions that were linked, and perhaps left out on purpose."""
    return _named(absent(facts), "compiled, but not in the wheel")


def _fewer_elsewhere(facts: Facts) -> tuple[str, ...]:
    """Modules that the source gave for another Python or with other settings."""
    alike = [
        record
        for record in facts.earlier
        if record.inputs.get("settings") == facts.inputs.get("settings")
        and record.inputs.get("platform") == facts.inputs.get("platform")
    ]
    return _lost_since(alike, facts, "a build of this source for another Python")


def _given_up(facts: Facts) -> tuple[str, ...]:
    """A log that tells of failures, of a build that has made native code, or never would.

    Where it has made all that it said it would, what failed were questions.
    """
    failures = () if facts.log.attempts else facts.log.failures
    return _some([*facts.log.surrenders, *failures])


def _none_tried(facts: Facts) -> tuple[str, ...]:
    """No native code, though the build files or the tag speak of some, and a log without a word."""
    if facts.native or facts.holds_programs:
        return ()
    if facts.log.runs_build_ext:
        return ("extensions are declared, but none was built, and the log does not say why",)
    if not any(tag.endswith("-any") for tag in tags_of(facts.filename)):
        return ("the wheel's tag is that of native code, and there is none in it",)
    if facts.declares:
        return ("the build files speak of extensions, and this build tried to make none",)
    return ()


def absent(facts: Facts) -> tuple[Attempt, ...]:
    """Return the extensions that the build set out to make and the wheel does not hold.

    A package may be elsewhere in the wheel than in the source, so a path's end suffices; a module
    in the wheel stands for one extension alone.
    """
    modules = [*map(module_of, facts.native)]
    rest = []
    for attempt in facts.log.attempts:
        path = attempt.name.replace(".", "/")
        found = next((each for each in modules if _is_end(path, each)), None)
        modules.remove(found) if found else rest.append(attempt)
    lost = []
    for attempt in rest:
        stem = _stem(attempt.name.replace(".", "/"))
        found = next((each for each in modules if _stem(each) == stem), None)
        modules.remove(found) if found else lost.append(attempt)
    return tuple(lost)


def module_of(path: str) -> str:
    """Return the path of a native module without what names its ABI."""
    directory, slash, name = path.rpartition("/")
    return f"{directory}{slash}{name.partition('.')[0]}"


def _is_end(path: str, whole: str) -> bool:
    return f"/{whole}".endswith(f"/{path}") or f"/{path}".endswith(f"/{whole}")


def _stem(path: str) -> str:
    """Return what a module and a shared library of one name have in common."""
    return path.rpartition("/")[2].removeprefix("lib")


_OF_A_BUILD = ("interpreter", "platform", "settings")
"""The parts of the key in which two builds of a source must agree to be compared: a Python or a
setting may have extensions of its own. What is left is the compilers."""


def _lost_since(earlier: Sequence[Record], facts: Facts, whence: str) -> tuple[str, ...]:
    now = {*map(module_of, facts.native)}
    for record in earlier:
        before = {*map(module_of, record.native)}
        if len(now) < len(before) and (lost := sorted(before - now)):
            return (f"{whence} gave {_listed(lost)} too, and this one did not",)
    return ()


def _named(attempts: Sequence[Attempt], what: str) -> tuple[str, ...]:
    if not attempts:
        return ()
    names = [attempt.name for attempt in attempts]
    return (f"the extension{'s' * (len(names) > 1)} {_listed(names)}: {what}",)


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return ", ".join(names)


def _some(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the first lines and the last one, where there are many."""
    unique = [*dict.fromkeys(lines)]
    return tuple(unique if len(unique) <= MOST else [*unique[: MOST - 1], unique[-1]])
