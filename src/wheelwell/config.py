"""Configuration: what is set where, and what of it is in force.

Weakest first: defaults, `wheelwell.toml` in the user's configuration directory, `[tool.wheelwell]`
of the `pyproject.toml` in the working directory, `WHEELWELL_*` variables, switches. pip's index
settings stand where none of these sets one, because they are what a user has already.
"""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wheelwell.build_requirements import build_requirement
from wheelwell.errors import ConfigurationError, WheelwellError
from wheelwell.indexes import DEFAULT, Connection, Indexes
from wheelwell.limits import Limits
from wheelwell.opposites import Opposites
from wheelwell.options import Reuse
from wheelwell.overrides import Overrides
from wheelwell.pip_settings import TRUE, pip_settings
from wheelwell.quantities import parse_age, parse_size
from wheelwell.request import is_name, normalize, parse_request
from wheelwell.secret_variables import secret
from wheelwell.settings import Settings, known_variables
from wheelwell.urls import without_credentials


class Shared(enum.StrEnum):
    """With whom a cache is shared."""

    NOBODY = "no"
    GROUP = "group"


_KINDS: Mapping[str, type] = {
    "cache-dir": str,
    "index-url": str,
    "extra-index-url": list,
    "find-links": list,
    "no-index": bool,
    "build-index-url": str,
    "python": str,
    "require-native": bool,
    "timeout": float,
    "reuse": Reuse,
    "build-constraints": list,
    "build-as-of": str,
    "config-settings": dict,
    "extra-build-requirements": list,
    "build-isolation": bool,
    "secret-env": list,
    "packages": Mapping,
    "trust-owner": bool,
    "limit": str,
    "max-age": str,
    "layers": list,
    "shared": Shared,
}
"""Every setting that a file may hold, with the kind of its value."""

_OF_PACKAGES: Mapping[str, type] = {
    "env": dict,
    "config-settings": dict,
    "build-constraints": list,
    "extra-build-requirements": list,
    "build-isolation": bool,
    "build-as-of": str,
    "timeout": float,
    "secret-env": list,
    "exclusive": bool,
    "skip": bool,
    "why": str,
}
"""Every setting that the table of one project may hold, with the kind of its value."""

_OF_PROJECTS = frozenset(
    {
        *("timeout", "reuse", "build-constraints", "config-settings", "extra-build-requirements"),
        *("build-as-of", "build-isolation", "packages"),
    }
)
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

    releases: Opposites = field(default_factory=Opposites)
    """Projects whose pre-releases may be chosen though nothing asks for them, and never may."""

    python: str = ""
    """The default interpreter, as a user names it; empty for the environment's."""

    require_native: bool = False
    """Whether degraded wheels are refused."""

    timeout: float | None = None
    """How long a build may take, in seconds; None for as long as it takes."""

    reuse: Reuse = Reuse.FIT
    """Whether a wheel that another build made may answer a request."""

    settings: Settings = field(default_factory=Settings)
    """Those of all projects."""

    packages: Mapping[str, Overrides] = field(default_factory=dict)
    """Those of single projects, by name, normalized (PEP 503)."""

    switches: Overrides = field(default_factory=Overrides)
    """Settings of builds that win over all others."""

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The variables of the process: for tools, and what compilers are found by."""

    directory: str = ""
    """The working directory, absolute."""

    is_owner_trusted: bool = False
    """Whether a cache directory is used that is another user's, or that others can write to."""

    is_shared: bool = False
    """Whether the group of the cache directory may write to it."""

    layers: tuple[str, ...] = ()
    """Directories of caches that are only read, below the one that is written; absolute."""

    limits: Limits = field(default_factory=Limits)
    """What the cache may hold: it is collected after a build that passes the limit on size."""

    warnings: tuple[str, ...] = ()
    """What was set but is not in force, in sentences."""


def load(
    switches: Mapping[str, Any] | None = None,
    *,
    more: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    directory: str | None = None,
) -> Configuration:
    """Return what is in force. `switches` are settings by name, as in a file, and win.

    `more` are settings that are lists, which add to those that are in force otherwise.
    Raises `ConfigurationError`, which names the place of what is wrong.
    """
    environ = dict(os.environ) if environ is None else environ
    directory = os.getcwd() if directory is None else directory
    warnings: list[str] = []
    values: dict[str, Any] = {}
    values |= _user_file(environ)
    project = _project_file(directory, warnings.append)
    packages = _merged(values.get("packages", {}), project.pop("packages", {}))
    values |= project
    values |= _variables(environ)
    given = {name: value for name, value in (switches or {}).items() if value is not None}
    values |= _checked(given, "a switch")
    pip = pip_settings(environ)
    for name in _OF_PIP:
        if name in pip:
            values.setdefault(name, pip[name])
    for name, others in _checked(more or {}, "a list").items():
        values[name] = [*dict.fromkeys((*values.get(name, ()), *others))]
    indexes = _indexes(values, directory)
    build_index = values.get("build-index-url")
    return Configuration(
        cache_dir=_cache_dir(values, environ, directory),
        indexes=indexes,
        build_indexes=Indexes(urls=(build_index,)) if build_index else indexes,
        connection=_connection(pip),
        python=values.get("python", ""),
        require_native=values.get("require-native", False),
        timeout=values.get("timeout") or None,
        reuse=Reuse(values.get("reuse", Reuse.FIT)),
        settings=_overrides(values, environ).over(Settings(variables=known_variables(environ))),
        packages={name: _overrides(table, environ) for name, table in packages.items()},
        environ=environ,
        directory=directory,
        is_owner_trusted=values.get("trust-owner", False),
        is_shared=values.get("shared") == Shared.GROUP,
        layers=_layers(values, directory),
        limits=limits_of(values.get("limit"), values.get("max-age")),
        warnings=tuple(warnings),
    )


def _layers(values: Mapping[str, Any], directory: str) -> tuple[str, ...]:
    places = (os.path.expanduser(place) for place in values.get("layers", ()))
    return tuple(dict.fromkeys(os.path.abspath(os.path.join(directory, p)) for p in places if p))


def limits_of(size: str | None, age: str | None) -> Limits:
    """Return the limits that texts stand for, empty ones for none. Raises `ConfigurationError`."""
    return Limits(size=parse_size(size) if size else None, age=parse_age(age) if age else None)


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
    checked = _checked(
        {n: v for n, v in table.items() if n not in _KINDS.keys() - _OF_PROJECTS}, place
    )
    for name, package in checked.get("packages", {}).items():
        if package.pop("secret-env", None) is not None:  # a stranger would choose what leaves
            warn(
                f"{place}: packages.{name}.secret-env is not taken from a project's file; "
                "set it in wheelwell.toml"
            )
    return checked


def _variables(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        variable = f"WHEELWELL_{name.upper().replace('-', '_')}"
        if kind in {dict, Mapping} or not environ.get(variable):
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


def _checked(
    table: Mapping[str, Any], place: str, *, kinds: Mapping[str, type] = _KINDS
) -> dict[str, Any]:
    for name, value in table.items():
        kind = kinds.get(name)
        if kind is None:
            known = ", ".join(sorted(kinds))
            raise ConfigurationError(
                f"{place}: there is no setting {name!r}", hint=f"known: {known}"
            )
        if not _is_of(kind, value):
            raise ConfigurationError(f"{place}: {name} is not {_named(kind)}: {_shown(value)}")
    if "packages" in table:
        return {**table, "packages": _packages(table["packages"], place)}
    return dict(table)


def _packages(tables: Mapping[str, Mapping[str, Any]], place: str) -> dict[str, dict[str, Any]]:
    """Return the tables of single projects, by normalized name, checked."""
    found: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        where = f"{place}: packages.{name}"
        if not is_name(name):
            raise ConfigurationError(f"{where}: that is no project's name (PEP 508)")
        if normalize(name) in found:
            raise ConfigurationError(f"{where}: the same project has another table there")
        checked = _checked(table, where, kinds=_OF_PACKAGES)
        for variable, value in checked.get("env", {}).items():
            if not variable or {"=", "\0"} & {*variable} or not isinstance(value, str):
                raise ConfigurationError(f"{where}: env is not a table of variables and texts")
        try:
            _overrides(checked, {})
        except WheelwellError as error:
            raise ConfigurationError(f"{where}: {error.message}", hint=error.hint) from error
        found[normalize(name)] = checked
    return found


def _merged(
    weaker: Mapping[str, Mapping[str, Any]], stronger: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the tables of both: where both set something for a project, the stronger has it."""
    names = dict.fromkeys((*weaker, *stronger))
    return {name: {**weaker.get(name, {}), **stronger.get(name, {})} for name in names}


def _overrides(table: Mapping[str, Any], environ: Mapping[str, str]) -> Overrides:
    """Return what a table says of builds. A secret that is not set here is none."""
    return Overrides(
        config=_config_settings(table.get("config-settings", {})),
        variables=table.get("env", {}),
        constraints=_constraints(table.get("build-constraints", ())),
        requirements=tuple(map(build_requirement, table.get("extra-build-requirements", ()))),
        is_isolated=table.get("build-isolation"),
        as_of=_as_of(table["build-as-of"]) if "build-as-of" in table else None,
        timeout=table.get("timeout"),
        secrets={n: secret(n, environ) for n in table.get("secret-env", ()) if n in environ},
        is_exclusive=table.get("exclusive", False),
        is_skipped=table.get("skip", False),
        why=table.get("why", ""),
    )


def _is_of(kind: type, value: object) -> bool:
    """Say whether a value is of a kind, and what it holds too."""
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return 0 <= value < float("inf")
    if issubclass(kind, enum.StrEnum):
        return isinstance(value, str) and value in {*kind}
    if kind is list:
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if kind is dict:
        return isinstance(value, dict) and all(
            isinstance(each, str) or _is_of(list, each) for each in value.values()
        )
    if kind is Mapping:
        return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())
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
        keyring=str(pip.get("keyring-provider") or "auto").lower(),
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


def _as_of(text: str) -> str:
    if not text:
        return ""
    from wheelwell.instants import parse_as_of

    try:
        return parse_as_of(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"build-as-of: {error.message}", hint=error.hint) from error


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
        Mapping: "a table of tables",
        Reuse: "`fit` or `exact`",
        Shared: "`no` or `group`",
    }[kind]
