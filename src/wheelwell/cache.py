"""The cache: the one place where the steps of a request stand in order.

locate -> identity -> key -> look up --hit---------------------------------> wheel
                                |miss
                                lease -> look again --hit------------------> wheel
                                slot -> source -> environment -> hooks -> check -> publish
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from wheelwell.errors import (
    BuildError,
    Cancelled,
    InvalidRequest,
    InvalidSource,
    NoMatchingSource,
    NotInCache,
)
from wheelwell.fit import misfit
from wheelwell.key import Key, Keyed
from wheelwell.options import Choices, Options
from wheelwell.protocols import Reporter
from wheelwell.request import Request, parse_request
from wheelwell.requires_python import admits
from wheelwell.settings import Settings
from wheelwell.wheel import Origin, Wheel

if TYPE_CHECKING:
    from wheelwell.builder.builder import Builder, Built
    from wheelwell.builder.compilers import Compilers
    from wheelwell.builder.interpreters import Interpreters
    from wheelwell.identity import Identity
    from wheelwell.interpreter import Interpreter
    from wheelwell.record import Record
    from wheelwell.sources.located import Located
    from wheelwell.sources.resolve import Sources
    from wheelwell.store.disk import Place, Store
    from wheelwell.store.entry import Entry
    from wheelwell.store.slots import Slot
    from wheelwell.work import Work


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
    builder: Callable[[], Builder]
    """Returns the one builder, made when it is first needed."""

    slot: Callable[[str], AbstractContextManager[Slot]]
    """Leases a slot for a project."""

    place: Callable[[Keyed, Key], Place]
    record: Callable[[Plan, Built], Record]
    interpreter: str
    """The default interpreter."""

    settings: Settings
    """The default settings."""

    timeout: float | None
    """The default limit of a build, in seconds."""

    directory: str
    """What relative paths are taken from."""

    is_ephemeral: bool = False
    """Whether the store is thrown away when the cache is closed, but for the wheels handed out."""

    close: Callable[[], None] = lambda: None


class WheelCache:
    """Turns requests into wheels, and builds each at most once. Threads share it.

    Get one with `wheelwell.open_cache()`.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._fitting: set[tuple[str, str, str]] = set()  # what was found to fit, of this process

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
        taken back (`Cancelled`), or is not there while building or the network is forbidden
        (`NotInCache`).
        """
        options = Options(**choices)
        started = time.perf_counter()
        if options.prefer_binary and (wheel := self._upstream(request, options, started)):
            return wheel
        plan = self._plan(request, options)
        place = self._parts.place(plan.keyed, plan.key)
        if not options.rebuild and (entry := self._find(plan, place)):
            return _hit(plan, entry, started, "the same source, interpreter and build")
        if not options.build:
            raise NotInCache(
                f"{plan.request.text} is not in the cache for Python {plan.interpreter.version}",
                hint="without --no-build it would be built",
            )
        return self._build(plan, place, options, started)

    def lookup(self, request: str | Request, **choices: Unpack[Choices]) -> Wheel | None:
        """Return the wheel that a request names if it is there, or None. Nothing is built.

        Raises as `get` does where the request has no source.
        """
        with contextlib.suppress(NotInCache):
            without_building: Choices = {**choices, "build": False, "rebuild": False}
            return self.get(request, **without_building)
        return None

    def plan(self, request: str | Request, **choices: Unpack[Choices]) -> Plan:
        """Return source, identity and key of a request; no wheel is built.

        A project whose name or version only its backend can tell has that asked, once. Raises as
        `get` does.
        """
        return self._plan(request, Options(**choices))

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
        from packaging.markers import Marker

        try:
            return Marker(request.marker).evaluate({**interpreter.markers, "extra": ""})
        except (ValueError, KeyError, RecursionError) as error:
            raise InvalidRequest(f"the marker of {request.text} means nothing: {error}") from error

    def _plan(self, request: str | Request, options: Options) -> Plan:
        parts = self._parts
        request, interpreter = self._asked(request, options)
        settings = options.settings or parts.settings
        located = parts.sources.locate(request, interpreter, options)
        identity = parts.sources.identify(located, options)
        toolchain = parts.compilers.probe(identity.languages, interpreter, settings)
        assert located.source is not None
        keyed = Keyed(
            name=identity.name,
            version=identity.version,
            source=located.source,
            interpreter=interpreter,
            settings=settings,
            toolchain=toolchain,
        )
        if not identity.is_complete:
            identity = self._ask_backend(located, identity, keyed, options)
            keyed = replace(keyed, name=identity.name, version=identity.version)
        _check_identity(request, identity, interpreter)
        return Plan(
            request=request,
            located=located,
            identity=identity,
            interpreter=interpreter,
            settings=settings,
            keyed=keyed,
            key=keyed.key(),
        )

    def _asked(self, request: str | Request, options: Options) -> tuple[Request, Interpreter]:
        if isinstance(request, str):
            request = parse_request(request, directory=self._parts.directory)
        return request, self.interpreter(options.interpreter)

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
                with self._failures(slot, keyed.source.token):
                    told = self._parts.builder().identify(work, slot, identity.languages)
            sources.remember_identity(keyed, told)
            return told

    def _build(self, plan: Plan, place: Place, options: Options, started: float) -> Wheel:
        store, name = self._parts.store, plan.identity.name
        waiting = _waiting(options.reporter, f"{name} {plan.identity.version}")
        with store.lease(place, waiting=waiting, is_cancelled=options.is_cancelled) as lease:
            reason = "it was not in the cache"
            if options.rebuild:
                reason = "a rebuild was asked for"
            elif entry := self._find(plan, place):
                return _hit(plan, entry, started, "another build of it was waited for")
            store.recover(place)
            with self._parts.slot(name) as slot:
                if options.keep:
                    slot.keep()
                    options.reporter.warned(f"the build's directory is kept: {slot.path}")
                work = self._work(plan.located, plan.keyed, options, slot)
                work = replace(work, leases=(lease.fileno(), *work.leases))
                with self._failures(slot, plan.key):
                    built = self._parts.builder().build(work, slot, plan.identity)
                wheel = self._store(plan, place, built, options)
        return replace(wheel, reason=reason, seconds=time.perf_counter() - started)

    def _find(self, plan: Plan, place: Place) -> Entry | None:
        """Return the stored wheel, if there is one and it can run here."""
        entry = self._parts.store.find(place)
        if entry is None:
            return None
        pair = (entry.record.sha256, plan.interpreter.executable, plan.interpreter.version)
        if pair not in self._fitting:
            if misfit(plan.interpreter, entry.record):
                return None
            self._fitting.add(pair)
        return entry

    def _store(self, plan: Plan, place: Place, built: Built, options: Options) -> Wheel:
        """Publish a wheel. Where the cache cannot take it, it comes out all the same."""
        record = self._parts.record(plan, built)
        origin = Origin.EPHEMERAL if self._parts.is_ephemeral else Origin.BUILT
        try:
            entry = self._parts.store.publish(
                place, record, wheel=str(built.wheel), log=str(built.log)
            )
        except OSError as error:
            path = _set_aside(built.wheel)
            options.reporter.warned(
                f"the wheel could not be stored ({error.strerror or error}); it is at {path}"
            )
            origin = Origin.EPHEMERAL
        else:
            record, path = entry.record, entry.path
        return replace(_outcome(plan, record, path), origin=origin)

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
            timeout=(self._parts.timeout if options.timeout is None else options.timeout) or None,
            leases=(slot.lease.fileno(),),
        )

    @contextlib.contextmanager
    def _failures(self, slot: Slot, name: str) -> Iterator[None]:
        """Keep the log of a build that fails, and name it in the error."""
        try:
            yield
        except (BuildError, Cancelled) as error:
            log = slot.output / "build.log"
            if log.exists() and log.stat().st_size:
                error.log = self._parts.store.keep_log(str(log), name)
            raise


def _hit(plan: Plan, entry: Entry, started: float, reason: str) -> Wheel:
    return _outcome(plan, entry.record, entry.path, reason, time.perf_counter() - started)


def _outcome(
    plan: Plan, record: Record, path: str, reason: str = "", seconds: float = 0.0
) -> Wheel:
    return Wheel(
        request=plan.request.text,
        name=plan.identity.name,
        version=plan.identity.version,
        path=Path(path),
        sha256=record.sha256,
        origin=Origin.LOCAL,
        reason=reason,
        seconds=seconds,
        python=plan.interpreter.executable,
        source=plan.keyed.source.token,
        key=plan.key,
        record=record,
        note=plan.located.note,
    )


def _set_aside(wheel: Path) -> str:
    """Move a wheel to a directory that lasts, outside the cache."""
    import shutil
    import tempfile

    return str(shutil.move(wheel, tempfile.mkdtemp(prefix="wheelwell-")))


def _waiting(reporter: Reporter, subject: str) -> Callable[[str], None]:
    return lambda holder: reporter.began("waiting", f"{subject} (built by {holder})")


def _check_identity(request: Request, identity: Identity, interpreter: Interpreter) -> None:
    """Check that a source is what it was asked for as, and is for this Python."""
    if request.name and request.name != identity.name:
        raise InvalidSource(
            f"{request.text} leads to a source of {identity.name}, not of {request.name}",
            hint=f"ask for it as {identity.name}, if that is what is wanted",
        )
    if not admits(identity.requires_python, interpreter.version):
        raise NoMatchingSource(
            f"{identity.name} {identity.version} is not for Python {interpreter.version} "
            f"(it says: Python {identity.requires_python})",
            hint="--python takes another one",
        )
