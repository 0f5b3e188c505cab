"""`wheelwell reproduce`: wheels built again, and compared with those in the cache."""

from __future__ import annotations

import argparse
from pathlib import Path

from wheelwell.cache import WheelCache
from wheelwell.cli import exits, print_json, show_error
from wheelwell.cli.asked import network_of, read_asked
from wheelwell.cli.progress import Progress
from wheelwell.cli.tables import printable
from wheelwell.compose.cache import open_cache
from wheelwell.errors import NotInCache, UsageError, WheelwellError
from wheelwell.reproduction import Reproduction
from wheelwell.request import Request


def reproduce(arguments: argparse.Namespace) -> int:
    """Build every request again; exit with 5 where a wheel is not the same."""
    asked = read_asked(arguments)
    progress = Progress(quiet=arguments.quiet, verbose=arguments.verbose)
    with open_cache(configuration=asked.configuration, warn=progress.warned) as cache:
        asked.check_pythons(cache)
        return exits.worst(
            [_reproduce(cache, arguments, progress, request, python) for request, python in asked]
        )


def _reproduce(
    cache: WheelCache,
    arguments: argparse.Namespace,
    progress: Progress,
    request: Request,
    python: str,
) -> int:
    try:
        with progress:
            told = cache.reproduce(
                request,
                keep_in=Path(arguments.output) if arguments.output else None,
                interpreter=python,
                network=network_of(arguments),
                timeout=arguments.timeout,
                reporter=progress,
            )
    except UsageError:
        raise
    except WheelwellError as error:
        show_error(error, subject=request.text)
        return exits.NOT_IN_CACHE if isinstance(error, NotInCache) else exits.FAILED
    if arguments.json:
        print_json(told.to_json())
    else:
        _print(told)
    return exits.DONE if told.is_same else exits.UNSOUND


def _print(told: Reproduction) -> None:
    if told.is_same:
        print(f"{told.wheel.filename}: the same, byte by byte", flush=True)
        return
    print(f"{told.wheel.filename}: not the same")
    print(f"  in the cache  {told.wheel.sha256}\n  built again   {told.sha256}")
    for finding in told.findings:
        place = f"{printable(finding.file)}: " if finding.file else ""
        print(f"  {place}{printable(finding.what)}")
        if finding.cause:
            print(f"    {finding.cause}")
    if told.kept is not None:
        print(f"  the second wheel is {told.kept}")
