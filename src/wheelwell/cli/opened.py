"""Opening a cache to look after it, as the arguments of a command name it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from wheelwell.compose.upkeep import open_upkeep
from wheelwell.config import Configuration, load
from wheelwell.pattern import Pattern, parse_pattern

if TYPE_CHECKING:
    from wheelwell.store.upkeep import Upkeep


def opened(arguments: argparse.Namespace, *, writes: bool = False) -> Upkeep:
    """Return what looks after the cache. Raises `Unwritable` where it must not be used so."""
    return open_upkeep(configured(arguments), writes=writes, warn=warn)


def configured(arguments: argparse.Namespace) -> Configuration:
    """Return the configuration that is in force."""
    trusts = getattr(arguments, "trust_owner", None)  # `dir` does not ask
    return load({"cache-dir": arguments.cache_dir, "trust-owner": trusts})


def patterns(arguments: argparse.Namespace) -> list[Pattern]:
    """Return the patterns that are named. Raises `UsageError`."""
    return [parse_pattern(text) for text in arguments.patterns]


def warn(message: str) -> None:
    """Say on standard error that something is not as it should be."""
    print(f"warning: {message}", file=sys.stderr)
