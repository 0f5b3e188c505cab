"""Configuration: what is set where, and what of it is in force.

Weakest first: defaults, `wheelwell.toml` in the user's configuration directory, `[tool.wheelwell]`
of the `pyproject.toml` in the working directory, `WHEELWELL_*` variables, switches. pip's index
settings stand where none of these sets one, because they are what a user has already.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wheelwell.errors import ConfigurationError
from wheelwell.indexes import DEFAULT, Connection, Indexes
from wheelwell.options import Reuse
from wheelwell.pip_settings import TRUE, pip_settings
from wheelwell.request import parse_request
from wheelwell.settings import Settings, known_variables
from wheelwell.urls import without_credentials

_KINDS: Mapping[str, type] = {
    "cache-dir": str,
    "index-url": str,
    "extra-index-url": list,
    "find-links": list,
    "no-index": bool,
    "build-index-url": str,
    "python": str,
    "timeout": float,
    "reuse": Reuse,
    "build-constraints": list,
    "config-settings": dict,
}
"""Every setting that a file may hold, with the kind of its value."""

_OF_PROJECTS = frozenset({"timeout", "reuse", "build-constraints", "config-settings"})
"""What the `pyproject.toml` of a stranger may set: how its projects are built, nothing else."""

_OF_PIP = ("index-url", "extra-index-url", "find-links", "no-index")
_FALSE = frozenset({"0", "f", "false", "n", "no", "off", ""})


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """All that is in force for one cache."""

    cache_dir: str
    """Absolute."""

    indexes: Indexes = field(default_factory=Indexes)
    build_indexes: Indexes = field(default_factory=Indexes)
    """Where build requirements come from."""

    connection: Connection = field(default_factory=Connection)

    python: str = ""
    """The default interpreter, as a user names it; empty for the environment's."""

    timeout: float | None = None
    """How long a build may take, in seconds; None for as long as it takes."""

    reuse: Reuse = Reuse.FIT
    """Whether a wheel that another build made may answer a request."""

    settings: Settings = field(default_factory=Settings)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The variables of the process: for tools, and what compilers are found by."""

    directory: str = ""
    """The working directory, absolute."""

    warnings: tuple[str, ...] = ()
    """What was set but is not in force, in sentences."""


def load(
    switches: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: str | None = None,
) -> Configuration:
    """Return what is in force. `switches` are settings by name, as in a file, and win.

    Raises `ConfigurationError`, which names the place of what is wrong.
    """
    environ = dict(os.environ) if environ is None else environ
    directory = os.getcwd() if directory is None else directory
    warnings: list[str] = []
    values: dict[str, Any] = {}
    values |= _user_file(environ)
    values |= _project_file(directory, warnings.append)
    values |= _variables(environ)
    given = {name: value for name, value in (switches or {}).items() if value is not None}
    values |= _checked(given, "a switch")
    pip = pip_settings(environ)
    for name in _OF_PIP:
        if name in pip:
            values.setdefault(name, pip[name])
    indexes = _indexes(values, directory)
    build_index = values.get("build-index-url")
    return Configuration(
        cache_dir=_cache_dir(values, environ, directory),
        indexes=indexes,
        build_indexes=Indexes(urls=(build_index,)) if build_index else indexes,
        connection=_connection(pip),
        python=values.get("python", ""),
        timeout=values.get("timeout") or None,
        reuse=Reuse(values.get("reuse", Reuse.FIT)),
        settings=Settings(
            config=_config_settings(values.get("config-settings", {})),
            variables=known_variables(environ),
            constraints=_constraints(values.get("build-constraints", ())),
        ),
        environ=environ,
        directory=directory,
        warnings=tuple(warnings),
    )


def _user_file(environ: Mapping[str, str]) -> dict[str, Any]:
    place = environ.get("WHEELWELL_CONFIG_FILE", "")
    if not place:
        place = f"{_user_directory('config', environ)}/wheelwell.toml"
        if not os.path.exists(place):
            return {}
    return _checked(_read_toml(place), place)


def _project_file(directory: str, warn: Callable[[str], None]) -> dict[str, Any]:
    place = f"{directory}/pyproject.toml"
    try:
        with open(place, "rb") as file:
            if b"wheelwell" not in file.read():  # importing the parser takes 15 ms
                return {}
    except OSError:
        return {}
    tools = _read_toml(place).get("tool", {})
    table = tools.get("wheelwell", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place}: tool.wheelwell is not {_named(dict)}")
    for name in sorted(table.keys() & (_KINDS.keys() - _OF_PROJECTS)):
        warn(f"{place}: {name} is not taken from a project's file; set it in wheelwell.toml")
    return _checked(
        {n: v for n, v in table.items() if n not in _KINDS.keys() - _OF_PROJECTS}, place
    )


def _variables(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        variable = f"WHEELWELL_{name.upper().replace('-', '_')}"
        if kind is dict or not environ.get(variable):
            continue
        text = environ[variable]
        try:
            found[name] = _from_text(text, kind)
        except ValueError as error:
            raise ConfigurationError(f"{variable}: {_shown(text)} is not {_named(kind)}") from error
        if not _is_of(kind, found[name]):
            raise ConfigurationError(f"{variable}: {_shown(text)} is not {_named(kind)}")
    return found


def _from_text(text: str, kind: type) -> Any:
    if kind is list:
        return text.split()
    if kind is bool:
        if text.lower() not in TRUE | _FALSE:
            raise ValueError
        return text.lower() in TRUE
    return kind(text)


def _checked(table: Mapping[str, Any], place: str) -> dict[str, Any]:
    for name, value in table.items():
        kind = _KINDS.get(name)
        if kind is None:
            known = ", ".join(sorted(_KINDS))
            raise ConfigurationError(
                f"{place}: there is no setting {name!r}", hint=f"known: {known}"
            )
        if not _is_of(kind, value):
            raise ConfigurationError(f"{place}: {name} is not {_named(kind)}: {_shown(value)}")
    return dict(table)


def _is_of(kind: type, value: object) -> bool:
    """Say whether a value is of a kind, and what it holds too."""
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return 0 <= value < float("inf")
    if kind is Reuse:
        return isinstance(value, str) and value in {*Reuse}
    if kind is list:
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if kind is dict:
        return isinstance(value, dict) and all(
            isinstance(each, str) or _is_of(list, each) for each in value.values()
        )
    return isinstance(value, kind)


def _shown(value: object) -> str:
    """Return a value for a message; it may be a URL with credentials, or hold some."""
    if isinstance(value, list | tuple | dict):
        return "one of its values is of another kind"
    return repr(without_credentials(value) if isinstance(value, str) else value)


def _read_toml(place: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(place, "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place} cannot be read: {error}") from error


def _cache_dir(values: Mapping[str, Any], environ: Mapping[str, str], directory: str) -> str:
    chosen = values.get("cache-dir")
    if chosen == "":
        raise ConfigurationError("the cache directory has no name", hint="leave it out instead")
    chosen = chosen or _user_directory("cache", environ)
    return os.path.abspath(os.path.join(directory, os.path.expanduser(chosen)))


def _user_directory(kind: str, environ: Mapping[str, str]) -> str:
    """Return where a user's files of this kind go (on Linux after the XDG specification)."""
    chosen = environ.get(f"XDG_{kind.upper()}_HOME", "")
    if os.path.isabs(chosen):
        return f"{chosen}/wheelwell"
    home = environ.get("HOME", "")
    if sys.platform == "linux" and os.path.isabs(home):  # what the XDG specification says
        return f"{home}/.{kind}/wheelwell"
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_dir")("wheelwell", appauthor=False))


def _indexes(values: Mapping[str, Any], directory: str) -> Indexes:
    urls = (values.get("index-url") or DEFAULT, *values.get("extra-index-url", ()))
    return Indexes(
        urls=() if values.get("no-index") else tuple(dict.fromkeys(urls)),
        find_links=tuple(_absolute(place, directory) for place in values.get("find-links", ())),
    )


def _absolute(place: str, directory: str) -> str:
    """Return a place of links so that it names the same from any directory: it is remembered."""
    if "://" in place or place.startswith("file:"):
        return place
    return os.path.abspath(os.path.join(directory, os.path.expanduser(place)))


def _connection(pip: Mapping[str, Any]) -> Connection:
    return Connection(
        timeout=_seconds(pip.get("timeout") or pip.get("default-timeout")) or Connection().timeout,
        certificates=str(pip.get("cert") or ""),
        client_certificate=str(pip.get("client-cert") or ""),
        proxy=str(pip.get("proxy") or ""),
        trusted_hosts=tuple(pip.get("trusted-host", ())),
    )


def _seconds(text: object) -> float:
    """Return a number of seconds; 0 for what is none."""
    try:
        seconds = float(str(text))
    except ValueError:
        return 0.0
    return seconds if _is_of(float, seconds) else 0.0


def _constraints(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({parse_request(text).as_constraint() for text in texts}))


def _config_settings(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        str(name): tuple(map(str, value)) if isinstance(value, (list, tuple)) else (str(value),)
        for name, value in table.items()
    }


def _named(kind: type) -> str:
    return {
        str: "text",
        list: "a list of texts",
        bool: "true or false",
        float: "a number of seconds",
        dict: "a table of texts and lists of texts",
        Reuse: "`fit` or `exact`",
    }[kind]
