"""`wheelwell doctor`: what is wrong with the cache and its surroundings, and what mends it."""

from __future__ import annotations

import argparse
import os
import sys

from wheelwell.cli import exits, print_json
from wheelwell.cli.opened import configured
from wheelwell.cli.tables import printable
from wheelwell.compose.doctor import diagnose
from wheelwell.diagnosis import Finding, Level

_MARKS = {Level.OK: "ok", Level.NOTE: "note", Level.WARNING: "warning", Level.PROBLEM: "PROBLEM"}
_COLORS = {Level.OK: "32", Level.NOTE: "36", Level.WARNING: "33", Level.PROBLEM: "31"}


def doctor(arguments: argparse.Namespace) -> int:
    """Print what is found; exit with 5 where there is a problem that was not mended."""
    found = []
    for finding in diagnose(configured(arguments), fixes=arguments.fix):
        found.append(finding)
        if not arguments.json:
            _print(finding, quiet=arguments.quiet)
    problems = [each for each in found if each.level is Level.PROBLEM and not each.fixed]
    if arguments.json:
        told = [finding.to_json() for finding in found]
        print_json({"problems": len(problems), "findings": told})
    return exits.UNSOUND if problems else exits.DONE


def _print(finding: Finding, *, quiet: bool) -> None:
    if quiet and finding.level in {Level.OK, Level.NOTE}:
        return
    mark = _MARKS[finding.level].ljust(8)
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        mark = f"\x1b[{_COLORS[finding.level]}m{mark}\x1b[0m"
    print(f"{mark}{finding.subject}: {printable(finding.text)}")
    if finding.fixed:
        print(f"        fixed: {printable(finding.fixed)}")
    elif finding.remedy:
        print(f"        to mend it: {printable(finding.remedy)}")
    sys.stdout.flush()
