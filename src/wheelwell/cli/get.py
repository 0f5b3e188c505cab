"""`wheelwell get`: the wheel of each request, one path or one JSON object a line."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

from wheelwell.cache import WheelCache
from wheelwell.cli import exits, print_json, reason_of, show_error
from wheelwell.cli.asked import Asked, network_of, read_asked
from wheelwell.cli.progress import Progress
from wheelwell.compose.cache import open_cache
from wheelwell.errors import DamagedWheel, Degraded, NotInCache, UsageError, WheelwellError
from wheelwell.request import Request
from wheelwell.wheel import Origin, Wheel


def get(arguments: argparse.Namespace) -> int:
    """Print the wheel of every request for every Python; return the exit code."""
    asked = read_asked(arguments)
    progress = Progress(quiet=arguments.quiet, verbose=arguments.verbose)
    with open_cache(
        configuration=asked.configuration, is_ephemeral=arguments.no_cache, warn=progress.warned
    ) as cache:
        asked.check_pythons(cache)
        run = _Run(cache, asked, arguments, progress)
        return exits.worst([run.answer(request, python) for request, python in asked])


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the command: what all its requests have in common."""

    cache: WheelCache
    asked: Asked
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
                path = str(wheel.path)
                if self.arguments.output:
                    wheel, path = self._copied(wheel, request, python)
        except (UsageError, BrokenPipeError):
            raise
        except WheelwellError as error:
            return _tell_failure(error, request, python, self.arguments)
        except OSError as error:
            failure = WheelwellError(reason_of(error))
            return _tell_failure(failure, request, python, self.arguments)
        self._tell(wheel, path)
        return exits.DONE

    def _copied(self, wheel: Wheel, request: Request, python: str) -> tuple[Wheel, str]:
        """Copy a wheel; where it is damaged, or was removed just now, the next one."""
        try:
            return wheel, _copy(wheel, self.arguments.output)
        except DamagedWheel as error:
            self.progress.warned(f"{wheel.path} was damaged ({error.found}); it is built again")
            self.cache.set_aside(wheel)
        except FileNotFoundError:
            pass
        wheel = self._get(request, python)
        return wheel, _copy(wheel, self.arguments.output)

    def _get(self, request: Request, python: str) -> Wheel:
        arguments, policy = self.arguments, self.asked.policy
        prefers = arguments.prefer_binary or self.asked.prefers_binary
        prefers = prefers or not policy.may_build(request.name)
        return self.cache.get(
            request,
            interpreter=python,
            network=network_of(arguments),
            rebuild=arguments.rebuild,
            build=not arguments.no_build and policy.may_build(request.name),
            prefer_binary=prefers and not policy.must_build(request.name),
            keep=arguments.keep,
            timeout=arguments.timeout,
            reporter=self.progress,
        )

    def _tell(self, wheel: Wheel, path: str) -> None:
        if self.arguments.json:
            print_json({**wheel.to_json(), "path": os.path.abspath(path)})
        else:
            print(path, flush=True)
        how = {
            Origin.LOCAL: "in the cache",
            Origin.LAYER: "in a layer of the cache",
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
        print_json(
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


def _copy(wheel: Wheel, directory: str) -> str:
    """Copy a wheel to a directory; its bytes leave the store, so they are hashed on the way."""
    from wheelwell.cli.output import make_directory
    from wheelwell.export.copying import copy

    make_directory(directory)
    target = os.path.join(directory, wheel.filename)
    copy(str(wheel.path), target, sha256=wheel.sha256, is_forced=True)
    return target
