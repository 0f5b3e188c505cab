"""Going on with a warm-up that was begun before: the last one, or that of the same command."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from wheelwell.cli.asked import read_asked
from wheelwell.compose.cache import open_cache
from wheelwell.errors import InvalidRequest
from wheelwell.warm import plan
from wheelwell.warm.plan import Asked, Kept, Plan
from wheelwell.warm.task import Task

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache

_GOOD_FOR = 7 * 86400.0
"""How long, in seconds, the same command goes on with what its lists came to before."""

_PATHS = ("cache_dir", "report", "junit", "summary")
_CHANGEABLE = (*_PATHS, "farm", "jobs", "json", "quiet", "retry_failed")
"""What may be said anew where a warm-up is gone on with."""

_SAID = {"requests": "REQUEST", "rules": "--no-binary, --only-binary or --pre"}
"""How what has no switch of its name is said."""


def resumed(arguments: argparse.Namespace, warn: Callable[[str], None]) -> argparse.Namespace:
    """Return the arguments of the last warm-up in the cache, with what is said anew.

    Where it was begun becomes the working directory. Raises `InvalidRequest` where there is none,
    or more is said anew than may be.
    """
    _check_changeable(arguments, parse(["warm"]))
    configuration = read_asked(arguments, needs_request=False).configuration
    with open_cache(configuration=configuration, warn=warn) as cache:
        last = plan.last(cache.plans)
    if last is None:
        raise InvalidRequest(
            f"no warm-up was begun in {configuration.cache_dir}",
            hint="say what is wanted: a REQUEST or a list (see --help)",
        )
    if not last.asked.is_whole:
        raise InvalidRequest(
            "the last warm-up was asked for with credentials, which are not kept",
            hint="the same command again goes on with it",
        )
    found = parse(last.asked.words)
    found.words, found.resume = list(last.asked.words), True
    for name in _CHANGEABLE:
        if value := getattr(arguments, name):
            setattr(found, name, os.path.abspath(value) if name in _PATHS else value)
    try:
        os.chdir(last.asked.directory)
    except OSError as error:
        raise InvalidRequest(
            f"the last warm-up was begun in {last.asked.directory}, which is gone: {error.strerror}"
        ) from error
    return found


def _check_changeable(arguments: argparse.Namespace, bare: argparse.Namespace) -> None:
    said = {name for name, value in vars(arguments).items() if value != getattr(bare, name, None)}
    if more := sorted(said.difference(_CHANGEABLE, ("resume", "words", "command"))):
        named = ", ".join(_SAID.get(name, f"--{name.replace('_', '-')}") for name in more)
        raise InvalidRequest(
            f"--resume goes on with what was asked for, and takes nothing else ({named})",
            hint="give the whole command: it goes on where it was, too",
        )


def begun_before(
    cache: WheelCache, arguments: argparse.Namespace, lists: Iterable[str]
) -> Kept | None:
    """Return the plan of the same command, if it was interrupted; None where it begins anew.

    One that was over, with failures, is gone through again only where that is asked for. `lists`
    is what the lists say.
    """
    if arguments.dry_run or arguments.refresh:
        return None
    found = plan.find(cache.plans, _asked(arguments, lists).name)
    if found is None or arguments.resume:
        return None if found is None else Kept(cache.plans, found)
    is_recent = 0 <= time.time() - found.begun_at < _GOOD_FOR
    return Kept(cache.plans, found) if is_recent and not found.is_over else None


def begin(
    cache: WheelCache, arguments: argparse.Namespace, lists: Iterable[str], tasks: Sequence[Task]
) -> Kept | None:
    """Write down what is to be done; None where it cannot be, or nothing is done."""
    if arguments.dry_run:
        return None
    return plan.begin(cache.plans, _asked(arguments, lists), tasks, now=time.time())


def told(found: Plan) -> str:
    """Return how far a warm-up has come, for people."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.begun_at))
    total = len(found.tasks)
    return f"going on with the warm-up begun {when}: {total - found.left} of {total} are there"


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a warm-up from its words."""
    from wheelwell.cli.parser import parser

    return parser("warm").parse_args(words)


def _asked(arguments: argparse.Namespace, lists: Iterable[str]) -> Asked:
    return plan.asked(arguments.words, os.getcwd(), lists)
