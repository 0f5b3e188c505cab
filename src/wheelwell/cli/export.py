"""`wheelwell export`: wheels out of the cache, in a form that others take."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from wheelwell.cli import exits, print_json, show_error
from wheelwell.cli.asked import Asked, network_of, read_asked
from wheelwell.cli.progress import Progress
from wheelwell.compose.cache import open_cache
from wheelwell.errors import (
    Degraded,
    ExportConflict,
    InvalidRequest,
    NotInCache,
    UsageError,
    WheelwellError,
)
from wheelwell.pattern import parse_pattern
from wheelwell.remedy import remedy

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.export.exporter import Export
    from wheelwell.export.item import Exported
    from wheelwell.request import Request


def export(arguments: argparse.Namespace) -> int:
    """Export every request's wheel for every Python, and what patterns mean."""
    _check(arguments)
    asked = read_asked(arguments, needs_request=not (arguments.all or arguments.pattern))
    progress = Progress(quiet=arguments.quiet)
    with open_cache(configuration=asked.configuration, warn=progress.warned) as cache:
        asked.check_pythons(cache)
        run = _Run(cache, arguments, progress, asked)
        for pythons in _groups(asked.pythons, arguments.to):
            run.export(pythons)
        return exits.worst(run.statuses)


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the command."""

    cache: WheelCache
    arguments: argparse.Namespace
    progress: Progress
    asked: Asked
    statuses: list[int] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """The degraded wheels that were told of."""

    def export(self, pythons: tuple[str, ...]) -> None:
        """Export to one place what is asked for."""
        done: list[Exported] = []
        with self.cache.export(
            self.arguments.to,
            _destination(self.arguments),
            interpreter=pythons[0],
            is_forced=self.arguments.force,
        ) as export:
            for request in self.asked.requests:
                for python in pythons:
                    done += self._request(export, request, python)
            if self.arguments.all or self.arguments.pattern:
                done += self._matching(export)
        self._tell(done)

    def _request(self, export: Export, request: Request, python: str) -> Iterator[Exported]:
        if not self.cache.is_wanted(request, interpreter=python):
            self.progress.say(f"{request.text} is not wanted for {python}: {request.marker}")
            return
        try:
            with self.progress:
                yield export.add(
                    request,
                    interpreter=python,
                    network=network_of(self.arguments),
                    reporter=self.progress,
                )
        except UsageError:
            raise
        except NotInCache as error:
            error.hint = f"`wheelwell get {request.text}` builds it; then export again"
            self._fail(error, request.text)
        except WheelwellError as error:
            self._fail(error, request.text)

    def _matching(self, export: Export) -> Iterator[Exported]:
        count = 0
        patterns = [] if self.arguments.all else map(parse_pattern, self.arguments.pattern)
        is_native = self._is_native_required()
        for done in export.add_matching(*patterns, is_native_required=is_native):
            count += 1
            if isinstance(done, ExportConflict) and done.is_other_build:
                self.progress.say(f"left out: {done.message}")
            elif isinstance(done, WheelwellError):
                self._fail(done, "")
            else:
                self._warn(done)
                yield done
        if not count:
            print("no entry matches", file=sys.stderr)
            self.statuses.append(exits.NOT_IN_CACHE)

    def _is_native_required(self) -> bool:
        given = self.arguments.require_native
        return bool(self.asked.configuration.require_native if given is None else given)

    def _warn(self, done: Exported) -> None:
        if done.degraded == "yes" and done.key not in self.told:
            self.told.add(done.key)
            lines = "".join(f"\n  | {line}" for line in done.evidence)
            hint = remedy(done.evidence)
            self.progress.warned(f"{done.filename} is degraded{lines}\n  try: {hint}")

    def _fail(self, error: WheelwellError, subject: str) -> None:
        show_error(error, subject=subject)
        status = exits.FAILED
        if isinstance(error, Degraded):
            status = exits.DEGRADED
        elif isinstance(error, NotInCache):
            status = exits.NOT_IN_CACHE
        self.statuses.append(status)

    def _tell(self, done: list[Exported]) -> None:
        """Say what is where, now that it is complete: of a tar once."""
        shown: set[str] = set()
        for each in done:
            self.progress.say(f"{each.filename}: {'exported' if each.is_new else 'was there'}")
            if self.arguments.output == "-":
                continue
            if self.arguments.json:
                print_json(each.to_json())
            elif each.path not in shown:
                shown.add(each.path)
                print(_as_given(each.path, self.arguments.output), flush=True)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse switches that are at odds, before anything is done."""
    if not arguments.output and arguments.to != "pip-cache":
        raise InvalidRequest("where to is not said", hint="name a directory or a tar: -o DEST")
    if arguments.output == "-" and arguments.to != "tar":
        raise InvalidRequest("only a tar can go to standard output", hint="--to tar -o -")
    if arguments.output == "-" and sys.stdout.isatty():
        raise InvalidRequest("a tar is nothing for a terminal", hint="-o FILE, or a pipe")


def _destination(arguments: argparse.Namespace) -> str | BinaryIO:
    if arguments.output == "-":
        return sys.stdout.buffer
    if arguments.to in {"dir", "index"}:
        from wheelwell.cli.output import make_directory

        make_directory(arguments.output)
    return os.path.abspath(arguments.output) if arguments.output else ""


def _as_given(path: str, output: str) -> str:
    """Return a path as it follows from what was typed, as `get -o` shows it."""
    below = os.path.relpath(path, output) if output else path
    return output if below == "." else os.path.join(output, below)


def _groups(pythons: tuple[str, ...], form: str) -> list[tuple[str, ...]]:
    """Return which Pythons share a place: each has a pip of its own."""
    return [(python,) for python in pythons] if form == "pip-cache" else [pythons]
