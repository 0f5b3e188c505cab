"""`wheelwell remove` and `wheelwell purge`: entries taken out, and kinds of things emptied."""

from __future__ import annotations

import argparse
import sys

from wheelwell.buckets import KINDS
from wheelwell.cli import exits
from wheelwell.cli.opened import opened, patterns
from wheelwell.cli.removals import Removals
from wheelwell.cli.selecting import selected, selection_of


def remove(arguments: argparse.Namespace) -> int:
    """Remove what patterns mean; a pattern that means nothing exits with 3."""
    upkeep = opened(arguments, writes=not arguments.dry_run)
    removals = _removals(arguments)
    selection = selection_of(arguments)
    statuses = [exits.DONE]
    for pattern in patterns(arguments):
        found = list(selected(upkeep, selection, pattern))
        if not found:
            print(f"no entry matches {pattern.text}", file=sys.stderr)
            statuses.append(exits.NOT_IN_CACHE)
        removals.tell(upkeep.remove(found, is_dry=arguments.dry_run))
    removals.sum_up()
    return exits.worst([*statuses, exits.FAILED if removals.stayed else exits.DONE])


def purge(arguments: argparse.Namespace) -> int:
    """Remove everything of the kinds that are named."""
    upkeep = opened(arguments, writes=not arguments.dry_run)
    removals = _removals(arguments)
    removals.tell(upkeep.purge(arguments.kinds or KINDS, is_dry=arguments.dry_run))
    removals.sum_up()
    return exits.FAILED if removals.stayed else exits.DONE


def _removals(arguments: argparse.Namespace) -> Removals:
    return Removals(is_dry=arguments.dry_run, json=arguments.json, quiet=arguments.quiet)
