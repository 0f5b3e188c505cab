"""`wheelwell import`: the entries of a tar, taken into this cache."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, BinaryIO

from wheelwell.cli import exits, print_json, show_error
from wheelwell.cli.opened import configured, warn
from wheelwell.compose.cache import open_cache
from wheelwell.compose.upkeep import examine
from wheelwell.errors import InvalidBundle, Unwritable
from wheelwell.importing import IMPORTED, KEPT, PRESENT, REFUSED

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.importing import Imported

_WORDS = {
    IMPORTED: "imported",
    PRESENT: "was there",
    KEPT: "left out: another build of it is here, and stays",
}


def import_tar(arguments: argparse.Namespace) -> int:
    """Import every entry; exit with 1 where one was refused, or the tar breaks off."""
    configuration = configured(arguments)
    usable, why = examine(configuration)
    if usable != "yes":
        raise Unwritable(
            f"nothing can be imported into {configuration.cache_dir}: {why}",
            hint="--cache-dir names another directory",
        )
    with open_cache(configuration=configuration, warn=warn) as cache:
        if arguments.tar == "-":
            return _import(cache, sys.stdin.buffer, arguments)
        with open(arguments.tar, "rb") as file:
            return _import(cache, file, arguments)


def _import(cache: WheelCache, stream: BinaryIO, arguments: argparse.Namespace) -> int:
    outcomes: list[str] = []
    try:
        for each in cache.import_bundle(stream):
            outcomes.append(each.outcome)
            _tell(each, arguments)
    except InvalidBundle as error:
        show_error(error, subject=arguments.tar)
        outcomes.append(REFUSED)
    if not arguments.json and not arguments.quiet:
        print(
            f"{outcomes.count(IMPORTED)} imported, {outcomes.count(REFUSED)} refused, "
            f"{len(outcomes) - outcomes.count(IMPORTED) - outcomes.count(REFUSED)} here already"
        )
    return exits.FAILED if REFUSED in outcomes else exits.DONE


def _tell(each: Imported, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print_json(each.to_json())
    elif each.outcome == REFUSED:
        print(f"error: {each.name} is refused: {each.why}", file=sys.stderr)
    elif not arguments.quiet:
        print(f"{each.name}: {_WORDS[each.outcome]}", file=sys.stderr)
    if each.why and each.outcome != REFUSED:
        warn(f"{each.name}: what came with it is not believed ({each.why})")
