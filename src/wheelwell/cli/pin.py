"""`wheelwell pin` and `wheelwell unpin`: what stays, whatever the limits are."""

from __future__ import annotations

import argparse
import sys

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import opened, patterns


def pin(arguments: argparse.Namespace) -> int:
    """Pin patterns; without any, list what is pinned."""
    upkeep = opened(arguments, writes=bool(arguments.patterns))
    for pattern in patterns(arguments):
        count = sum(1 for _ in upkeep.entries(pattern))
        is_new = upkeep.pin(pattern)
        if arguments.json:
            print_json({"pattern": pattern.text, "is_new": is_new, "entries": count})
        else:
            told = "pinned" if is_new else "was pinned already"
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
    upkeep = opened(arguments, writes=True)
    status = exits.DONE
    for pattern in patterns(arguments):
        was_pinned = upkeep.unpin(pattern)
        if not was_pinned:
            status = exits.NOT_IN_CACHE
        if arguments.json:
            print_json({"pattern": pattern.text, "was_pinned": was_pinned})
        else:
            told = "is pinned no longer" if was_pinned else "is not pinned"
            print(f"{pattern.text} {told}", file=sys.stderr)
    return status
