"""Commands: what each part of the command line shares, its exit codes and where the cache is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
"""What commands are added to."""

EXITS = """\
exit codes:
  0    done
  1    a build or a source failed
  2    usage or configuration
  3    not in the cache (--no-build, --offline, explain, remove)
  4    degraded, and such are refused (--require-native)
  5    something is wrong (verify, doctor), or not the same (reproduce)
  130  interrupted (143: terminated)
"""


def add_command(
    commands: Subparsers,
    name: str,
    command: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    description: str = "",
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add one command, with what its help says first and last."""
    added = commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog + EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(command=command)
    return added


def add_place(command: argparse.ArgumentParser) -> None:
    """Add where the cache is, and whether its owner is trusted."""
    group = command.add_argument_group("the cache")
    group.add_argument("--cache-dir", metavar="DIR", help="the cache directory")
    if not command.prog.endswith(" dir"):
        group.add_argument(
            "--trust-owner",
            action="store_true",
            default=None,
            help="use the cache directory though it belongs to another user, or others can "
            "write to it: they then decide what you install",
        )
    if command.prog.endswith((" get", " explain", " reproduce")):
        group.add_argument(
            "--layer",
            action="append",
            dest="layers",
            metavar="DIR",
            help="a cache that is only read, below the one that is written (may repeat)",
        )
    if command.prog.endswith(" get"):
        group.add_argument(
            *("--no-cache", "--no-cache-dir"),
            action="store_true",
            dest="no_cache",
            help="neither look into the cache nor store there; the wheel goes to a temporary "
            "directory that stays",
        )
