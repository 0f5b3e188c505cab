"""The cache, put together: what answers requests, from its store up."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.builder.compilers import Compilers
from wheelwell.builder.distributions import Distributions
from wheelwell.builder.hosts import Hosts
from wheelwell.builder.interpreters import Interpreters
from wheelwell.cache import WheelCache
from wheelwell.compose.upkeep import judged, unshared, upkeep_of
from wheelwell.config import Configuration, load
from wheelwell.dates import Dates
from wheelwell.failures import Failures
from wheelwell.key import Key, Keyed
from wheelwell.opposites import Opposites
from wheelwell.overrides import Layers, Overrides
from wheelwell.parts import Parts
from wheelwell.plan import Plan
from wheelwell.sources.resolve import Sources
from wheelwell.sources.uploads import Uploads
from wheelwell.store.base import Base, only_read, overlaid, written
from wheelwell.store.disk import Place, Store, open_store
from wheelwell.store.layout import LOG
from wheelwell.store.owner import Use
from wheelwell.store.standin import StandIn, once, refuse
from wheelwell.version import VERSION
from wheelwell.wheel import Origin

if TYPE_CHECKING:
    from wheelwell.builder.builder import Builder, Built
    from wheelwell.builder.resolver import Resolver
    from wheelwell.compose.opening import Opening
    from wheelwell.export.means import Means
    from wheelwell.options import Options
    from wheelwell.pattern import Pattern
    from wheelwell.protocols import Reporter
    from wheelwell.record import Record
    from wheelwell.sources.fetch import Web
    from wheelwell.sources.located import Located
    from wheelwell.sources.repositories import Lease, Repositories
    from wheelwell.store.entry import Entry
    from wheelwell.store.presence import Presence
    from wheelwell.store.slots import Slot

AGENT = f"wheelwell/{VERSION}"


def open_cache(
    directory: str | os.PathLike[str] | None = None,
    *,
    configuration: Configuration | None = None,
    is_ephemeral: bool = False,
    warn: Callable[[str], None] | None = None,
) -> WheelCache:
    """Open the cache in `directory`, or in the configured one; it is made where it is not there.

    Where it may not be used, `warn` is told why, and the cache that is returned builds everything
    anew and stores nothing: the wheels that it hands out are in a temporary directory that stays.
    `is_ephemeral` asks for such a cache at once. Where it may only be read, or turns out not to
    take what is built, only what is not in it goes there. Raises `ConfigurationError`, and
    `Unwritable` where there is no temporary directory either.
    """
    configuration = configuration or load()
    warn = warn or _warn
    for warning in configuration.warnings:
        warn(warning)
    if is_ephemeral:
        return _ephemeral(replace(configuration, layers=()), warn)
    root = os.path.abspath(directory or configuration.cache_dir)
    verdict = judged(root, configuration)
    if verdict.trusted:
        said = f"the cache directory {root} is trusted, because you say so: {verdict.trusted}"
        once(warn, said, cause=said)
    if verdict.use is Use.READ_ONLY:
        base = _layered(only_read(root, warn=warn), configuration, warn)
        return _cache(base, configuration, warn, why=verdict.why)
    if verdict.use is Use.FULL:
        try:
            base = written(open_store(root, warn=warn, is_shared=configuration.is_shared))
            if configuration.is_shared and (remedy := unshared(root)):
                said = f"the cache directory {root} is not shared yet. To mend it: {remedy}"
                once(warn, said, cause=said)
            return _cache(_layered(base, configuration, warn), configuration, warn)
        except OSError as error:
            from wheelwell.store.trouble import unusable

            verdict = unusable(error, root)
    cache = _ephemeral(configuration, warn)
    said = f"the cache directory {root} is not used: {verdict}"
    where = f"Wheels are built anew, and stay in {cache.directory}"
    once(warn, f"{said}. {where}", cause=said)
    return cache


def _layered(base: Base, configuration: Configuration, warn: Callable[[str], None]) -> Base:
    """Return a base through which the layers are read. One that must not be used is told of."""
    layers = []
    for root in configuration.layers:
        verdict = judged(root, configuration)
        if root == base.root or os.path.realpath(root) == os.path.realpath(base.root):
            continue
        if not os.path.isdir(root):
            said = f"the layer {root} is not there, and is left out"
            once(warn, said, cause=said)
        elif verdict.use is Use.NONE:
            said = (
                f"the layer {root} is not used: {verdict.why}; --trust-owner reads it all the same"
            )
            once(warn, said, cause=said)
        else:
            notes = base.memory
            layers.append(only_read(root, warn=warn, origin=Origin.LAYER, notes=notes))
    return overlaid(base, *layers, warn=warn) if layers else base


def _ephemeral(configuration: Configuration, warn: Callable[[str], None]) -> WheelCache:
    """Return a cache in a temporary directory, of which what was handed out stays."""
    from wheelwell.store.ephemeral import clear, open_ephemeral

    written_base = written(open_ephemeral(warn=warn))
    parts = _parts(_layered(written_base, configuration, warn), configuration)
    return WheelCache(replace(parts, close=functools.partial(clear, written_base.store)))


def _cache(
    base: Base, configuration: Configuration, warn: Callable[[str], None], *, why: str = ""
) -> WheelCache:
    """Return the cache on a base; `why` says why that is only read."""
    stand_in = StandIn(base, warn=warn, why=why)
    parts_of = functools.cache(lambda base: _parts(base, configuration))

    def elsewhere(error: Exception, warn: Callable[[str], None]) -> Parts | None:
        other = stand_in.base(error, warn)
        return None if other is None else parts_of(other)

    parts = _parts(base, configuration)
    return WheelCache(replace(parts, elsewhere=elsewhere, close=stand_in.close))


def _parts(base: Base, configuration: Configuration) -> Parts:
    store, memory = base.store, base.memory
    hosts = Hosts(memory, configuration.environ)
    web = functools.cache(lambda: _web(store, configuration))
    uploads = Uploads(indexes=configuration.indexes, memory=memory, web=web)
    build_uploads = Uploads(indexes=configuration.build_indexes, memory=memory, web=web)
    distributions = Distributions(memory, configuration.environ)
    sources = Sources(
        indexes=configuration.indexes,
        releases=configuration.releases,
        memory=memory,
        shelf=base.shelf,
        web=web,
        repositories=functools.cache(lambda: _repositories(store, configuration)),
    )
    return Parts(
        store=store,
        journal=base.journal,
        plans=base.plans,
        sources=sources,
        build_files=functools.partial(_build_files, sources),
        environ=configuration.environ,
        interpreters=Interpreters(memory, configuration.environ, configuration.directory),
        compilers=Compilers(memory, configuration.environ),
        hosts=hosts,
        dates=Dates(memory=memory, uploads=uploads, build_uploads=build_uploads, now=_now),
        builder=functools.cache(
            lambda: _builder(store, configuration, distributions, build_uploads)
        ),
        resolver=lambda: _resolver(configuration),
        releases=configuration.releases,
        slot=lambda project: _slot(store, project),
        elsewhere=functools.partial(refuse, base),
        place=_place,
        record=functools.partial(_record, store, hosts),
        means=functools.cache(lambda: _means(base, configuration)),
        failures=Failures(memory, time.time),
        system=_system,
        hold=functools.partial(_held, store),
        attend=functools.partial(_attend, store),
        is_present=_is_present,
        opening=functools.partial(_opening, base, configuration),
        upkeep=lambda: upkeep_of(store.layout, _warn),
        of_requirements=lambda: _parts(base, _of_requirements(configuration)),
        after_publishing=functools.partial(_after_publishing, store, configuration),
        require_native=configuration.require_native,
        interpreter=configuration.python or sys.executable,
        layers=Layers(
            settings=configuration.settings,
            packages=configuration.packages,
            switches=configuration.switches,
        ),
        distributions=distributions,
        reuse=configuration.reuse,
        timeout=configuration.timeout,
        directory=configuration.directory,
    )


def _of_requirements(configuration: Configuration) -> Configuration:
    """Return what is in force for build requirements: their own indexes, and no switches."""
    constraints = configuration.switches.constraints
    return replace(
        configuration,
        indexes=configuration.build_indexes,
        releases=Opposites(),
        switches=Overrides(constraints=constraints),
    )


def _web(store: Store, configuration: Configuration) -> Web:
    from wheelwell.sources.fetch import Web
    from wheelwell.store.responses import DiskResponses

    return Web(
        configuration.connection,
        agent=AGENT,
        indexes=configuration.indexes.urls,
        responses=DiskResponses(store.layout),
    )


def _now() -> str:
    """Return the present instant, as `instants` writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _repositories(store: Store, configuration: Configuration) -> Repositories:
    from wheelwell.sources.git import Git
    from wheelwell.sources.repositories import Repositories
    from wheelwell.store.inside import make_directories
    from wheelwell.store.modes import share_tree

    return Repositories(
        root=Path(store.layout.repositories),
        git=Git(environ=configuration.environ),
        share=share_tree,
        exclusively=functools.partial(_exclusively, store),
        make_directories=functools.partial(make_directories, below=store.layout.root),
    )


def _exclusively(
    store: Store, name: str, is_over: Callable[[], bool]
) -> AbstractContextManager[Lease]:
    from wheelwell.store import lease

    return lease.acquire(store.layout.lease(name), is_cancelled=is_over)


def _resolver(configuration: Configuration) -> Resolver:
    from wheelwell.builder.installer import Installer
    from wheelwell.builder.resolver import Resolver

    return Resolver(
        installer=Installer(
            indexes=configuration.indexes,
            connection=configuration.connection,
            environ=configuration.environ,
        )
    )


def _builder(
    store: Store, configuration: Configuration, distributions: Distributions, uploads: Uploads
) -> Builder:
    from wheelwell.builder.builder import Builder
    from wheelwell.builder.environment import Environments
    from wheelwell.builder.installer import Installer
    from wheelwell.store.inside import make_directories
    from wheelwell.store.modes import share_tree

    environments = Environments(
        Path(store.layout.environments),
        installer=Installer(
            indexes=configuration.build_indexes,
            connection=configuration.connection,
            environ=configuration.environ,
            page_before=uploads.page_before,
        ),
        exclusively=functools.partial(_exclusively, store),
        make_directories=functools.partial(make_directories, below=store.layout.root),
        share=share_tree,
    )
    return Builder(environments, distributions, configuration.environ)


@contextmanager
def _slot(store: Store, project: str) -> Iterator[Slot]:
    from wheelwell.builder.builder import end_leftovers
    from wheelwell.store.slots import lease_slot

    with lease_slot(store.layout, project, clear=end_leftovers) as slot:
        yield slot


def _build_files(sources: Sources, located: Located, options: Options) -> dict[str, str]:
    import tempfile

    from wheelwell.builder.buildfiles import build_files

    with tempfile.TemporaryDirectory(prefix="wheelwell-") as place:
        return build_files(sources.acquire(located, Path(place), options)[0])


def _place(keyed: Keyed, key: Key) -> Place:
    return Place(project=keyed.name, source=keyed.source, key=key)


def _record(store: Store, hosts: Hosts, plan: Plan, built: Built) -> Record:
    from wheelwell.builder.needs import is_for_own_cpu, needs_of
    from wheelwell.builder.recording import record_of

    needs = needs_of(built.wheel, machine=plan.interpreter.machine)
    if needs is not None:
        is_own = bool(built.checked.native) and is_for_own_cpu(built.log, plan.settings)
        cpu = tuple(sorted(hosts.cpu())) if is_own else ()
        needs = hosts.met(plan.interpreter, replace(needs, cpu=cpu))
    return record_of(
        plan.keyed,
        built,
        origin=plan.located.origin,
        host=plan.interpreter,
        version=VERSION,
        needs=needs,
        earlier=store.records(plan.keyed.name, plan.keyed.source),
    )


@contextmanager
def _held(store: Store, wheel: str) -> Iterator[bool]:
    if not store.is_written or not wheel.startswith(f"{store.layout.root}/"):  # nobody collects
        yield os.path.isfile(wheel)
        return
    from wheelwell.store.holds import held

    with held(store.layout, os.path.dirname(wheel)) as is_there:
        yield is_there


def _attend(store: Store) -> Presence:
    from wheelwell.store.presence import Presence

    return Presence(store)


def _is_present(path: str) -> bool:
    from wheelwell.store.lease import is_held

    return is_held(path)


def _opening(base: Base, configuration: Configuration) -> Opening:
    from wheelwell.compose.opening import opening_of

    return opening_of(base.root, configuration)


def _after_publishing(
    store: Store, configuration: Configuration, entry: Entry, reporter: Reporter
) -> None:
    """Collect where the cache has passed its limit; warn where it has none and is large."""
    from wheelwell.store.growth import grow

    upkeep = upkeep_of(store.layout, reporter.warned)
    grow(store.layout, entry, upkeep=upkeep, limits=configuration.limits, warn=reporter.warned)


def _system(plan: Plan) -> str:
    """Return a digest of how the system looks to a build."""
    from wheelwell.builder.system import system_digest

    return system_digest(plan.interpreter, plan.settings)


def _means(base: Base, configuration: Configuration) -> Means:
    from wheelwell.export.means import Means
    from wheelwell.inputs import source_of
    from wheelwell.sources.carried import carried, learn
    from wheelwell.store.bundle import pack
    from wheelwell.store.lease import acquire
    from wheelwell.store.unbundle import unpack

    store, memory, indexes = base.store, base.memory, configuration.indexes
    return Means(
        store=store,
        environ=configuration.environ,
        entries=functools.partial(_entries, store),
        log_of=lambda wheel: f"{os.path.dirname(wheel)}/{LOG}",
        set_aside=store.set_aside,
        exclusively=acquire,
        facts=lambda record, request: carried(
            memory,
            indexes,
            source=source_of(record.inputs),
            inputs=record.inputs,
            request=request,
        ),
        learn=lambda facts, source, record: learn(
            memory, facts, source=source, inputs=record.inputs
        ),
        place=lambda record, source: Place(
            project=record.inputs["name"], source=source, key=record.key
        ),
        pack=pack,
        unpack=functools.partial(unpack, store.layout),
        check=_checked,
    )


def _entries(store: Store, *patterns: Pattern) -> Iterator[Entry]:
    """Yield the entries that are meant, each marked as used, so that it stays a while."""
    upkeep = upkeep_of(store.layout, store.warn)
    for stored in upkeep.entries(*patterns):
        store.use(stored.entry)
        yield stored.entry


def _checked(wheel: str, record: Record) -> Record:
    """Check a wheel that was built elsewhere; return its record with what was seen of it."""
    from wheelwell.builder.check import check
    from wheelwell.identity import Identity

    inputs = record.inputs
    checked = check(
        Path(wheel),
        identity=Identity(name=inputs["name"], version=inputs["version"]),
        interpreter=None,
        machine=inputs["platform"]["machine"],
    )
    return replace(record, native=checked.native)


def _warn(message: str) -> None:
    import warnings

    warnings.warn(message, stacklevel=3)


def installer(configuration: Configuration) -> str:
    """Return what fills build environments here: the path of uv, or pip."""
    from wheelwell.builder.frontends import find_uv

    return find_uv(configuration.environ) or "pip (with uv it is several times faster)"
