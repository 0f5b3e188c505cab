"""What a command line asks for: requests, Pythons, and the configuration that its switches make."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wheelwell.build_requirements import build_requirement
from wheelwell.config import Configuration, load
from wheelwell.errors import InvalidRequest
from wheelwell.indexes import Network
from wheelwell.instants import parse_as_of
from wheelwell.overrides import Overrides
from wheelwell.request import Request, parse_request
from wheelwell.secret_variables import secret

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

_SWITCHES = (
    *("cache-dir", "trust-owner", "require-native", "timeout", "reuse", "layers"),
    *("index-url", "extra-index-url", "find-links", "no-index", "build-index-url"),
)
"""Switches that stand for the setting of the same name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. Iterating gives each request with each Python."""

    requests: tuple[Request, ...]
    pythons: tuple[str, ...]
    configuration: Configuration

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
    below: Mapping[str, Any] | None = None,
) -> Asked:
    """Return what the arguments of a command ask for. Raises `UsageError`.

    `below` are switches that hold where the command line does not say otherwise.
    """
    switches = {**(below or {}), **_switches(arguments)}
    requests = [parse_request(text, directory=os.getcwd()) for text in arguments.requests]
    for path in arguments.requirement:
        from wheelwell.lists.requirements import read

        listed = read(path)
        if listed.constraints:
            raise InvalidRequest(
                f"{path} names constraints (-c), which decide between versions",
                hint="`wheelwell warm` resolves; here give exact pins",
            )
        requests += listed.requests
        switches = {**listed.switches, **switches}
    if needs_request and not requests and not arguments.requirement:
        raise InvalidRequest("nothing is asked for", hint="name a REQUEST (see --help)")
    configuration = _configured(load(switches), arguments)
    pythons = arguments.python or [configuration.python or _default_python(configuration)]
    return Asked(tuple(requests), tuple(pythons), configuration)


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
        constraints=tuple(_constraints(arguments.build_constraint)),
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


def _constraints(given: list[str]) -> Iterator[str]:
    """Yield constraints: those in files, and those that are given themselves."""
    for text in given:
        for request in _constraining(text):
            if request.path or request.url:
                raise InvalidRequest(f"{text}: {request.text} is no constraint")
            yield request.as_constraint()


def _constraining(text: str) -> Sequence[Request]:
    """Return what a file asks for, or a requirement with a version, which no file is called as."""
    if any(each in text for each in "<>=!~") and not os.path.exists(text):
        return [parse_request(text, directory=os.getcwd())]
    from wheelwell.lists.requirements import read

    return read(text).requests


def _default_python(configuration: Configuration) -> str:
    return configuration.environ.get("VIRTUAL_ENV") or sys.executable
