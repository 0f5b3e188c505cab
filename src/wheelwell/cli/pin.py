"""`wheelwell pin` and `wheelwell unpin`: what stays, whatever the limits are."""

from __future__ import annotations

import argparse
import sys

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import opened, patterns


def pin(arguments: argparse.Namespace) -> int:
    """Pin patterns; without any, list what is pinned."""
    upkeep = opened(arguments)
    for pattern in patterns(arguments):
        count = sum(1 for _ in upkeep.entries(pattern))
        told = "pinned" if upkeep.pin(pattern) else "was pinned already"
        print(f"{pattern.text}: {told}; {count} entries now", file=sys.stderr)
    if not arguments.patterns:
        for pattern in upkeep.pins():
            if arguments.json:
                print_json({"pattern": pattern.text})
            else:
                print(pattern.text)
    return exits.DONE


def unpin(arguments: argparse.Namespace) -> int:
    """Take pins back; one that was not there exits with 3."""
    upkeep = opened(arguments)
    status = exits.DONE
    for pattern in patterns(arguments):
        if not upkeep.unpin(pattern):
            print(f"{pattern.text} is not pinned", file=sys.stderr)
            status = exits.NOT_IN_CACHE
    return status
