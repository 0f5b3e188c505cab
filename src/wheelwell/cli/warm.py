"""`wheelwell warm`: many wheels for many Pythons, and what came of each."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.cli import exits, resume, warm_lines
from wheelwell.cli.asked import network_of, read_asked
from wheelwell.cli.output import make_directory
from wheelwell.cli.warm_watch import Watching
from wheelwell.compose.cache import open_cache
from wheelwell.errors import InvalidRequest
from wheelwell.lists.reading import List, is_list, read
from wheelwell.lists.requirements import written
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.options import Choices
from wheelwell.outcome import Outcome
from wheelwell.pythons import names_of
from wheelwell.schedule import Room
from wheelwell.warm import reports
from wheelwell.warm.policy import Policy, projects
from wheelwell.warm.start import outcomes, room_of_machine, tasks_of
from wheelwell.warm.task import Task

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

_HOLDS = 12 * 3600.0
"""How long, in seconds, what failed is not tried again if nothing has changed."""


def warm(arguments: argparse.Namespace) -> int:
    """Have all wheels that are wanted, and tell of each; exit with 1 where one is not to be had."""
    if arguments.resume:
        arguments = resume.resumed(arguments, Watching(quiet=False, json=False).warn)
    lists = [read(path) for path in (*arguments.requirement, *filter(is_list, arguments.requests))]
    arguments.requests = [text for text in arguments.requests if not is_list(text)]
    arguments.requirement = []
    if not lists and not arguments.requests:
        raise InvalidRequest("nothing is asked for", hint="name a REQUEST or a list (see --help)")
    below = {name: value for each in lists for name, value in each.switches.items()}
    asked = read_asked(arguments, needs_request=False, below=below)
    watching = Watching(quiet=arguments.quiet, json=arguments.json)
    policy = Policy(
        built=projects(arguments.no_binary, "--no-binary"),
        never_built=projects(arguments.only_binary, "--only-binary"),
    )
    found: list[Outcome] = []
    with watching, open_cache(configuration=asked.configuration, warn=watching.warn) as cache:
        pythons = {python: cache.interpreter(python) for python in asked.pythons}
        watching.name(names_of(pythons))
        named = [Wanted(request=request) for request in asked.requests]
        tasks = tasks_of(cache, named, asked.pythons)
        said = [*_said(cache, lists, asked.pythons, arguments)]
        kept = resume.begun_before(cache, arguments, said)
        if kept is None:
            tasks += _listed(cache, lists, asked.pythons, arguments, watching)
            kept = resume.begin(cache, arguments, said, tasks)
        else:
            tasks = [*kept.plan.tasks]
            watching.say(resume.told(kept.plan))
        room = _room(arguments.jobs)
        started = time.monotonic()
        choices: Choices = {
            "network": network_of(arguments),
            "rebuild": arguments.rebuild,
            "timeout": arguments.timeout,
            "failed_within": 0.0 if arguments.retry_failed else _HOLDS,
        }
        watching.begin(total=len({task.name for task in tasks}), slots=room.slots)
        run = outcomes(
            cache,
            tasks,
            choices=choices,
            room=room,
            policy=policy,
            watch=watching,
            is_dry=arguments.dry_run,
            kept=kept,
            wheelhouse=_wheelhouse(arguments),
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
    _sum_up(arguments, found, pythons, seconds)
    return exits.DONE if all(outcome.is_good for outcome in found) else exits.FAILED


def _said(
    cache: WheelCache,
    lists: Sequence[List],
    pythons: Sequence[str],
    arguments: argparse.Namespace,
) -> Iterator[str]:
    """Yield all that the lists say for each Python, before anything is resolved."""
    for python in pythons:
        choice = _choice(cache, python, arguments)
        for each in lists:
            yield written([wanted.request for wanted in each.select(choice)])
            yield written(each.constraints)


def _choice(cache: WheelCache, python: str, arguments: argparse.Namespace) -> Choice:
    return Choice(
        environment=cache.interpreter(python).markers,
        extras=tuple(arguments.extra),
        groups=tuple(arguments.group),
    )


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


def _listed(
    cache: WheelCache,
    lists: Sequence[List],
    pythons: Sequence[str],
    arguments: argparse.Namespace,
    watching: Watching,
) -> Iterator[Task]:
    """Yield what lists say is wanted for each Python."""
    for python in pythons:
        choice = _choice(cache, python, arguments)
        for each in lists:
            wanted = each.select(choice)
            if not _is_whole(each, wanted):
                with watching.doing("resolving", each.path, python):
                    wanted = _complete(cache, each, wanted, python, arguments)
            for one in wanted:
                yield Task(wanted=one, python=python)


def _is_whole(of: List, wanted: Sequence[Wanted]) -> bool:
    """Say whether a list names all that is needed; one of exact pins is taken to do so."""
    return of.is_locked or all(each.request.pin for each in wanted)


def _complete(
    cache: WheelCache,
    of: List,
    wanted: Sequence[Wanted],
    python: str,
    arguments: argparse.Namespace,
) -> Sequence[Wanted]:
    """Return what is wanted with all that it needs."""
    return cache.resolve(
        [each.request for each in wanted],
        constraints=of.constraints,
        interpreter=python,
        network=network_of(arguments),
    )


def _wheelhouse(arguments: argparse.Namespace) -> str:
    if arguments.wheelhouse and not arguments.dry_run:
        make_directory(arguments.wheelhouse)
    return str(arguments.wheelhouse or "")


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
