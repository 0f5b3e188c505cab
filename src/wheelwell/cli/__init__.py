"""The command `wheelwell`: reads the arguments, calls one command, and returns its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from wheelwell.cli.exits import BROKEN_PIPE, FAILED, INTERRUPTED, TERMINATED, USAGE, Terminated
from wheelwell.errors import UsageError, WheelwellError


def run() -> None:
    """Run the command as the process's own, and exit."""
    _end_on_sigterm()
    status = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = BROKEN_PIPE
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run the command with `arguments`, and return its exit code."""
    from wheelwell.cli.parser import parser

    try:
        parsed = parser().parse_args(arguments)
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else USAGE
    try:
        return int(parsed.command(parsed))
    except UsageError as error:
        show_error(error)
        return USAGE
    except BrokenPipeError:
        return BROKEN_PIPE
    except WheelwellError as error:
        show_error(error)
        return FAILED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; nothing that was started runs on", file=sys.stderr)
        return INTERRUPTED
    except Terminated:
        print("terminated; nothing that was started runs on", file=sys.stderr)
        return TERMINATED


def show_error(error: WheelwellError, *, subject: str = "") -> None:
    """Print an error for people: what happened, to what, and what to try."""
    start = f"{subject}: " if subject and not error.message.startswith(subject) else ""
    print(f"error: {start}{error.message}", file=sys.stderr)
    if error.log:
        print(f"  log: {error.log}", file=sys.stderr)
    if error.hint:
        print(f"  try: {error.hint}", file=sys.stderr)


def _end_on_sigterm() -> None:
    import signal

    def end(*_: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, end)
