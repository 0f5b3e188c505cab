"""The cache: the one place where the steps of a request stand in order.

locate -> identity -> key -> look up --hit---------------------------------> wheel
                                |miss
                                lease -> look again --hit------------------> wheel
                                slot -> source -> environment -> hooks -> check -> publish
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from wheelwell.errors import (
    BuildError,
    Cancelled,
    Degraded,
    InvalidRequest,
    InvalidSource,
    NoMatchingSource,
    NotInCache,
    WheelwellError,
)
from wheelwell.fit import misfit
from wheelwell.key import Key, Keyed
from wheelwell.options import Choices, Options, Reuse
from wheelwell.overrides import Layers
from wheelwell.protocols import Reporter
from wheelwell.request import Request, parse_request
from wheelwell.requires_python import admits
from wheelwell.settings import Settings
from wheelwell.wheel import Origin, Wheel

if TYPE_CHECKING:
    from wheelwell.builder.builder import Builder, Built
    from wheelwell.builder.compilers import Compilers
    from wheelwell.builder.distributions import Distributions
    from wheelwell.builder.hosts import Hosts
    from wheelwell.builder.interpreters import Interpreters
    from wheelwell.dates import Dates
    from wheelwell.explain import Explanation
    from wheelwell.host import Host
    from wheelwell.identity import Identity
    from wheelwell.interpreter import Interpreter
    from wheelwell.record import Record
    from wheelwell.sources.located import Located
    from wheelwell.sources.resolve import Sources
    from wheelwell.store.disk import Place, Store
    from wheelwell.store.entry import Entry
    from wheelwell.store.slots import Slot
    from wheelwell.surroundings import Surroundings
    from wheelwell.work import Work

_Answer = TypeVar("_Answer")


SAME = "the same source, interpreter and build"
"""Why an entry of the request's own key is a hit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that is known about a request before anything is built."""

    request: Request
    located: Located
    identity: Identity
    interpreter: Interpreter
    settings: Settings
    keyed: Keyed
    key: Key


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a cache is made of; `compose` chooses the classes."""

    store: Store
    sources: Sources
    interpreters: Interpreters
    compilers: Compilers
    dates: Dates
    hosts: Hosts
    builder: Callable[[], Builder]
    """Returns the one builder, made when it is first needed."""

    slot: Callable[[str], AbstractContextManager[Slot]]
    """Leases a slot for a project."""

    build_files: Callable[[Located, Options], Mapping[str, str]]
    """Returns the texts of a source's build files, by path."""

    environ: Mapping[str, str]
    """The caller's variables."""
    elsewhere: Callable[[Exception, Callable[[str], None]], Parts | None]
    """Returns, always the same, what stands in where the store cannot be written.

    None for an error that is not the store's; the second argument is told what is wrong. Raises
    `Unwritable` where nothing can stand in.
    """

    place: Callable[[Keyed, Key], Place]
    record: Callable[[Plan, Built], Record]
    interpreter: str
    """The default interpreter."""

    layers: Layers
    """The settings of every project."""

    distributions: Distributions
    """What is installed where a build without isolation runs."""

    reuse: Reuse
    """Whether another build's wheel will do, where the options do not say."""

    timeout: float | None
    """The default limit of a build, in seconds."""

    directory: str
    """What relative paths are taken from."""

    is_unchanged: Callable[[Plan, Record], bool]
    """Says whether the system looks as it did to the build of a degraded wheel."""

    require_native: bool = False
    """Whether degraded wheels are refused, by default."""

    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Look:
    """How a look into the store went."""

    entry: Entry | None = None
    """What may be handed out."""

    reason: str = ""
    """Why it may although its key is another, or why what is there may not; mostly empty."""


class WheelCache:
    """Turns requests into wheels, and builds each at most once. Threads share it.

    Get one with `wheelwell.open_cache()`.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stand_in: WheelCache | None = None  # once the store could not be written
        self._fitting: dict[tuple[str, str, str], Host] = {}  # where a build was found to fit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the cache holds. Wheels that were handed out stay."""
        self._parts.close()

    @property
    def directory(self) -> Path:
        """The cache directory."""
        return Path(self._parts.store.layout.root)

    def get(self, request: str | Request, **choices: Unpack[Choices]) -> Wheel:
        """Return the wheel that a request names, built if it is not there.

        What may be chosen is told at `Options`. Raises `WheelwellError`: what is asked for makes
        no sense (`UsageError`), has no source (`SourceError`), does not build (`BuildError`), was
        taken back (`Cancelled`), is not there while building or the network is forbidden
        (`NotInCache`), or is degraded where that is refused (`Degraded`). A degraded wheel that is
        not refused is told of as a warning.
        """
        options = Options(**choices)
        started = time.perf_counter()
        wheel = self._ask(lambda cache: cache._get(request, options, started), options)
        if wheel.degraded == "yes":
            self._tell_degraded(wheel, options)
        return wheel

    def _get(self, request: str | Request, options: Options, started: float) -> Wheel:
        try:
            return self._get_as_asked(request, options, started)
        except BuildError as error:
            if not error.as_of:
                raise
            return self._get_as_of(request, options, error)

    def _get_as_asked(self, request: str | Request, options: Options, started: float) -> Wheel:
        if options.prefer_binary and (wheel := self._upstream(request, options, started)):
            return wheel
        return self._answer(self._plan(request, options), options, started)

    def _answer(self, plan: Plan, options: Options, started: float) -> Wheel:
        place = self._parts.place(plan.keyed, plan.key)
        look = _Look() if options.rebuild else self._look(plan, place, options)
        if look.entry:
            reason = look.reason or SAME
            return _hit(plan, look.entry, started, reason)
        if not options.build:
            raise NotInCache(
                f"{plan.request.text} is not in the cache for Python {plan.interpreter.version}"
                + (f": {look.reason}" if look.reason else ""),
                hint="without --no-build it would be built",
            )
        return self._build(plan, place, options, started)

    def _get_as_of(self, request: str | Request, options: Options, failure: BuildError) -> Wheel:
        """Return the wheel as of the source's upload, where that of today does not build."""
        started = time.perf_counter()
        asked, _ = self._asked(request, options)
        options.reporter.warned(f"{asked.text} does not build ({failure.hint})")
        try:
            plan = self._plan(asked, options, as_of=failure.as_of)
            wheel = self._answer(plan, options, started)
        except BuildError as second:
            why = second.message.splitlines()[0]
            failure.hint = f"as of its upload, {failure.as_of}, it fails too: {why}"
            raise failure from second
        self._parts.dates.remember(plan.keyed, failure.as_of)
        return wheel

    def lookup(self, request: str | Request, **choices: Unpack[Choices]) -> Wheel | None:
        """Return the wheel that a request names if it is there, or None. Nothing is built.

        Raises as `get` does where the request has no source. A wheel that is refused as degraded
        is none.
        """
        with contextlib.suppress(NotInCache, Degraded):
            without_building: Choices = {**choices, "build": False, "rebuild": False}
            return self.get(request, **without_building)
        return None

    def plan(self, request: str | Request, **choices: Unpack[Choices]) -> Plan:
        """Return source, identity and key of a request; no wheel is built.

        A project whose name or version only its backend can tell has that asked, once. Raises as
        `get` does.
        """
        options = Options(**choices)
        return self._ask(lambda cache: cache._plan(request, options), options)

    def explain(self, request: str | Request, **choices: Unpack[Choices]) -> Explanation:
        """Return what the key is made of, and why it is a hit, or what the nearest entry has.

        Nothing is built; raises as `get` does where the request has no source.
        """
        without_building: Choices = {**choices, "build": False}
        options = Options(**without_building)
        return self._ask(lambda cache: cache._explain(request, options), options)

    def _explain(self, request: str | Request, options: Options) -> Explanation:
        from wheelwell.explain import Explanation, nearest

        plan = self._plan(request, options)
        place = self._parts.place(plan.keyed, plan.key)
        inputs = plan.keyed.inputs()
        look = self._look(plan, place, options)
        missed = look.entry is None
        return Explanation(
            request=plan.request.text,
            python=plan.interpreter.executable,
            key=plan.key,
            inputs=inputs,
            path=Path(look.entry.path) if look.entry else None,
            reason=look.reason or ("there is no entry of this key" if missed else SAME),
            nearest=nearest(inputs, self._parts.store.of_project(place)) if missed else None,
        )

    def withheld(self, request: str | Request, **choices: Unpack[Choices]) -> tuple[str, ...]:
        """Return the variables that are set here, that build files read, and that no build gets.

        The source is fetched and read for that. Raises as `plan` does.
        """
        from wheelwell.withheld import withheld  # not on the way to a hit

        options = Options(**choices)
        plan = self._plan(request, options)
        return withheld(
            self._parts.build_files(plan.located, options),
            environ=self._parts.environ,
            given={**plan.settings.variables, **plan.settings.secrets},
        )

    def interpreter(self, wanted: str = "") -> Interpreter:
        """Return what is known of a Python: a version, a path, a virtual environment, a command.

        Raises `InterpreterError`.
        """
        return self._parts.interpreters.find(wanted or self._parts.interpreter)

    def is_wanted(self, request: str | Request, **choices: Unpack[Choices]) -> bool:
        """Say whether a request's marker holds for the interpreter (PEP 508)."""
        request, interpreter = self._asked(request, Options(**choices))
        if not request.marker:
            return True
        from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

        try:
            return Marker(request.marker).evaluate({**interpreter.markers, "extra": ""})
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            raise InvalidRequest(f"the marker of {request.text} means nothing: {error}") from error

    def _ask(self, ask: Callable[[WheelCache], _Answer], options: Options) -> _Answer:
        """Ask this cache, and where its store cannot be written the one that stands in for it."""
        try:
            return ask(self)
        except (OSError, WheelwellError) as error:
            stand_in = self._elsewhere(error, options)
            if stand_in is None:
                raise
        return stand_in._ask(ask, options)

    def _elsewhere(self, error: Exception, options: Options) -> WheelCache | None:
        """Return the cache that stands in for this one; None where its store is not to blame."""
        parts = self._parts.elsewhere(error, options.reporter.warned)
        if parts is not None and self._stand_in is None:
            self._stand_in = WheelCache(parts)
        return self._stand_in if parts is not None else None

    def _plan(self, request: str | Request, options: Options, *, as_of: str = "") -> Plan:
        """Return the plan of a request; `as_of` stands in for what its settings say of that."""
        parts = self._parts
        request, interpreter = self._asked(request, options)
        located = parts.sources.locate(request, interpreter, options)
        identity = parts.sources.identify(located, options)
        keyed = self._keyed(located, identity, interpreter, options, as_of=as_of)
        if not identity.is_complete:
            identity, keyed = self._complete(located, identity, keyed, options)
        _check_identity(request, identity, interpreter)
        return Plan(
            request=request,
            located=located,
            identity=identity,
            interpreter=interpreter,
            settings=keyed.settings,
            keyed=keyed,
            key=keyed.key(),
        )

    def _keyed(
        self,
        located: Located,
        identity: Identity,
        interpreter: Interpreter,
        options: Options,
        *,
        as_of: str = "",
    ) -> Keyed:
        """Return the build that a source is in for, as far as its identity is known."""
        assert located.source is not None
        name = identity.name or located.request.name
        settings = self._settings(name, options)
        settings = replace(settings, as_of=as_of) if as_of else settings
        settings = self._parts.dates.settle(settings, located.source, name, interpreter, options)
        surroundings = self._surroundings(settings, options)
        if surroundings is not None:
            settings = replace(settings, installed=surroundings.installed)
        toolchain = self._parts.compilers.probe(
            identity.languages,
            interpreter,
            settings,
            first=surroundings.directories if surroundings else (),
        )
        return Keyed(
            name=identity.name,
            version=identity.version,
            source=located.source,
            interpreter=interpreter,
            settings=settings,
            toolchain=toolchain,
        )

    def _complete(
        self, located: Located, identity: Identity, keyed: Keyed, options: Options
    ) -> tuple[Identity, Keyed]:
        """Let the backend tell what is missing: where that is the name, once more as that one."""
        told = self._ask_backend(located, identity, keyed, options)
        if told.name in {identity.name, located.request.name}:
            return told, replace(keyed, name=told.name, version=told.version)
        complete = self._keyed(
            located, told, keyed.interpreter, options, as_of=keyed.settings.as_of
        )
        if complete.settings != keyed.settings:  # which may change the version
            told = self._ask_backend(located, told, complete, options)
        return told, replace(complete, name=told.name, version=told.version)

    def _surroundings(self, settings: Settings, options: Options) -> Surroundings | None:
        """Return the environment that a build without isolation runs in."""
        if settings.is_isolated:
            return None
        python = self._parts.interpreters.command(options.interpreter or self._parts.interpreter)
        return self._parts.distributions.around(python, settings.variables)

    def _settings(self, project: str, options: Options) -> Settings:
        return options.settings or self._parts.layers.settings_of(project)

    def _asked(self, request: str | Request, options: Options) -> tuple[Request, Interpreter]:
        if isinstance(request, str):
            request = parse_request(request, directory=self._parts.directory)
        return request, self.interpreter(options.interpreter)

    def _tell_degraded(self, wheel: Wheel, options: Options) -> None:
        """Refuse a degraded wheel, or warn of it."""
        from wheelwell.remedy import remedy

        subject, hint = f"{wheel.name} {wheel.version}", remedy(wheel.evidence)
        configured = self._parts.require_native
        if configured if options.require_native is None else options.require_native:
            raise Degraded(subject, evidence=wheel.evidence, hint=hint)
        lines = "".join(f"\n  | {line}" for line in wheel.evidence)
        options.reporter.warned(f"the wheel of {subject} is degraded{lines}\n  try: {hint}")

    def _upstream(self, request: str | Request, options: Options, started: float) -> Wheel | None:
        """Return upstream's wheel where it has one that fits, and is no older than its sources."""
        request, interpreter = self._asked(request, options)
        if request.path or request.url:
            return None
        located = self._parts.sources.locate(request, interpreter, options, wants_binary=True)
        if located.wheel is None:
            return None
        version = located.filename.split("-")[1]
        return Wheel(
            request=request.text,
            name=request.name,
            version=version,
            path=self._parts.sources.fetch(located, options),
            sha256=located.wheel,
            origin=Origin.UPSTREAM,
            reason="upstream has a wheel that fits, and those are preferred",
            seconds=time.perf_counter() - started,
            python=interpreter.executable,
            source=located.origin,
            key=None,
            record=None,
            note=located.note,
        )

    def _ask_backend(
        self, located: Located, identity: Identity, keyed: Keyed, options: Options
    ) -> Identity:
        """Return the identity that only a source's backend can tell, remembered once asked."""
        sources = self._parts.sources
        if known := sources.recall_identity(keyed):
            return known
        if not options.build:
            raise NotInCache(
                f"only the backend of {located.request.text} can tell its version, "
                "and it was not asked yet"
            )
        options.reporter.began("identifying", located.request.text)
        project = identity.name or located.request.name or keyed.source.token[:24]
        with self._parts.store.lease_named(
            f"identity-{keyed.key()}",
            waiting=_waiting(options.reporter, located.request.text),
            is_cancelled=options.is_cancelled,
        ) as lease:
            if known := sources.recall_identity(keyed):
                return known
            with self._parts.slot(project) as slot:
                work = self._work(located, keyed, options, slot)
                work = replace(work, leases=(lease.fileno(), *work.leases))
                with self._failures(slot, keyed.source.token, keyed, options):
                    told = self._parts.builder().identify(work, slot, identity.languages)
            told = replace(told, is_declarative=identity.is_declarative)
            sources.remember_identity(keyed, told)
            return told

    def _build(self, plan: Plan, place: Place, options: Options, started: float) -> Wheel:
        store, name = self._parts.store, plan.identity.name
        waiting = _waiting(options.reporter, f"{name} {plan.identity.version}")
        with store.lease(place, waiting=waiting, is_cancelled=options.is_cancelled) as lease:
            look = _Look() if options.rebuild else self._look(plan, place, options)
            if look.entry:
                reason = look.reason or "another build of it was waited for"
                return _hit(plan, look.entry, started, reason)
            reason = look.reason or "it was not in the cache"
            if options.rebuild:
                reason = "a rebuild was asked for"
            store.recover(place)
            with self._parts.slot(name) as slot:
                if options.keep:
                    slot.keep()
                    options.reporter.warned(f"the build's directory is kept: {slot.path}")
                work = self._work(plan.located, plan.keyed, options, slot)
                work = replace(work, leases=(lease.fileno(), *work.leases))
                with self._failures(slot, plan.key, plan.keyed, options):
                    built = self._parts.builder().build(work, slot, plan.identity)
                wheel = self._store(plan, place, built, options)
        return replace(wheel, reason=reason, seconds=time.perf_counter() - started)

    def _look(self, plan: Plan, place: Place, options: Options) -> _Look:
        """Look for the stored wheel of this key that can run here, then for one as good."""
        why, entry = "", self._find(place)
        if entry is not None:
            why = self._why_not(plan, entry.record)
            if not why:
                return _Look(entry)
        if (options.reuse or self._parts.reuse) != Reuse.FIT:
            return _Look(reason=why)
        others = {other.record.key: other for other in self._parts.store.others(place)}
        if others:
            from wheelwell.reuse import reusable  # not on the way to an exact hit

            records = [other.record for other in others.values()]
            for candidate in reusable(plan.keyed, plan.identity, records):
                if not self._misfit(plan, candidate.record):
                    return _Look(others[candidate.record.key], candidate.reason)
        return _Look(reason=why)

    def _find(self, place: Place) -> Entry | None:
        """Return the entry of a key, of this store or of the one that stands in for it."""
        entry = self._parts.store.find(place)
        if entry is None and self._stand_in is not None:
            entry = self._stand_in._parts.store.find(place)
        return entry

    def _why_not(self, plan: Plan, record: Record) -> str:
        """Return why the wheel of the very key cannot be handed out; empty where it can."""
        if why := self._misfit(plan, record):
            return f"the one in the cache does not fit: {why}"
        if record.degraded == "yes" and not self._parts.is_unchanged(plan, record):
            return "the one in the cache is degraded, and the system has changed since"
        return ""

    def _misfit(self, plan: Plan, record: Record) -> str:
        """Return why a wheel cannot run here; asked again where something here has changed."""
        host = self._parts.hosts.of(plan.interpreter, record)
        name = (record.build, plan.interpreter.executable, plan.interpreter.version)
        if self._fitting.get(name) is host:
            return ""
        why = misfit(host, record)
        if not why:
            self._fitting[name] = host
        return why

    def _store(self, plan: Plan, place: Place, built: Built, options: Options) -> Wheel:
        """Publish a wheel. Where the store cannot take it, another one does."""
        record = self._parts.record(plan, built)
        try:
            entry = self._parts.store.publish(
                place, record, wheel=str(built.wheel), log=str(built.log)
            )
        except OSError as error:
            stand_in = self._elsewhere(error, options)
            if stand_in is None:
                raise
            return stand_in._store(plan, place, built, options)
        origin = Origin.BUILT if entry.origin is Origin.LOCAL else entry.origin
        return replace(_outcome(plan, entry), origin=origin)

    def _work(self, located: Located, keyed: Keyed, options: Options, slot: Slot) -> Work:
        from wheelwell.work import Work  # not on the way to a hit

        return Work(
            acquire=lambda into: self._parts.sources.acquire(located, into, options),
            interpreter=keyed.interpreter,
            settings=keyed.settings,
            toolchain=keyed.toolchain,
            network=options.network,
            reporter=options.reporter,
            is_cancelled=options.is_cancelled,
            timeout=self._timeout(keyed.name or located.request.name, options),
            leases=(slot.lease.fileno(),),
            surroundings=self._surroundings(keyed.settings, options),
        )

    def _timeout(self, project: str, options: Options) -> float | None:
        layers = (options.timeout, self._parts.layers.timeout_of(project), self._parts.timeout)
        return next((limit for limit in layers if limit is not None), None) or None

    @contextlib.contextmanager
    def _failures(self, slot: Slot, name: str, keyed: Keyed, options: Options) -> Iterator[None]:
        """Keep the log of a build that fails, name it in the error, and say if a date may help."""
        try:
            yield
        except (BuildError, Cancelled) as error:
            if isinstance(error, BuildError):
                asked = self._settings(keyed.name, options)
                self._parts.dates.advise(error, keyed, asked, options)
            log = slot.output / "build.log"
            if log.exists() and log.stat().st_size:
                error.log = self._parts.store.keep_log(str(log), name)
            if isinstance(error, BuildError) and self._parts.store.is_full(error.message):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(slot.path)) from error
            raise


def _hit(plan: Plan, entry: Entry, started: float, reason: str) -> Wheel:
    return _outcome(plan, entry, reason, time.perf_counter() - started)


def _outcome(plan: Plan, entry: Entry, reason: str = "", seconds: float = 0.0) -> Wheel:
    return Wheel(
        request=plan.request.text,
        name=plan.identity.name,
        version=plan.identity.version,
        path=Path(entry.path),
        sha256=entry.record.sha256,
        origin=entry.origin,
        reason=reason,
        seconds=seconds,
        python=plan.interpreter.executable,
        source=plan.keyed.source.token,
        key=plan.key,
        record=entry.record,
        degraded=entry.record.degraded,
        evidence=entry.record.evidence,
        note=plan.located.note,
    )


def _waiting(reporter: Reporter, subject: str) -> Callable[[str], None]:
    return lambda holder: reporter.began("waiting", f"{subject} (built by {holder})")


def _check_identity(request: Request, identity: Identity, interpreter: Interpreter) -> None:
    """Check that a source is what it was asked for as, and is for this Python."""
    if request.name and request.name != identity.name:
        raise InvalidSource(
            f"{request.text} leads to a source of {identity.name}, not of {request.name}"
        )
    if not admits(identity.requires_python, interpreter.version):
        raise NoMatchingSource(
            f"{identity.name} {identity.version} is not for Python {interpreter.version} "
            f"(it says: Python {identity.requires_python})"
        )
