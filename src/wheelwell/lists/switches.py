"""Switches in a requirements file: those that pip knows there, and the values they have."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from wheelwell.errors import InvalidRequest

_TAKING = {
    "--index-url": ("-i", "--pypi-url"),
    "--extra-index-url": (),
    "--find-links": ("-f",),
    "--requirement": ("-r",),
    "--constraint": ("-c",),
    "--no-binary": (),
    "--only-binary": (),
    "--all-releases": (),
    "--only-final": (),
    "--trusted-host": (),
    "--use-feature": (),
    "--hash": (),
    "--config-settings": ("-C", "--config-setting"),
}
"""Switches that take a value, with their other spellings; `-e` is known by its line."""

_BARE = ("--no-index", "--require-hashes", "--no-require-hashes", "--pre", "--prefer-binary")
"""Those that do not."""

OF_REQUIREMENTS = frozenset({"--hash", "--config-settings"})
"""Those that stand behind a requirement, and nowhere else."""

_GONE = dict.fromkeys(
    ("--global-option", "--install-option", "--build-option"),
    "it was for setup.py, which nothing calls any more: --config-settings NAME=VALUE",
)
"""Those that pip once knew, and what takes their place."""

_SPELLINGS = {
    **{spelling: name for name, others in _TAKING.items() for spelling in (name, *others)},
    **{name: name for name in _BARE},
}
_EDITABLE = re.compile(r"(?:-e\s*|--editable(?:=|\s+|$))")
_QUOTING = frozenset("'\"\\")
_OPTION = re.compile(r"(?:^|(?<=\s))(?=--?[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Line:
    """What a logical line says."""

    requirement: str
    """What is asked for; empty where the line has only switches."""

    is_editable: bool
    switches: tuple[tuple[str, str], ...]
    """Each by its usual name, with its value, in their order."""


def read_line(text: str) -> Line:
    """Take a line apart. Raises `InvalidRequest`, which shows no value: it may be a secret."""
    editable = _EDITABLE.match(text)
    text = text[editable.end() :] if editable else text
    found = _OPTION.search(text)
    place = found.start() if found else len(text)
    if text.startswith("-"):
        place = 0
    requirement = text[:place].strip()
    if editable and requirement[:1] in {"'", '"'}:
        requirement = " ".join(_words(requirement, "--editable"))
    if editable and not requirement:
        raise InvalidRequest(f"{editable[0].strip('= ')} names nothing")
    return Line(requirement, bool(editable), tuple(_switches(text[place:])))


def _switches(text: str) -> list[tuple[str, str]]:
    words = _words(text, re.split(r"[\s=]", text, maxsplit=1)[0])
    found: list[tuple[str, str]] = []
    spelling = ""
    while words:
        word = words.pop(0)
        if spelling and not word.startswith("-"):
            raise InvalidRequest(f"{spelling} is followed by too much")
        spelling, equals, value = _parts(word)
        name = _known(spelling)
        if name not in _TAKING:
            if equals:
                raise InvalidRequest(f"{spelling} takes no value")
        elif not equals:
            value = words.pop(0) if words else ""
            if not value or value.startswith("-"):
                raise InvalidRequest(f"{spelling} has no value")
        found.append((name, value))
    return found


def _words(text: str, name: str) -> list[str]:
    if not _QUOTING & set(text):
        return text.split()  # many times as fast, and a file of hashes has a million words
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InvalidRequest(f"{name} cannot be read: {error}") from error


def _parts(word: str) -> tuple[str, bool, str]:
    """Return a switch, whether its value is in the same word, and that value."""
    if word.startswith("--"):
        spelling, equals, value = word.partition("=")
        return spelling, bool(equals), value
    return word[:2], len(word) > 2, word[2:]


def _known(spelling: str) -> str:
    """Return the usual name of a switch; a long one may be shortened, as pip allows."""
    if spelling in _SPELLINGS:
        return _SPELLINGS[spelling]
    meant = {
        name
        for each, name in _SPELLINGS.items()
        if len(spelling) > 2 and spelling.startswith("--") and each.startswith(spelling)
    }
    if len(meant) == 1:
        return meant.pop()
    hint = _GONE.get(spelling, "")
    raise InvalidRequest(f"{spelling} is not known in a requirements file", hint=hint)
