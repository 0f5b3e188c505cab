"""`wheelwell warm`: many wheels for many Pythons, and what came of each."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wheelwell.cli import exits, resume, warm_lines
from wheelwell.cli.asked import fetching, network_of, read_asked
from wheelwell.cli.farm import farm
from wheelwell.cli.output import make_directory
from wheelwell.cli.warm_watch import Watching
from wheelwell.compose.cache import open_cache
from wheelwell.errors import InvalidRequest
from wheelwell.lists.reading import is_list, read
from wheelwell.lists.wanted import Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Outcome
from wheelwell.pythons import names_of
from wheelwell.schedule import Room
from wheelwell.warm import reports
from wheelwell.warm.listed import Listing
from wheelwell.warm.selection import selection_of
from wheelwell.warm.start import outcomes, room_of_machine, tasks_of
from wheelwell.warm.wheelhouse import LIST, Wheelhouse, is_ours, write_list

_HOLDS = 12 * 3600.0
"""How long, in seconds, what failed is not tried again if nothing has changed."""


def warm(arguments: argparse.Namespace) -> int:
    """Have all wheels that are wanted, and tell of each; exit with 1 where one is not to be had."""
    if arguments.resume:
        arguments = resume.resumed(arguments, Watching(quiet=False, json=False).warn)
    paths = (*arguments.requirement, *filter(is_list, arguments.requests))
    lists = [read(path, fetch=fetching(arguments)) for path in paths]
    arguments.requests = [text for text in arguments.requests if not is_list(text)]
    arguments.requirement = []
    if not lists and not arguments.requests:
        raise InvalidRequest("nothing is asked for", hint="name a REQUEST or a list (see --help)")
    asked = read_asked(arguments, needs_request=False, lists=[each.listed for each in lists])
    watching = Watching(quiet=arguments.quiet, json=arguments.json)
    wheelhouse = _wheelhouse(arguments)
    room = _room(arguments.jobs)
    found: list[Outcome] = []
    with (
        watching,
        open_cache(configuration=asked.configuration, warn=watching.warn) as cache,
        farm(arguments, cache, tell=watching.say, warn=watching.warn) as executor,
    ):
        pythons = {python: cache.interpreter(python) for python in asked.pythons}
        watching.name(names_of(pythons))
        named = [Wanted(request=request) for request in asked.requests]
        tasks = tasks_of(cache, named, asked.pythons)
        listing = Listing(
            cache=cache,
            policy=asked.policy,
            extras=tuple(arguments.extra),
            groups=tuple(arguments.group),
            prefers_binary=asked.prefers_binary,
            network=network_of(arguments),
            resolving=functools.partial(watching.doing, "resolving"),
        )
        said = [*listing.said(lists, asked.pythons)]
        kept = resume.begun_before(cache, arguments, said)
        if kept is None:
            tasks += listing.tasks(lists, asked.pythons)
            kept = resume.begin(cache, arguments, said, tasks)
        else:
            tasks = [*kept.plan.tasks]
            watching.say(resume.told(kept.plan))
        started = time.monotonic()
        choices: Choices = {
            "network": network_of(arguments),
            "rebuild": arguments.rebuild,
            "timeout": arguments.timeout,
            "failed_within": 0.0 if arguments.retry_failed else _HOLDS,
        }
        slots = max(1, executor.room().slots) if executor else room.slots
        watching.begin(total=len({task.name for task in tasks}), slots=slots)
        run = outcomes(
            cache,
            tasks,
            choices=choices,
            executor=executor,
            room=None if executor else room,
            policy=asked.policy,
            watch=watching,
            is_dry=arguments.dry_run,
            selection=selection_of(arguments.only, arguments.skip),
            wheelhouse=wheelhouse,
            kept=kept,
        )
        try:
            with contextlib.closing(run):
                found.extend(watching.tell_each(run))
        except (KeyboardInterrupt, exits.Terminated) as error:
            error.add_note(warm_lines.interrupted(watching.state))
            raise
        finally:  # an interrupted run has reports too, of what was done
            seconds = time.monotonic() - started
            _write(arguments, found, pythons, seconds)
            if wheelhouse:
                write_list(cache, wheelhouse, found, asked.pythons)
    _sum_up(arguments, found, pythons, seconds)
    return exits.DONE if all(outcome.is_good for outcome in found) else exits.FAILED


def _sum_up(
    arguments: argparse.Namespace,
    found: Sequence[Outcome],
    pythons: reports.Pythons,
    seconds: float,
) -> None:
    """Say what failed and why, and sum up."""
    parts = [*reports.failures(found, pythons)]
    if not arguments.quiet and not arguments.json and found:
        parts = ["", *parts] if parts else parts  # apart from the lines above
        parts.append(reports.sentence(found, seconds=seconds))
    if parts:
        print("\n\n".join(parts).removeprefix("\n"), file=sys.stderr)


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


def _write(
    arguments: argparse.Namespace,
    found: Sequence[Outcome],
    pythons: reports.Pythons,
    seconds: float,
) -> None:
    """Write the reports that are asked for."""
    forms: dict[str, Callable[[], str]] = {
        arguments.report: lambda: json.dumps(
            reports.to_json(found, pythons, seconds=seconds), indent=1
        ),
        arguments.junit: lambda: reports.to_junit(found, pythons, seconds=seconds),
        arguments.summary: lambda: reports.to_markdown(found, pythons, seconds=seconds),
    }
    for path, text in forms.items():
        if path:
            Path(path).write_text(text(), encoding="utf-8")
