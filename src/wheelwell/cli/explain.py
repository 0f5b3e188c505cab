"""`wheelwell explain`: the key of each request part by part, and what the cache has for it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from wheelwell.cache import WheelCache
from wheelwell.cli import exits, print_json, show_error
from wheelwell.cli.asked import network_of, read_asked
from wheelwell.cli.progress import Progress
from wheelwell.compose.cache import open_cache
from wheelwell.errors import NotInCache, UsageError, WheelwellError
from wheelwell.request import Request


def explain(arguments: argparse.Namespace) -> int:
    """Print what there is to say of every request for every Python; return the exit code."""
    asked = read_asked(arguments)
    progress = Progress(quiet=arguments.quiet)
    with open_cache(configuration=asked.configuration, warn=progress.warned) as cache:
        asked.check_pythons(cache)
        run = _Run(cache, arguments, progress)
        return exits.worst([run.explain(request, python) for request, python in asked])


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the command: what all its requests have in common."""

    cache: WheelCache
    arguments: argparse.Namespace
    progress: Progress

    def explain(self, request: Request, python: str) -> int:
        """Explain one request for one Python; return its exit code."""
        if not self.cache.is_wanted(request, interpreter=python):
            self.progress.say(f"{request.text} is not wanted for {python}: {request.marker}")
            return exits.DONE
        try:
            with self.progress:
                told = self.cache.explain(
                    request,
                    interpreter=python,
                    network=network_of(self.arguments),
                    reporter=self.progress,
                )
        except UsageError:
            raise
        except WheelwellError as error:
            show_error(error, subject=request.text)
            return exits.NOT_IN_CACHE if isinstance(error, NotInCache) else exits.FAILED
        if self.arguments.json:
            print_json(told.to_json())
        else:
            print(told, flush=True)
        return exits.DONE if told.hit else exits.NOT_IN_CACHE
