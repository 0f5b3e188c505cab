"""`wheelwell warm`: many wheels for many Pythons, and what came of each."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wheelwell.cli import exits, print_json
from wheelwell.cli.asked import fetching, network_of, read_asked
from wheelwell.cli.output import make_directory
from wheelwell.compose.cache import open_cache
from wheelwell.errors import InvalidRequest
from wheelwell.lists.reading import is_list, read
from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Outcome, Result
from wheelwell.protocols import Reporter
from wheelwell.schedule import Room
from wheelwell.warm import reports
from wheelwell.warm.listed import Listing
from wheelwell.warm.run import Task, Watch
from wheelwell.warm.selection import selection_of
from wheelwell.warm.start import outcomes, room_of_machine, tasks_of
from wheelwell.warm.wheelhouse import LIST, Wheelhouse, is_ours, write_list

_SHOWN = {
    Result.BUILT: "built",
    Result.HIT: "there",
    Result.UPSTREAM: "upstream",
    Result.WANTED: "to build",
    Result.SKIPPED: "skipped",
    Result.FAILED: "FAILED",
    Result.BLOCKED: "not tried",
}


def warm(arguments: argparse.Namespace) -> int:
    """Have all wheels that are wanted, and tell of each; exit with 1 where one is not to be had."""
    paths = (*arguments.requirement, *filter(is_list, arguments.requests))
    lists = [read(path, fetch=fetching(arguments)) for path in paths]
    arguments.requests = [text for text in arguments.requests if not is_list(text)]
    arguments.requirement = []
    if not lists and not arguments.requests:
        raise InvalidRequest("nothing is asked for", hint="name a REQUEST or a list (see --help)")
    listed = [each.listed for each in lists]
    asked = read_asked(arguments, needs_request=False, lists=listed)
    lines = _Lines(quiet=arguments.quiet, json=arguments.json)
    wheelhouse = _wheelhouse(arguments)
    with open_cache(configuration=asked.configuration, warn=lines.warn) as cache:
        named = [Wanted(request=request) for request in asked.requests]
        tasks = tasks_of(cache, named, asked.pythons)
        tasks += Listing(
            cache=cache,
            policy=asked.policy,
            extras=tuple(arguments.extra),
            groups=tuple(arguments.group),
            prefers_binary=asked.prefers_binary,
            network=network_of(arguments),
        ).tasks(lists, asked.pythons)
        started = time.monotonic()
        choices: Choices = {
            "network": network_of(arguments),
            "rebuild": arguments.rebuild,
            "timeout": arguments.timeout,
        }
        lines.begin(len({task.name for task in tasks}))
        run = outcomes(
            cache,
            tasks,
            choices=choices,
            room=_room(arguments.jobs),
            policy=asked.policy,
            watch=lines,
            is_dry=arguments.dry_run,
            selection=selection_of(arguments.only, arguments.skip),
            wheelhouse=wheelhouse,
        )
        found: list[Outcome] = []
        try:
            found.extend(lines.tell_each(run))
        finally:  # an interrupted run has reports too, of what was done
            seconds = time.monotonic() - started
            _write(arguments, found, seconds)
            if wheelhouse:
                write_list(cache, wheelhouse, found, asked.pythons)
    lines.end(found, seconds)
    return exits.DONE if all(outcome.is_good for outcome in found) else exits.FAILED


def _wheelhouse(arguments: argparse.Namespace) -> Wheelhouse | None:
    if arguments.sdists and not arguments.wheelhouse:
        raise InvalidRequest("--sdists: where to is not said", hint="--wheelhouse DIR")
    if not arguments.wheelhouse or arguments.dry_run:
        return None
    place = os.path.abspath(arguments.wheelhouse)
    if not is_ours(f"{place}/{LIST}"):
        raise InvalidRequest(
            f"{place}/{LIST} is there, and no wheelhouse's: it would be replaced",
            hint="--wheelhouse takes a directory of its own",
        )
    make_directory(place)
    return Wheelhouse(directory=place, has_sdists=arguments.sdists)


def _room(jobs: int | None) -> Room:
    if jobs is not None and jobs < 1:
        raise InvalidRequest(f"--jobs {jobs}: at least one build must run")
    return room_of_machine(slots=jobs)


def _write(arguments: argparse.Namespace, found: Sequence[Outcome], seconds: float) -> None:
    """Write the reports that are asked for."""
    forms: dict[str, Callable[[], str]] = {
        arguments.report: lambda: json.dumps(reports.to_json(found, seconds=seconds), indent=1),
        arguments.junit: lambda: reports.to_junit(found, seconds=seconds),
        arguments.summary: lambda: reports.to_markdown(found, seconds=seconds),
    }
    for path, text in forms.items():
        if path:
            Path(path).write_text(text(), encoding="utf-8")


class _Lines(Watch):
    """Plain lines: what begins on standard error, what came of it on standard output."""

    def __init__(self, *, quiet: bool, json: bool) -> None:
        self._quiet = quiet
        self._json = json
        self._lock = threading.Lock()
        self._total = self._done = 0

    def begin(self, total: int) -> None:
        """Say how much there is to do."""
        self._total = total
        if not total and not self._quiet:
            print("nothing is wanted for these Pythons", file=sys.stderr)

    def tell_each(self, found: Iterator[Outcome]) -> Iterator[Outcome]:
        """Tell of each outcome as it comes."""
        for outcome in found:
            self._done += 1
            if self._json:
                print_json(outcome.to_json())
            elif not self._quiet:
                with self._lock:
                    print(self._line(outcome), flush=True)
            yield outcome

    def reporter(self, task: Task) -> Reporter:
        """Tell of a build when it begins; hits and the like go by unsaid."""
        return _Steps(self, task)

    def warn(self, message: str) -> None:
        """Say that something is not as it should be."""
        with self._lock:
            print(f"warning: {message}", file=sys.stderr)

    def building(self, task: Task) -> None:
        """Say that a build begins."""
        if not self._quiet and not self._json:
            with self._lock:
                print(f"building {task.name}", file=sys.stderr)

    def end(self, found: Sequence[Outcome], seconds: float) -> None:
        """Say what failed and why, and sum up."""
        for line in reports.failures(found):
            print(line, file=sys.stderr)
        if not self._quiet and not self._json and found:
            print(reports.sentence(found, seconds=seconds), file=sys.stderr)

    def _line(self, outcome: Outcome) -> str:
        width = len(str(self._total))
        counted = f"[{self._done:{width}}/{self._total}]"
        took = f" in {outcome.seconds:.1f} s" if outcome.result is Result.BUILT else ""
        why = f": {outcome.failure or outcome.why}" if outcome.failure or outcome.why else ""
        name = f"{outcome.request} for {outcome.python}"
        return f"{counted} {_SHOWN[outcome.result]:9} {name}{took}{why}"


class _Steps(Reporter):
    def __init__(self, lines: _Lines, task: Task) -> None:
        self._lines = lines
        self._task = task

    def began(self, step: str, subject: str) -> None:  # noqa: ARG002
        if step == "building":
            self._lines.building(self._task)

    def warned(self, message: str) -> None:
        self._lines.warn(f"{self._task.name}: {message}")
