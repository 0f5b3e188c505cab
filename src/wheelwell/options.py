"""Options: how one request is to be answered."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from wheelwell.indexes import Network
from wheelwell.protocols import Cancellation, Reporter
from wheelwell.settings import Settings

if TYPE_CHECKING:
    from wheelwell.wheel import Wheel


class Reuse(enum.StrEnum):
    """Which wheels may answer a request, beside the one of its own key."""

    FIT = "fit"
    """Another build's of the same source, where it fits and is provably as good."""

    EXACT = "exact"
    """None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How one request is to be answered. All of it has a good default."""

    interpreter: str = ""
    """What the wheel is for: a version, a path, a virtual environment; empty for the default."""

    settings: Settings | None = None
    """None for those of the environment that the cache was opened in."""

    network: Network = Network.AS_NEEDED

    rebuild: bool = False
    """Build, even on a hit. The wheel that was there stays good."""

    build: bool = True
    """Whether to build at all; else a miss is `NotInCache`."""

    reuse: Reuse | None = None
    """Whether another build's wheel will do; None for what is configured."""

    prefer_binary: bool = False
    """Take upstream's wheel where it has one that fits."""

    require_native: bool | None = None
    """Whether a degraded wheel is refused; None for what is configured."""

    keep: bool = False
    """Leave the build's directory where it is."""

    timeout: float | None = None
    """How long the build may take, in seconds: None for the configured limit, 0 for none."""

    jobs: int | None = None
    """How many processes the build may keep busy; None for what it chooses. Not in the key."""

    failed_within: float = 0.0
    """For how long, in seconds, what did not build is not tried again, if nothing has changed."""

    wheels: tuple[Wheel, ...] = ()
    """Wheels of build requirements that have none at the indexes. Not in the key."""

    wanted_by: tuple[str, ...] = ()
    """The projects whose build requirement it is: each that of the one before."""

    is_deferring: bool = False
    """Whether `RequirementsMissing` is raised where build requirements have to be built first."""

    cancel: Cancellation | None = None
    """A `threading.Event` to take the request back by from another thread, or what is like one."""

    reporter: Reporter = field(default_factory=Reporter)

    def is_cancelled(self) -> bool:
        """Say whether the caller has taken its request back."""
        return self.cancel is not None and self.cancel.is_set()


class Choices(TypedDict, total=False):
    """The fields of `Options`, as `WheelCache` takes them by name."""

    interpreter: str
    settings: Settings | None
    network: Network
    rebuild: bool
    build: bool
    reuse: Reuse | None
    prefer_binary: bool
    require_native: bool | None
    keep: bool
    timeout: float | None
    jobs: int | None
    failed_within: float
    wheels: tuple[Wheel, ...]
    wanted_by: tuple[str, ...]
    is_deferring: bool
    cancel: Cancellation | None
    reporter: Reporter
