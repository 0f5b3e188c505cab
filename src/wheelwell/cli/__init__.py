"""The command `wheelwell`: reads the arguments, calls one command, and returns its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from wheelwell.cli.exits import (
    BROKEN_PIPE,
    DONE,
    FAILED,
    INTERRUPTED,
    TERMINATED,
    USAGE,
    Terminated,
)
from wheelwell.errors import UsageError, WheelwellError


def run() -> None:
    """Run the command as the process's own, and exit."""
    from wheelwell.cli.signals import Signals

    signals = Signals()
    signals.listen()
    _open_missing_streams()
    try:
        try:
            status = main(sys.argv[1:])
        finally:
            signals.ignore()
    except (KeyboardInterrupt, Terminated) as error:  # another one, when all was over
        signals.ignore()
        status = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            status = BROKEN_PIPE
        elif status == DONE:
            print(f"error: {reason_of(error)}", file=sys.stderr)
            status = FAILED
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run the command with `arguments`, and return its exit code."""
    try:
        return _command(arguments)
    except UsageError as error:
        show_error(error)
        return USAGE
    except BrokenPipeError:
        return BROKEN_PIPE
    except WheelwellError as error:
        show_error(error)
        return FAILED
    except OSError as error:
        print(f"error: {reason_of(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as error:
        _show_end("interrupted", error)
        return INTERRUPTED
    except Terminated as error:
        _show_end("terminated", error)
        return TERMINATED


def _command(arguments: Sequence[str]) -> int:
    from wheelwell.cli.parser import parser

    if list(arguments[:1]) == ["cache"]:  # `wheelwell cache list`, as with pip
        arguments = arguments[1:]
    try:
        parsed = parser("".join(arguments[:1])).parse_args(arguments)
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else USAGE
    parsed.words = list(arguments)
    return int(parsed.command(parsed))


def reason_of(error: OSError) -> str:
    """Return what the system says, and of which file."""
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)


def show_error(error: WheelwellError, *, subject: str = "") -> None:
    """Print an error for people: what happened, to what, and what to try."""
    start = f"{subject}: " if subject and not error.message.startswith(subject) else ""
    print(f"error: {start}{error.message}", file=sys.stderr)
    if error.log:
        print(f"  log: {error.log}", file=sys.stderr)
    if error.hint:
        print(f"  try: {error.hint}", file=sys.stderr)


def _show_end(how: str, error: BaseException) -> None:
    """Print how a signal ended the command, and what the command noted about it."""
    notes = getattr(error, "__notes__", [])
    print("; ".join([how, "nothing that was started runs on", *notes]), file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object, on one line."""
    import json

    print(json.dumps(value, ensure_ascii=False), flush=True)


def _open_missing_streams() -> None:
    """Let streams that the caller closed be the null device.

    Their numbers would else be given to the next files that are opened, such as leases.
    """
    if None not in {sys.stdin, sys.stdout, sys.stderr}:
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # noqa: FBT003
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
