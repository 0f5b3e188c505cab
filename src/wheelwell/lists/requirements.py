"""Requirements files, as `pip install -r` reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from wheelwell.errors import ConfigurationError, InvalidRequest, WheelwellError
from wheelwell.lists.beside import URL, below, identity, links, local
from wheelwell.lists.content import read_bytes
from wheelwell.lists.lines import decoded, lines
from wheelwell.lists.requested import requested
from wheelwell.lists.switches import OF_REQUIREMENTS, Line, read_line
from wheelwell.opposites import names_in
from wheelwell.request import Request
from wheelwell.urls import without_credentials

_FILES = 1000
"""How many files may be read for one, so that none that names others twice goes on for ever."""

Fetch = Callable[[str], bytes]
"""Returns what is at a URL. Raises `WheelwellError`."""

RULES = frozenset({"--no-binary", "--only-binary", "--all-releases", "--only-final"})
"""Switches that put projects on a side, of which a later one takes back an earlier one."""


@dataclass(slots=True)
class Listed:
    """What a requirements file asks for."""

    requests: list[Request] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    """Its switches that stand for settings, by name; lists add to what is set."""

    constraints: list[Request] = field(default_factory=list)
    """What versions must fulfil, if they are wanted at all."""

    rules: list[tuple[str, str]] = field(default_factory=list)
    """Those of its switches that are in `RULES`, with their values, in their order."""

    prefers_binary: bool = False
    must_be_hashed: bool | None = None
    """Whether every requirement must have a hash; None where that is not said."""

    has_hash: bool = False
    """Whether some requirement or constraint has a `--hash`, and so all must."""

    notes: list[str] = field(default_factory=list)
    """What it says that changes nothing here."""

    @property
    def is_hashed(self) -> bool:
        """Whether it is one whose every requirement has a hash, so that it is whole."""
        return self.has_hash if self.must_be_hashed is None else self.must_be_hashed


def read(path: str, *, fetch: Fetch | None = None) -> Listed:
    """Read a requirements file, and those that it names.

    `fetch` reads those that are not on this machine. Raises `ConfigurationError` with file and
    line for what cannot be read or is not known.
    """
    reader = _Reader(fetch or _refuse)
    place = path if URL.match(path) else os.path.abspath(path)
    reader.read(place, (), is_constraining=False)
    listed = reader.listed
    if listed.is_hashed:
        listed.requests = _hashed(listed, without_credentials(path))
    return listed


def parse(text: str, directory: str) -> list[Request]:
    """Read the text of a requirements file that holds nothing but requirements.

    Raises `InvalidRequest`.
    """
    found = (read_line(line) for _, line in lines(text, os.environ))
    return [requested(line, directory) for line in found]


def _refuse(url: str) -> bytes:
    raise ConfigurationError(f"{without_credentials(url)} is not on this machine")


def _hashed(listed: Listed, path: str) -> list[Request]:
    """Return the requests with the hashes of constraints on them.

    As with pip: where one requirement has hashes, or the file asks for them, all must, and each
    must be of one version.
    """
    vouched = {each.name: each.hashes for each in listed.constraints if each.hashes}
    found = [
        replace(each, hashes=tuple(dict.fromkeys((*each.hashes, *vouched.get(each.name, ())))))
        for each in listed.requests
    ]
    for wrong, told in (
        ([each for each in found if not each.hashes], "have a hash, and these have none"),
        (
            [each for each in found if not (each.pin or each.path or each.url)],
            "be of one version (==) where it has a hash, and these are not",
        ),
    ):
        if wrong:
            raise ConfigurationError(
                f"{path}: every requirement must {told}: "
                + ", ".join(each.text for each in wrong[:8]),
                hint="give every requirement its --hash, or none",
            )
    return found


@dataclass(slots=True)
class _Reader:
    """Reads one requirements file, and all that it names, into one `Listed`."""

    fetch: Fetch
    listed: Listed = field(default_factory=Listed)
    count: int = 0
    """Of the files that were read."""

    def read(self, path: str, above: tuple[str, ...], *, is_constraining: bool) -> None:
        """Read a file, by its absolute path or URL; `above` are those that name it."""
        shown = without_credentials(path)
        self.count += 1
        if "\0" in path:
            raise ConfigurationError(f"no file is called {shown!r}")
        if identity(path) in map(identity, above):
            names = " and ".join(map(without_credentials, above))
            raise ConfigurationError(f"{shown} names itself, through {names}")
        if self.count > _FILES or len(above) > _FILES // 10:
            raise ConfigurationError(f"{shown}: too many files name each other")
        for number, text in lines(self._text(path, shown), os.environ):
            place = f"{shown}, line {number}"
            try:
                line = read_line(text)
                if line.requirement:
                    self._take(line, path, is_constraining=is_constraining)
                else:
                    self._switch(line, path, (*above, path), place)
            except InvalidRequest as error:
                raise ConfigurationError(f"{place}: {error.message}", hint=error.hint) from error

    def _text(self, path: str, shown: str) -> str:
        try:
            if path.lower().startswith(("http:", "https:")):
                return decoded(self.fetch(path))
            return decoded(read_bytes(local(path)))
        except ValueError as error:
            raise ConfigurationError(
                f"{shown} cannot be read: {error}",
                hint="a first line such as '# -*- coding: latin-1 -*-' says how it is encoded",
            ) from error
        except ConfigurationError:
            raise
        except WheelwellError as error:
            why = f"{shown} cannot be read: {error.message}"
            raise ConfigurationError(why, hint=error.hint) from error

    def _take(self, line: Line, path: str, *, is_constraining: bool) -> None:
        request = requested(line, os.path.dirname(local(path)))
        self.listed.has_hash |= any(name == "--hash" for name, _ in line.switches)
        if not is_constraining:
            self.listed.requests.append(request)
            return
        if line.is_editable or request.extras or request.config or not request.name:
            raise InvalidRequest(
                f"{request.text} is no constraint",
                hint="a constraint is a name with versions, or with @ and a URL",
            )
        self.listed.constraints.append(request)

    def _switch(self, line: Line, path: str, above: tuple[str, ...], place: str) -> None:
        for name, value in line.switches:
            if name in {"--requirement", "--constraint"}:
                self.read(below(path, value), above, is_constraining=name == "--constraint")
            elif name in OF_REQUIREMENTS:
                raise InvalidRequest(f"{name} stands behind a requirement")
            else:
                self._set(name, value, path, place)

    def _set(self, name: str, value: str, path: str, place: str) -> None:
        listed = self.listed
        if name in RULES:
            try:
                names_in(value, name)
            except ConfigurationError as error:
                raise InvalidRequest(error.message, hint=error.hint) from error
            listed.rules.append((name, value))
        elif name == "--pre":
            listed.rules.append(("--all-releases", ":all:"))
        elif name == "--prefer-binary":
            listed.prefers_binary = True
        elif name in {"--require-hashes", "--no-require-hashes"}:
            listed.must_be_hashed = name == "--require-hashes"
        elif name == "--use-feature":
            listed.notes.append(f"{place}: --use-feature {value} is for pip, and changes nothing")
        elif name == "--index-url":
            listed.switches["index-url"] = value
        elif name == "--no-index":
            listed.switches["no-index"] = True
        else:
            found = links(path, value) if name == "--find-links" else value
            listed.switches.setdefault(name.removeprefix("--"), []).append(found)
