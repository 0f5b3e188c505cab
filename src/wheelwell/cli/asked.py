"""What a command line asks for: requests, Pythons, and the configuration that its switches make."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wheelwell.build_requirements import build_requirement
from wheelwell.config import Configuration, load
from wheelwell.errors import InvalidRequest
from wheelwell.indexes import Network
from wheelwell.instants import parse_as_of
from wheelwell.opposites import Opposites, names_in
from wheelwell.overrides import Overrides
from wheelwell.request import Request, parse_request
from wheelwell.secret_variables import secret
from wheelwell.warm.policy import Policy, policy_of

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.lists.requirements import Fetch, Listed

_SWITCHES = (
    *("cache-dir", "trust-owner", "require-native", "timeout", "reuse", "layers"),
    *("index-url", "extra-index-url", "find-links", "no-index", "build-index-url"),
)
"""Switches that stand for the setting of the same name."""

_CONSTRAINT = re.compile(r"\s*[A-Za-z0-9][\w.-]*\s*[<>=!~]")
"""How a constraint begins that is given itself, and no file's name does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. Iterating gives each request with each Python."""

    requests: tuple[Request, ...]
    pythons: tuple[str, ...]
    configuration: Configuration
    policy: Policy = field(default_factory=Policy)
    """Which projects are built in any case, and which are not."""

    prefers_binary: bool = False
    """Whether a file says so."""

    def __iter__(self) -> Iterator[tuple[Request, str]]:
        return ((request, python) for request in self.requests for python in self.pythons)

    def check_pythons(self, cache: WheelCache) -> None:
        """Raise `InterpreterError` for one that is not there, before anything is built."""
        for python in self.pythons:
            cache.interpreter(python)


def read_asked(
    arguments: argparse.Namespace,
    *,
    needs_request: bool = True,
    lists: Iterable[Listed] = (),
) -> Asked:
    """Return what the arguments of a command ask for. Raises `UsageError`.

    Of `lists` the switches hold, where the command line does not say otherwise.
    """
    requests = [parse_request(text, directory=os.getcwd()) for text in arguments.requests]
    files = [_read(path, arguments) for path in arguments.requirement]
    requests += [request for listed in files for request in listed.requests]
    if needs_request and not requests and not arguments.requirement:
        raise InvalidRequest("nothing is asked for", hint="name a REQUEST (see --help)")
    said = [*lists, *files]
    rules = [*(rule for listed in said for rule in listed.rules), *getattr(arguments, "rules", ())]
    configuration = _configured(_loaded(said, rules, arguments), arguments)
    pythons = arguments.python or [configuration.python or _default_python(configuration)]
    return Asked(
        tuple(requests),
        tuple(pythons),
        configuration,
        policy_of(rules),
        any(listed.prefers_binary for listed in said),
    )


def fetching(arguments: argparse.Namespace) -> Fetch:
    """Return what fetches the lists that are at a URL."""

    def fetch(url: str) -> bytes:
        from wheelwell.compose.lists import fetch_list

        return fetch_list(url, load(_switches(arguments)), network_of(arguments))

    return fetch


def _read(path: str, arguments: argparse.Namespace) -> Listed:
    """Read a requirements file that is not resolved. Raises `UsageError`."""
    from wheelwell.lists.reading import is_list
    from wheelwell.lists.requirements import read
    from wheelwell.lists.settled import undecided

    if is_list(path):
        raise InvalidRequest(
            f"{path} is no requirements file", hint="`wheelwell warm` takes locks and projects too"
        )
    listed = read(path, fetch=fetching(arguments))
    if left := undecided(listed.requests, listed.constraints):
        raise InvalidRequest(
            f"{path} names constraints (-c), which decide between versions of {left[0].text}",
            hint="`wheelwell warm` resolves; here give exact pins",
        )
    return listed


def _loaded(
    lists: Sequence[Listed], rules: Sequence[tuple[str, str]], arguments: argparse.Namespace
) -> Configuration:
    """Return the configuration with what lists say: their own lists add, as with pip."""
    switches: dict[str, Any] = {}
    more: dict[str, list[str]] = {}
    for name, value in (item for listed in lists for item in listed.switches.items()):
        if isinstance(value, list):
            more[name] = [*more.get(name, ()), *value]
        else:
            switches[name] = value
    trusted = more.pop("trusted-host", [])
    configuration = load({**switches, **_switches(arguments)}, more=more)
    connection = configuration.connection
    return replace(
        configuration,
        connection=replace(connection, trusted_hosts=(*connection.trusted_hosts, *trusted)),
        releases=_releases(rules),
        warnings=(*configuration.warnings, *(note for listed in lists for note in listed.notes)),
    )


def _releases(rules: Iterable[tuple[str, str]]) -> Opposites:
    sides = {"--all-releases": True, "--only-final": False}
    found = Opposites()
    for switch, value in rules:
        if switch in sides:
            found = found.put(names_in(value, switch), side=sides[switch])
    return found


def network_of(arguments: argparse.Namespace) -> Network:
    """Return what may be asked over the network."""
    if arguments.offline:
        return Network.NEVER
    return Network.REFRESH if arguments.refresh else Network.AS_NEEDED


def _switches(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as switches, by name; a command may lack some."""
    given = {name: getattr(arguments, name.replace("-", "_"), None) for name in _SWITCHES}
    return {name: value for name, value in given.items() if value is not None}


def _configured(configuration: Configuration, arguments: argparse.Namespace) -> Configuration:
    """Add the settings of the build that were given as switches."""
    switches = Overrides(
        config=dict(_pairs(arguments.config_settings, "-C")),
        variables=dict(map(_variable, arguments.env)),
        constraints=tuple(_constraints(arguments.build_constraint, fetching(arguments))),
        requirements=tuple(map(build_requirement, arguments.build_requirement)),
        is_isolated=arguments.build_isolation,
        as_of=None if arguments.build_as_of is None else parse_as_of(arguments.build_as_of),
        secrets={name: secret(name, os.environ) for name in arguments.secret_env},
    )
    switches.over(configuration.settings)  # raises where they are at odds, before anything is done
    return replace(configuration, switches=switches)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name:
        raise InvalidRequest(f"--env {text!r} names no variable")
    if equals:
        return name, value
    if name in os.environ:
        return name, os.environ[name]
    raise InvalidRequest(f"--env {name}: it is not set here", hint=f"--env {name}=VALUE")


def _pairs(texts: list[str], switch: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise InvalidRequest(f"{switch} {text!r} is not NAME=VALUE")
        found[name] = (*found.get(name, ()), value)
    yield from found.items()


def _constraints(given: list[str], fetch: Fetch) -> Iterator[str]:
    """Yield constraints: those in files, and those that are given themselves."""
    for text in given:
        for request in _constraining(text, fetch):
            if request.path or request.url:
                raise InvalidRequest(f"{text}: {request.text} is no constraint")
            yield request.as_constraint()


def _constraining(text: str, fetch: Fetch) -> Sequence[Request]:
    """Return what a file asks for, or a name with a version, as no file is called."""
    if _CONSTRAINT.match(text) and not os.path.exists(text):
        return [parse_request(text, directory=os.getcwd())]
    from wheelwell.lists.requirements import read

    return read(text, fetch=fetch).requests


def _default_python(configuration: Configuration) -> str:
    return configuration.environ.get("VIRTUAL_ENV") or sys.executable
