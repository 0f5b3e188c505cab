"""`wheelwell gc`: what nobody will use goes, and what passes the limits."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from wheelwell.cli import exits
from wheelwell.cli.opened import configured, opened
from wheelwell.cli.removals import Removals
from wheelwell.config import limits_of
from wheelwell.quantities import as_size


def gc(arguments: argparse.Namespace) -> int:
    """Collect, and say what went and what is left."""
    limits = configured(arguments).limits
    asked = limits_of(arguments.limit, arguments.max_age)
    if asked.size is not None:
        limits = replace(limits, size=asked.size)
    if asked.age is not None:
        limits = replace(limits, age=asked.age)
    upkeep = opened(arguments, writes=not arguments.dry_run)
    done = upkeep.collect(limits, is_dry=arguments.dry_run)
    removals = Removals(is_dry=arguments.dry_run, json=arguments.json, quiet=arguments.quiet)
    removals.tell(done.carried)
    removals.swept(done.swept)
    removals.sum_up()
    if not arguments.json and not arguments.quiet:
        print(f"{as_size(done.size)} are left")
    if limits.size is not None and done.size > limits.size:
        print(
            f"warning: that is {as_size(done.size - limits.size)} above the limit; what is left "
            "was used within the hour, is pinned or held, or is no wheel, source or environment",
            file=sys.stderr,
        )
    return exits.DONE
