"""The arguments of the commands that look after the cache."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from wheelwell.buckets import KINDS
from wheelwell.cli.commands import Subparsers, add_command, add_place

_PATTERN = """\
A PATTERN is a project (numpy), a version (numpy==2.1.0, "numpy==2.*"), or a wheel's file name with
* and ? ("numpy-2.*cp312*"). Names match however they are written (PEP 503).
"""
_GC = """\
Remove what nobody will use: leftovers of processes that died, builds that no entry names, damaged
entries and logs that were set aside a month ago, buckets of older versions. Then, where the cache
passes its limits, what is worth least: what was used longest ago and costs least to have again, for
each byte. What was used within the hour, is pinned, held, or being built stays.
"""
_VERIFY = """\
Read every entry again: the wheel's SHA-256, its RECORD, its record and its log; and every source
archive. What is wrong is set aside, so that nobody is handed it, and the exit code is 5.
"""
_PURGE = """\
Remove everything of the kinds that are named, or of all kinds. What somebody holds, or a running
build may use, stays; pins do not keep it, and are kept themselves.
"""


_DOCTOR = """\
Look at the cache directory (owner, space, file system, locks), at what is in it (entries that
cannot be read, leftovers, foreign files), and at what builds need (compilers, Python and its
headers, uv, git). Each finding that is no good comes with what mends it. A problem exits with 5.
"""


def add_patterns(command: argparse.ArgumentParser, *, least: str, purpose: str) -> None:
    """Add patterns of entries: `least` is `+` where one must be given, else `*`."""
    command.add_argument("patterns", nargs=least, metavar="PATTERN", help=purpose)


def add_selection(command: argparse.ArgumentParser) -> None:
    """Add the switches by which entries are chosen."""
    group = command.add_argument_group("which of them")
    group.add_argument(
        "--built-before",
        metavar="WHEN",
        help="built before a date (2026-03-01), or so long ago (30d)",
    )
    group.add_argument("--older-than", metavar="AGE", help="not used for so long, as in 90d or 12h")
    group.add_argument(
        "--built-with",
        action="append",
        default=[],
        metavar="WHAT",
        help="built with a build requirement or compiler, as in 'setuptools<78' or 'gcc<12' "
        "(may repeat: all of them)",
    )


def _add_dir(commands: Subparsers) -> None:
    command = add_command(commands, "dir", _dir, "print the cache directory")
    _add_json(command, "print one JSON object")
    add_place(command)


def _add_info(commands: Subparsers) -> None:
    info = add_command(commands, "info", _info, "say what the cache holds, and what is in force")
    add_place(info)
    add_kinds(info.add_argument_group("what is counted"))
    _add_json(info, "print one JSON object")


def _add_list(commands: Subparsers) -> None:
    command = add_command(
        commands, "list", _list, "list the wheels in the cache", epilog=_PATTERN + "\n"
    )
    add_patterns(command, least="*", purpose="what to list (default: all)")
    command.add_argument(
        "--sort",
        choices=["name", "size", "used", "built", "seconds"],
        metavar="HOW",
        help="by name (default); or size, used, built or seconds: the largest or latest first",
    )
    command.add_argument(
        "--format",
        choices=["human", "abspath"],
        default="human",
        metavar="HOW",
        help="human: a table (default); abspath: the path of each",
    )
    _add_json(command, "print one JSON object an entry")
    add_kinds(command.add_argument_group("what is listed"), default="wheels")
    add_selection(command)
    add_place(command)


def _add_show(commands: Subparsers) -> None:
    command = add_command(
        commands, "show", _show, "say all that is known of entries", epilog=_PATTERN + "\n"
    )
    add_patterns(command, least="+", purpose="what to show")
    command.add_argument("--log", action="store_true", help="print the logs of the builds instead")
    _add_json(command, "print one JSON object an entry, with its record")
    add_selection(command)
    add_place(command)


def _add_stats(commands: Subparsers) -> None:
    command = add_command(commands, "stats", _stats, "say what the cache was good for")
    command.add_argument(
        "projects", nargs="*", metavar="PROJECT", help="of which projects (default: all)"
    )
    command.add_argument(
        "--days", type=_count, metavar="N", help="of the last N days (default: all that is known)"
    )
    command.add_argument("--by", choices=["day", "project"], help="only by day, or by project")
    _add_json(command, "print one JSON object")
    add_place(command)


def _add_remove(commands: Subparsers) -> None:
    summary = "remove the entries that a pattern means"
    remove = add_command(commands, "remove", _remove, summary, epilog=_PATTERN + "\n")
    add_patterns(remove, least="+", purpose="what to remove")
    _add_removing(remove)
    add_selection(remove)
    add_place(remove)


def _add_purge(commands: Subparsers) -> None:
    purge = add_command(
        commands, "purge", _purge, "empty the cache, or one kind of it", description=_PURGE
    )
    kinds = purge.add_argument_group("what is removed")
    add_kinds(kinds)
    _add_removing(purge)
    add_place(purge)


def add_kinds(group: argparse._ArgumentGroup, *, default: str = "all") -> None:
    """Add a switch for each kind of thing in a cache, and one for all of them."""
    for kind, buckets in KINDS.items():
        group.add_argument(
            f"--{kind}",
            action="append_const",
            dest="kinds",
            const=kind,
            help=", ".join(buckets) + (" (default)" if kind == default else ""),
        )
    group.add_argument(
        "--all",
        action="store_const",
        dest="kinds",
        const=[*KINDS],
        help="all of it" + (" (default)" if default == "all" else ""),
    )


def _add_gc(commands: Subparsers) -> None:
    gc = add_command(
        commands, "gc", _gc, "remove what is not needed, and keep to the limits", description=_GC
    )
    limits = gc.add_argument_group("limits, where they differ from the configured ones")
    limits.add_argument(
        "--limit", metavar="SIZE", help="what all of the cache may take, as in 20GB; 0 for nothing"
    )
    limits.add_argument(
        "--max-age", metavar="AGE", help="what was not used for so long goes, as in 90d"
    )
    _add_removing(gc)
    add_place(gc)


def _add_pin(commands: Subparsers) -> None:
    pin = add_command(
        commands, "pin", _pin, "let entries stay, whatever the limits are", epilog=_PATTERN + "\n"
    )
    add_patterns(pin, least="*", purpose="what is to stay; without any, what is pinned is listed")
    _add_json(pin, "print one JSON object a pin")
    add_place(pin)


def _add_unpin(commands: Subparsers) -> None:
    unpin = add_command(commands, "unpin", _unpin, "take pins back")
    add_patterns(unpin, least="+", purpose="what was pinned, as it was written then")
    _add_json(unpin, "print one JSON object a pin")
    add_place(unpin)


def _add_verify(commands: Subparsers) -> None:
    summary = "read everything again, and set aside what is wrong"
    verify = add_command(
        commands, "verify", _verify, summary, description=_VERIFY, epilog=_PATTERN + "\n"
    )
    add_patterns(verify, least="*", purpose="what to read (default: every entry and every source)")
    verify.add_argument(
        "--rebuild", action="store_true", help="build again what was found to be wrong"
    )
    _add_json(verify, "print one JSON object for each thing that is wrong, and one for the whole")
    _add_quiet(verify)
    add_place(verify)


def _add_doctor(commands: Subparsers) -> None:
    summary = "look for what is wrong with the cache and its surroundings"
    doctor = add_command(commands, "doctor", _doctor, summary, description=_DOCTOR)
    doctor.add_argument("--fix", action="store_true", help="mend what is safe to mend")
    _add_json(doctor, "print one JSON object")
    _add_quiet(doctor)
    add_place(doctor)


def _count(text: str) -> int:
    """Return a number of things, which is at least one. Raises `ValueError`."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _add_removing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        *("-n", "--dry-run"), action="store_true", help="remove nothing, and say what would be"
    )
    _add_json(command, "print one JSON object for each thing")
    _add_quiet(command)


def _add_quiet(command: argparse.ArgumentParser) -> None:
    command.add_argument(*("-q", "--quiet"), action="store_true", help="say only what went wrong")


def _add_json(command: argparse.ArgumentParser, purpose: str) -> None:
    command.add_argument("--json", action="store_true", help=purpose)


def _dir(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.place import show_directory

    return show_directory(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.place import show_info

    return show_info(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.list import show_list

    return show_list(arguments)


def _show(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.show import show

    return show(arguments)


def _stats(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.stats import stats

    return stats(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.doctor import doctor

    return doctor(arguments)


def _remove(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.remove import remove

    return remove(arguments)


def _purge(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.remove import purge

    return purge(arguments)


def _gc(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.gc import gc

    return gc(arguments)


def _pin(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.pin import pin

    return pin(arguments)


def _unpin(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.pin import unpin

    return unpin(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from wheelwell.cli.verify import verify

    return verify(arguments)


COMMANDS: Mapping[str, Callable[[Subparsers], None]] = {
    "dir": _add_dir,
    "info": _add_info,
    "list": _add_list,
    "show": _add_show,
    "stats": _add_stats,
    "remove": _add_remove,
    "purge": _add_purge,
    "gc": _add_gc,
    "pin": _add_pin,
    "unpin": _add_unpin,
    "verify": _add_verify,
    "doctor": _add_doctor,
}
"""What describes each command."""
