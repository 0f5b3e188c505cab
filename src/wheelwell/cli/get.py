"""`wheelwell get`: the wheel of each request, one path or one JSON object a line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wheelwell.build_requirements import build_requirement
from wheelwell.cache import WheelCache
from wheelwell.cli import exits, reason_of, show_error
from wheelwell.cli.progress import Progress
from wheelwell.compose import open_cache
from wheelwell.config import Configuration, load
from wheelwell.errors import (
    Degraded,
    InvalidRequest,
    NotInCache,
    UsageError,
    WheelwellError,
)
from wheelwell.indexes import Network
from wheelwell.instants import parse_as_of
from wheelwell.overrides import Overrides
from wheelwell.request import Request, parse_request
from wheelwell.secret_variables import secret
from wheelwell.wheel import Origin, Wheel


def get(arguments: argparse.Namespace) -> int:
    """Print the wheel of every request for every Python; return the exit code."""
    switches = _switches(arguments)
    requests = [parse_request(text, directory=os.getcwd()) for text in arguments.requests]
    for path in arguments.requirement:
        from wheelwell.cli.requirements import read

        listed = read(path)
        requests += listed.requests
        switches = {**listed.switches, **switches}
    if not requests and not arguments.requirement:
        raise InvalidRequest("nothing is asked for", hint="wheelwell get REQUEST… (see --help)")
    configuration = _configured(load(switches), arguments)
    progress = Progress(quiet=arguments.quiet, verbose=arguments.verbose)
    with open_cache(
        configuration=configuration, is_ephemeral=arguments.no_cache, warn=progress.warned
    ) as cache:
        pythons = arguments.python or [configuration.python or _default_python(configuration)]
        for python in pythons:
            cache.interpreter(python)  # one that is not there is known before anything is built
        run = _Run(cache, configuration, arguments, progress)
        return exits.worst(
            [run.answer(request, python) for request in requests for python in pythons]
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the command: what all its requests have in common."""

    cache: WheelCache
    configuration: Configuration
    arguments: argparse.Namespace
    progress: Progress

    def answer(self, request: Request, python: str) -> int:
        """Answer one request for one Python; return its exit code."""
        if not self.cache.is_wanted(request, interpreter=python):
            self.progress.say(f"{request.text} is not wanted for {python}: {request.marker}")
            return exits.DONE
        try:
            with self.progress:
                wheel = self._get(request, python)
                output = self.arguments.output
                path = _copy(wheel, output) if output else str(wheel.path)
        except (UsageError, BrokenPipeError):
            raise
        except WheelwellError as error:
            return _tell_failure(error, request, python, self.arguments)
        except OSError as error:
            failure = WheelwellError(reason_of(error))
            return _tell_failure(failure, request, python, self.arguments)
        self._tell(wheel, path)
        return exits.DONE

    def _get(self, request: Request, python: str) -> Wheel:
        arguments = self.arguments
        return self.cache.get(
            request,
            interpreter=python,
            network=_network(arguments),
            rebuild=arguments.rebuild,
            build=not arguments.no_build,
            prefer_binary=arguments.prefer_binary,
            keep=arguments.keep,
            timeout=arguments.timeout,
            reporter=self.progress,
        )

    def _tell(self, wheel: Wheel, path: str) -> None:
        if self.arguments.json:
            _print_json({**wheel.to_json(), "path": os.path.abspath(path)})
        else:
            print(path, flush=True)
        how = {
            Origin.LOCAL: "in the cache",
            Origin.UPSTREAM: "from the index",
            Origin.BUILT: f"built in {wheel.seconds:.1f} s",
            Origin.EPHEMERAL: f"outside the cache, in {wheel.seconds:.1f} s",
        }[wheel.origin]
        self.progress.say(
            f"{wheel.name} {wheel.version} for {wheel.python}: {how} ({wheel.reason})"
        )
        if wheel.note:
            self.progress.say(f"  note: {wheel.note}")


def _tell_failure(
    error: WheelwellError, request: Request, python: str, arguments: argparse.Namespace
) -> int:
    show_error(error, subject=request.text)
    if arguments.json:
        _print_json(
            {
                "request": request.text,
                "python": python,
                "origin": "failed",
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "hint": error.hint,
                    "log": error.log,
                },
            }
        )
    if isinstance(error, Degraded):
        return exits.DEGRADED
    return exits.NOT_IN_CACHE if isinstance(error, NotInCache) else exits.FAILED


def _print_json(value: dict[str, Any]) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False), flush=True)


def _switches(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as switches, by name."""
    names = {
        "cache-dir": arguments.cache_dir,
        "index-url": arguments.index_url,
        "extra-index-url": arguments.extra_index_url,
        "find-links": arguments.find_links,
        "no-index": arguments.no_index,
        "build-index-url": arguments.build_index_url,
        "require-native": arguments.require_native,
        "timeout": arguments.timeout,
        "trust-owner": arguments.trust_owner,
        "reuse": arguments.reuse,
    }
    return {name: value for name, value in names.items() if value is not None}


def _configured(configuration: Configuration, arguments: argparse.Namespace) -> Configuration:
    """Add the settings of the build that were given as switches."""
    switches = Overrides(
        config=dict(_pairs(arguments.config_settings, "-C")),
        variables=dict(map(_variable, arguments.env)),
        constraints=tuple(_constraints(arguments.build_constraint)),
        requirements=tuple(map(build_requirement, arguments.build_requirement)),
        is_isolated=arguments.build_isolation,
        as_of=parse_as_of(arguments.build_as_of) if arguments.build_as_of else None,
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


def _constraints(paths: list[str]) -> Iterator[str]:
    if paths:
        from wheelwell.cli.requirements import read

        for path in paths:
            for request in read(path).requests:
                if request.path or request.url:
                    raise InvalidRequest(f"{path}: {request.text} is no constraint")
                yield request.as_constraint()


def _network(arguments: argparse.Namespace) -> Network:
    if arguments.offline:
        return Network.NEVER
    return Network.REFRESH if arguments.refresh else Network.AS_NEEDED


def _default_python(configuration: Configuration) -> str:
    return configuration.environ.get("VIRTUAL_ENV") or sys.executable


def _copy(wheel: Wheel, directory: str) -> str:
    """Copy a wheel to a directory; its bytes leave the store, so they are hashed on the way."""
    import hashlib
    import secrets

    from wheelwell.cli.output import make_directory
    from wheelwell.errors import HashMismatch

    make_directory(directory)
    target = os.path.join(directory, wheel.filename)
    staged = os.path.join(directory, f".{wheel.filename}.{secrets.token_hex(4)}")
    hasher = hashlib.sha256()
    try:
        with wheel.path.open("rb") as reader, open(staged, "xb") as writer:
            while chunk := reader.read(1 << 20):
                hasher.update(chunk)
                writer.write(chunk)
        if hasher.hexdigest() == wheel.sha256:
            os.replace(staged, target)
    finally:
        if os.path.exists(staged):
            os.unlink(staged)
    if hasher.hexdigest() != wheel.sha256:
        raise HashMismatch(wheel.filename, expected=wheel.sha256, found=hasher.hexdigest())
    return target
