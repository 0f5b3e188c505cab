"""One piece of work for a builder: what is to be built, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wheelwell.indexes import Network
from wheelwell.interpreter import Interpreter
from wheelwell.protocols import Reporter
from wheelwell.settings import Settings
from wheelwell.surroundings import Surroundings
from wheelwell.toolchain import Toolchain
from wheelwell.wheel import Wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a builder must know of a request."""

    acquire: Callable[[Path], tuple[Path, int]]
    """Puts a private copy of the source into an empty directory; returns the project's directory
    in it, and its `SOURCE_DATE_EPOCH`."""

    interpreter: Interpreter
    settings: Settings
    toolchain: Toolchain
    network: Network
    reporter: Reporter
    is_cancelled: Callable[[], bool]

    timeout: float | None
    """How long it may take, in seconds; None for as long as it takes."""

    leases: tuple[int, ...]
    """Descriptors that are held until the last process is gone."""

    jobs: int | None = None
    """How many processes it may keep busy; None for what it chooses itself."""

    surroundings: Surroundings | None = None
    """The environment to build in; None for one of the build's own."""

    wheels: tuple[Wheel, ...] = ()
    """Of build requirements that no index has a wheel of."""
