"""The parts of a cache: what it is made of, and what it takes for granted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelwell.failures import Failures
from wheelwell.key import Key, Keyed
from wheelwell.opposites import Opposites
from wheelwell.options import Options, Reuse
from wheelwell.overrides import Layers

if TYPE_CHECKING:
    from wheelwell.builder.builder import Builder, Built
    from wheelwell.builder.compilers import Compilers
    from wheelwell.builder.distributions import Distributions
    from wheelwell.builder.hosts import Hosts
    from wheelwell.builder.interpreters import Interpreters
    from wheelwell.builder.resolver import Resolver
    from wheelwell.compose.opening import Opening
    from wheelwell.dates import Dates
    from wheelwell.export.means import Means
    from wheelwell.plan import Plan
    from wheelwell.protocols import Journal, Plans, Reporter
    from wheelwell.record import Record
    from wheelwell.sources.located import Located
    from wheelwell.sources.resolve import Sources
    from wheelwell.store.disk import Place, Store
    from wheelwell.store.entry import Entry
    from wheelwell.store.presence import Presence
    from wheelwell.store.slots import Slot
    from wheelwell.store.upkeep import Upkeep


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a cache is made of; `compose` chooses the classes."""

    store: Store
    sources: Sources
    interpreters: Interpreters
    compilers: Compilers
    hosts: Hosts
    dates: Dates

    journal: Journal
    """Where what happens is written down."""

    plans: Plans
    """Where the plans of warm-ups are."""

    distributions: Distributions
    """What is installed where a build without isolation runs."""

    builder: Callable[[], Builder]
    """Returns the one builder, made when it is first needed."""

    resolver: Callable[[], Resolver]
    """Returns what resolves lists that are not locked."""

    releases: Opposites
    """Projects whose pre-releases may be chosen though nothing asks for them, and never may."""

    slot: Callable[[str], AbstractContextManager[Slot]]
    """Leases a slot for a project."""

    place: Callable[[Keyed, Key], Place]
    record: Callable[[Plan, Built], Record]

    failures: Failures
    """What did not build."""

    system: Callable[[Plan], str]
    """Returns a digest of how the system looks to a build."""

    build_files: Callable[[Located, Options], Mapping[str, str]]
    """Returns the texts of a source's build files, by path."""

    elsewhere: Callable[[Exception, Callable[[str], None]], Parts | None]
    """Returns, always the same, what stands in where the store cannot be written.

    None for an error that is not the store's; the second argument is told what is wrong. Raises
    `Unwritable` where nothing can stand in.
    """

    means: Callable[[], Means]
    """Returns what exporting and importing need."""

    hold: Callable[[str], AbstractContextManager[bool]]
    """Lets nobody remove a stored wheel, by its path; says whether it is still there."""

    attend: Callable[[], Presence]
    """Lets other processes see, from now on, that this one is there. Raises `OSError`."""

    is_present: Callable[[str], bool]
    """Says whether who attends by that path is still there. Raises `OSError`."""

    opening: Callable[[], Opening]
    """Returns what opens this cache in another process."""

    upkeep: Callable[[], Upkeep]
    """Returns what looks after the store."""

    after_publishing: Callable[[Entry, Reporter], None]
    """Is told of a new entry: the cache may have passed its limit."""

    of_requirements: Callable[[], Parts]
    """Returns the parts of the cache that builds build requirements, of the same store."""

    close: Callable[[], None] = lambda: None

    # What is in force where the options of a request do not say otherwise.

    interpreter: str
    layers: Layers
    """The settings of every project."""

    reuse: Reuse
    """Whether another build's wheel will do."""

    require_native: bool
    """Whether degraded wheels are refused."""

    timeout: float | None
    """The limit of a build, in seconds."""

    environ: Mapping[str, str]
    """The caller's variables."""

    directory: str
    """What relative paths are taken from."""
