"""Comparison: in what two wheels of one build differ, what that comes of, and how it is mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wheelwell.digest import Sha256

_DATES = re.compile(
    rb"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d"
    rb"|\b1[5-9]\d{8}(?:\d{3}){0,3}(?:\.\d+)?\b"
)
_PATHS = re.compile(rb"/[\w.+-]+(?:/[\w.+-]+)+")
_WORD = re.compile(rb"\w+")
_MOST = 1 << 24
"""Of the bytes of a file, how many are looked into."""

_TIMES = "build times: a backend should take them from SOURCE_DATE_EPOCH, which is set"
_PLACES = (
    "the build's directory: -ffile-prefix-map (CFLAGS) leaves it out of debug information; "
    "__FILE__ and generated files want a change of the project"
)
_ORDER = "an order that is not fixed: sort what is listed, globbed or hashed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A file in a wheel, as the archive tells of it."""

    name: str
    sha256: Sha256
    """Of its content."""

    size: int
    time: str
    mode: int
    method: int
    """How it is compressed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One difference between two wheels."""

    file: str
    """In the wheel; empty for the archive itself."""

    what: str
    """What differs, as a clause."""

    cause: str = ""
    """What it seems to come of; empty where that is not seen."""

    def to_json(self) -> dict[str, str]:
        """Return all of it as JSON values."""
        return {"file": self.file, "what": self.what, "cause": self.cause}


def compare(
    first: Sequence[Member],
    second: Sequence[Member],
    *,
    contents: Callable[[str], tuple[bytes, bytes]],
) -> Iterator[Finding]:
    """Yield the differences between two archives. `contents` returns both contents of a file."""
    here, there = ({member.name: member for member in each} for each in (first, second))
    for name in sorted({*here} ^ {*there}):
        which = "the first" if name in here else "the second"
        yield Finding(file=name, what=f"it is in {which} wheel only", cause=_ORDER)
    shared = [name for name in here if name in there]
    for name in shared:
        yield from _member(here[name], there[name], contents)
    if shared != [name for name in there if name in here]:
        yield Finding(file="", what="the files are in another order", cause=_ORDER)


def required(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the build requirements in which two builds differ."""
    for name in sorted({*first} | {*second}):
        old, new = first.get(name, "none"), second.get(name, "none")
        if old != new:
            yield Finding(
                file="",
                what=f"the build requirement {name} was {old}, and is {new}",
                cause="floating build requirements: --build-as-of or --build-constraint fix them",
            )


def _member(
    here: Member, there: Member, contents: Callable[[str], tuple[bytes, bytes]]
) -> Iterator[Finding]:
    if here.time != there.time:
        what = f"its time is {here.time}, and {there.time}"
        yield Finding(file=here.name, what=what, cause=_TIMES)
    if here.mode != there.mode:
        what = f"its mode is {here.mode:06o}, and {there.mode:06o}"
        yield Finding(file=here.name, what=what, cause="the umask, or how the source was unpacked")
    if here.method != there.method:
        yield Finding(file=here.name, what="it is compressed in another way")
    if here.sha256 != there.sha256:
        yield _content(here, there, contents)


def _content(
    here: Member, there: Member, contents: Callable[[str], tuple[bytes, bytes]]
) -> Finding:
    if here.name.endswith(".dist-info/RECORD"):
        cause = "the other differences: it lists the hashes of all files"
        return Finding(file=here.name, what="its lines differ", cause=cause)
    if max(here.size, there.size) > _MOST:
        return Finding(file=here.name, what="its content differs (too large to be looked into)")
    old, new = contents(here.name)
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    count = sum(a != b for a, b in zip(old, new, strict=False)) + abs(len(old) - len(new))
    what = f"{count} of {len(new)} bytes differ, from {at} on"
    return Finding(file=here.name, what=what, cause=_cause(old, new, here.name))


def _cause(old: bytes, new: bytes, name: str) -> str:
    """Say what the difference between two contents seems to come of."""
    if name.endswith(".pyc"):
        return "byte code holds the time of its source: leave it out of the wheel"
    if sorted(old.split(b"\n")) == sorted(new.split(b"\n")) or _words(old) == _words(new):
        return _ORDER
    if _without(_DATES, old) == _without(_DATES, new):
        return _TIMES
    if _without(_PATHS, old) == _without(_PATHS, new):
        return _PLACES
    if {*_PATHS.findall(old)} != {*_PATHS.findall(new)}:
        return _PLACES
    if {*_DATES.findall(old)} != {*_DATES.findall(new)}:
        return _TIMES
    return ""


def _words(content: bytes) -> list[bytes]:
    return sorted(_WORD.findall(content))


def _without(pattern: re.Pattern[bytes], content: bytes) -> bytes:
    return pattern.sub(b"", content)
