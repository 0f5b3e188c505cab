"""Recording: the system calls by which a process changed a directory, with all that they wrote."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from support.faults import POINTS, strace

_LINE = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_TOKEN = re.compile(r'(?:AT_FDCWD|\d+)<(?P<opened>[^>]*)>|"(?P<text>[^"]*)"(?P<cut>\.\.\.)?')
_NUMBER = re.compile(r", (\d+)$")
_ON_DESCRIPTORS = frozenset("write pwrite64 ftruncate fsync fdatasync flock fcntl fchmod".split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A call that succeeded."""

    name: str
    paths: tuple[str, ...]
    """What it was about, absolute."""

    data: bytes = b""
    """What it wrote."""

    number: int = 0
    """Its last argument: a length or a place in a file."""

    flags: frozenset[str] = frozenset()
    """How a file was opened."""


def recorded(arguments: Sequence[str]) -> list[Recorded]:
    """Run `python -m` with arguments, which must succeed; return the fault points that it met."""
    done, lines = strace(["-xx", "-s", "16777216", "-e", "trace=%file,%desc"], arguments)
    assert done.returncode == 0, done.stderr
    found = []
    for line in lines:
        matched = _LINE.match(line)
        if matched and matched[1] in POINTS and int(matched[3]) >= 0:
            found.append(_parsed(matched[1], matched[2]))
    return found


def _parsed(name: str, arguments: str) -> Recorded:
    directory, paths, data = "", [], b""
    for token in _TOKEN.finditer(arguments):
        assert not token["cut"], f"more was written than is recorded: {name}"
        if token["opened"] is not None:
            directory = os.fsdecode(_bytes(token["opened"]))
            if name in _ON_DESCRIPTORS:
                paths.append(directory)
        elif name in _ON_DESCRIPTORS:
            data = _bytes(token["text"])
        else:
            paths.append(os.path.join(directory, os.fsdecode(_bytes(token["text"]))))
    number = _NUMBER.search(arguments)
    return Recorded(
        name=name,
        paths=tuple(paths),
        data=data,
        number=int(number[1]) if number else 0,
        flags=frozenset(re.findall(r"O_\w+", arguments)),
    )


def _bytes(escaped: str) -> bytes:
    r"""Return what `\x61\x62` stands for."""
    return bytes.fromhex(escaped.replace("\\x", ""))
