"""Reading a list: which format a file is of, and what is wanted of it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wheelwell.errors import ConfigurationError, InvalidRequest
from wheelwell.lists import pdm_lock, poetry_lock, pylock, pyproject, requirements, uv_lock
from wheelwell.lists.content import read_bytes
from wheelwell.lists.requirements import Fetch, Listed
from wheelwell.lists.toml import Unreadable
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.urls import without_credentials

_Select = Callable[[Mapping[str, Any], str, str, Choice], Iterator[Wanted]]

_FORMATS: Mapping[str, _Select] = {
    "uv.lock": uv_lock.select,
    "poetry.lock": poetry_lock.select,
    "pdm.lock": pdm_lock.select,
    "pyproject.toml": pyproject.select,
}
"""The formats of files that have one name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class List:
    """A file that says what is wanted."""

    path: str
    is_locked: bool
    """Whether it names all that is needed, each in one version."""

    select: Callable[[Choice], Sequence[Wanted]]
    """Returns what is wanted of it; raises `ConfigurationError`."""

    listed: Listed = field(default_factory=Listed)
    """What else a requirements file says: its switches and constraints."""


def is_list(text: str) -> bool:
    """Say whether what was typed names a list by the name that such files have."""
    return _format(os.path.basename(text)) is not None


def _format(name: str) -> _Select | None:
    if name == "pylock.toml" or (name.startswith("pylock.") and name.endswith(".toml")):
        return pylock.select
    if name.endswith(".py.lock"):  # of a script (PEP 723)
        return uv_lock.select
    return _FORMATS.get(name)


def read(path: str, *, fetch: Fetch | None = None) -> List:
    """Read a lock file, a `pyproject.toml`, or else a requirements file.

    `fetch` reads requirements files that are not on this machine. Raises `ConfigurationError`
    where it cannot be read.
    """
    name = os.path.basename(path)
    select = _format(name)
    if select is None:
        listed = requirements.read(path, fetch=fetch)
        return List(
            path=path,
            is_locked=listed.is_hashed,  # and so it names all that is needed
            select=lambda choice: _selected(_of(listed), {}, path, choice),
            listed=listed,
        )
    data = _toml(path)
    return List(
        path=path,
        is_locked=name != "pyproject.toml",
        listed=Listed(switches=_switches(name, data, path)),
        select=lambda choice: _selected(select, data, path, choice),
    )


def _of(listed: Listed) -> _Select:
    """Return what selects of a requirements file, whose markers alone decide."""

    def select(_: Mapping[str, Any], __: str, ___: str, choice: Choice) -> Iterator[Wanted]:
        for request in listed.requests:
            if choice.admits(request.marker):
                yield Wanted(request=request)

    return select


def _selected(
    select: _Select, data: Mapping[str, Any], path: str, choice: Choice
) -> Sequence[Wanted]:
    try:
        return list(select(data, path, os.path.dirname(os.path.abspath(path)), choice))
    except Unreadable as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except InvalidRequest as error:
        raise ConfigurationError(f"{path}: {error.message}", hint=error.hint) from error


def _switches(name: str, data: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the indexes that a lock names, and without which its projects are not to be had."""
    if name != "poetry.lock":
        return {}  # the others name their files
    try:
        found = poetry_lock.indexes(data)
    except Unreadable as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return {"extra-index-url": found} if found else {}


def _toml(path: str) -> Mapping[str, Any]:
    if "://" in path:
        raise ConfigurationError(
            f"{without_credentials(path)}: only a requirements file may be elsewhere",
            hint="download it first",
        )
    data = read_bytes(path)
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
