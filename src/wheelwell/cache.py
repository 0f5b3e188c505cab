"""The cache: the one place where the steps of a request stand in order.

plan -> look up --hit and fits---------------------------------------------> wheel
          |miss
          lease -> look again --hit and fits-------------------------------> wheel
          slot -> source -> environment -> hooks -> check -> publish ------> wheel

Where the store cannot be written, another cache stands in for it, and is asked the same.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar, Unpack

from wheelwell.builds import Builds
from wheelwell.difference import differences
from wheelwell.errors import (
    BuildError,
    Degraded,
    InvalidRequest,
    NotInCache,
    SourceError,
    WheelwellError,
)
from wheelwell.lookup import SAME, Look, Lookup
from wheelwell.missing import RequirementsMissing
from wheelwell.noting import note_error, note_wheel
from wheelwell.options import Choices, Options, Reuse
from wheelwell.plan import Plan
from wheelwell.request import Request
from wheelwell.wheel import Origin, Wheel

if TYPE_CHECKING:
    import os
    from concurrent.futures import Executor

    from wheelwell.archived import Archived
    from wheelwell.builder.builder import Built
    from wheelwell.compose.opening import Opening
    from wheelwell.explain import Explanation
    from wheelwell.export.exporter import Export
    from wheelwell.export.item import Item
    from wheelwell.importing import Imported
    from wheelwell.interpreter import Interpreter
    from wheelwell.lists.wanted import Wanted
    from wheelwell.outcome import Outcome
    from wheelwell.overrides import Overrides
    from wheelwell.parts import Parts
    from wheelwell.protocols import Plans
    from wheelwell.record import Record
    from wheelwell.reproduction import Reproduction
    from wheelwell.schedule import Room
    from wheelwell.settings import Settings
    from wheelwell.store.disk import Place
    from wheelwell.store.entry import Entry
    from wheelwell.store.presence import Presence
    from wheelwell.store.upkeep import Upkeep
    from wheelwell.warm.policy import Policy
    from wheelwell.warm.run import Watch

_Answer = TypeVar("_Answer")


class WheelCache:
    """Turns requests into wheels, and builds each at most once. Threads share it.

    Get one with `wheelwell.open_cache()`.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._builds = Builds(parts)
        self._planner = self._builds.planner
        self._lookup = Lookup(parts)
        self._stand_in: WheelCache | None = None  # once the store could not be written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the cache holds. Wheels that were handed out stay."""
        self._parts.journal.close()
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
        (`NotInCache`), is degraded where that is refused (`Degraded`), or can be built nowhere
        (`Unwritable`). A degraded wheel that is not refused is told of as a warning.
        """
        return self.give(request, Options(**choices))

    def give(self, request: str | Request, options: Options) -> Wheel:
        """Return the wheel of a request, as `get` does, its choices given as a value."""
        started = time.perf_counter()
        try:
            wheel = self._give(request, options)
        except (BuildError, NotInCache) as error:
            seconds = time.perf_counter() - started
            project = self._planner.request(request).name
            note_error(self._parts.journal, project, error, seconds=seconds)
            raise
        note_wheel(self._parts.journal, wheel)
        if wheel.degraded == "yes":
            self._tell_degraded(wheel, options)
        return wheel

    def supply(
        self, request: str | Request, *, as_of: str = "", **choices: Unpack[Choices]
    ) -> Wheel:
        """Return the wheel of a build requirement, as builds get one that has none at the indexes.

        It comes from where build requirements do, as of an instant where that is given, and what
        the switches say of builds is not for it. Raises as `get` does.
        """
        from wheelwell.supply import options_of, whole

        cache = WheelCache(self._parts.of_requirements())
        asked = self._planner.request(request)
        return whole(asked, cache, options_of(asked, Options(**choices), cache, as_of=as_of))

    def _give(self, request: str | Request, options: Options) -> Wheel:
        """Return the wheel of a request, of which nothing is written down."""
        started = time.perf_counter()
        return self._ask(lambda cache: cache._get(request, options, started), options)

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
        return self._ask(
            lambda cache: cache._supplying(lambda told: cache._plan(request, told), options),
            options,
        )

    def rebuild(self, record: Record, **choices: Unpack[Choices]) -> Wheel:
        """Return the wheel of the very key that a record tells of, built where it is not there.

        What has to be asked for is taken from the record. Raises as `get` does, and `SourceError`
        where the same source, interpreter and compilers are no longer to be had.
        """
        from wheelwell.remade import requests_of, settings_of

        chosen: Choices = {**choices, "settings": settings_of(record), "reuse": Reuse.EXACT}
        chosen.setdefault("interpreter", str(record.observed.python))
        why = ""
        for text in requests_of(record):
            plan = self.plan(text, **chosen)
            if plan.key == record.key:
                return self.get(text, **chosen)
            why = why or "; ".join(map(str, differences(record.inputs, plan.keyed.inputs())))
        raise SourceError(
            f"{record.filename} cannot be built again as it was: {why or 'its source is not known'}"
        )

    def reproduce(
        self, request: str | Request, *, keep_in: Path | None = None, **choices: Unpack[Choices]
    ) -> Reproduction:
        """Build a wheel again, and compare it with the one in the cache, which stays as it is.

        It is built first where it is not there. `keep_in` is a directory for the second wheel.
        Raises as `get` does.
        """
        from wheelwell.reproduction import is_whole

        options = Options(**choices)
        wheel = self._give(request, options)
        if wheel.key is None:
            raise InvalidRequest(f"{wheel.request} is upstream's wheel: it was not built here")
        if not is_whole(wheel):
            options.reporter.warned(f"{wheel.path} was damaged; it is built again")
            self.set_aside(wheel)
            wheel = self._give(request, options)
        with self.hold(wheel):
            return self._ask(lambda cache: cache._again(request, wheel, options, keep_in), options)

    def _again(
        self, request: str | Request, wheel: Wheel, options: Options, keep_in: Path | None
    ) -> Reproduction:
        """Build a wheel again, and compare it."""
        return self._supplying(
            lambda told: self._again_with(request, wheel, told, keep_in), options
        )

    def _again_with(
        self, request: str | Request, wheel: Wheel, options: Options, keep_in: Path | None
    ) -> Reproduction:
        from wheelwell.reproduction import reproduction_of

        plan = self._plan(request, options)
        with (
            self._parts.store.lease_named(
                f"reproduce-{plan.key}", waiting=lambda _: None, is_cancelled=options.is_cancelled
            ) as lease,
            self._builds.built(plan, lease, options) as built,
        ):
            return reproduction_of(wheel, built, keep_in=keep_in)

    def warm(
        self,
        requests: Iterable[str | Request | Wanted],
        *,
        interpreters: Sequence[str] = ("",),
        executor: Executor | None = None,
        room: Room | None = None,
        policy: Policy | None = None,
        watch: Watch | None = None,
        **choices: Unpack[Choices],
    ) -> Generator[Outcome, None, None]:
        """Have the wheels of many requests for many Pythons, and yield outcomes as they come.

        What upstream has a wheel for that fits is not built, unless `policy` says so. Jobs are done
        by `executor`, of threads, processes or machines, as many at once as `room` has slots, which
        is one for each core by default. What it loses is given to it again, and what it does twice
        is built once. A failure is an outcome, and the rest goes on. Leaving the iterator ends what
        runs. Raises `UsageError` before anything begins.
        """
        from wheelwell.warm.start import outcomes, tasks_of

        return outcomes(
            self,
            tasks_of(self, map(self._wanted, requests), interpreters),
            executor=executor,
            room=room,
            policy=policy,
            watch=watch,
            choices=choices,
        )

    def _wanted(self, request: str | Request | Wanted) -> Wanted:
        from wheelwell.lists.wanted import Wanted

        if isinstance(request, Wanted):
            return request
        return Wanted(request=self._planner.request(request))

    def resolve(
        self,
        requests: Iterable[str | Request],
        *,
        constraints: Iterable[Request] = (),
        policy: Policy | None = None,
        **choices: Unpack[Choices],
    ) -> list[Wanted]:
        """Return all that requests need for a Python, each in one version, dependencies too.

        `policy` says what may have only a source, or only a wheel. uv resolves it where it is
        present and can be told all of that, else pip. Raises `SourceError`.
        """
        from wheelwell.lists.kept import kept
        from wheelwell.lists.requirements import parse
        from wheelwell.lists.wanted import Wanted
        from wheelwell.lists.written import written
        from wheelwell.opposites import Opposites
        from wheelwell.rules import Rules

        options = Options(**choices)
        asked, constraining = [*map(self._planner.request, requests)], [*constraints]
        rules = Rules(
            formats=Opposites(yes=policy.built, no=policy.never_built) if policy else Opposites(),
            releases=self._parts.releases,
            prefers_binary=options.prefer_binary,
        )
        text = self._parts.resolver().resolve(
            written(asked),
            written(constraining),
            self._planner.interpreter(options),
            options.network,
            rules=rules,
        )
        found = kept(parse(text, self._parts.directory), [*constraining, *asked])
        return [Wanted(request=each) for each in found]

    def is_upstream(self, request: str | Request, **choices: Unpack[Choices]) -> bool:
        """Say whether upstream has a wheel that fits, no older than its sources.

        Raises `SourceError` where it has neither, and where the request is a wheel for others.
        """
        request = self._planner.request(request)
        options = Options(**choices)
        interpreter = self._planner.interpreter(options)
        sources = self._parts.sources
        if request.is_wheel:
            sources.check_wheel(request, interpreter)
            return True
        if request.path or request.url:
            return False
        return sources.locate(request, interpreter, options, wants_binary=True).wheel is not None

    def archive(self, request: str | Request, **choices: Unpack[Choices]) -> Archived | None:
        """Return the archive that a request is built from, fetched where it is not here.

        None where its source is a directory or a Git commit. Raises `SourceError`, `NotInCache`.
        """
        from wheelwell.archived import Archived
        from wheelwell.source import Archive

        request, options = self._planner.request(request), Options(**choices)
        sources = self._parts.sources
        located = sources.locate(request, self._planner.interpreter(options), options)
        if not isinstance(located.source, Archive):
            return None
        return Archived(
            path=sources.fetch(located, options),
            filename=located.filename,
            sha256=located.source.sha256,
            subdirectory=located.source.subdirectory,
        )

    def table_of(self, project: str) -> Overrides:
        """Return what the configuration's table of a project says, by its normalized name."""
        return self._parts.layers.table_of(project)

    def expected(self, project: str) -> tuple[float | None, int]:
        """Return the seconds that a project's last build took, and the bytes of memory of any.

        Of these the most. Where no build is known, None and 0.
        """
        seen = [record.observed for record in self._parts.store.records(project)] if project else []
        last = max(seen, key=lambda each: each.built_at, default=None)
        memory = max((each.peak_memory for each in seen), default=0)
        return (last.seconds if last else None), memory

    def guess(self, request: str | Request, **choices: Unpack[Choices]) -> float | None:
        """Return a guess of how many seconds a build takes, by its source, which is fetched.

        It is good for an order of builds. None where the source is a directory or a Git commit.
        Raises as `archive` does.
        """
        from wheelwell.durations import guess
        from wheelwell.source import Archive

        request, options = self._planner.request(request), Options(**choices)
        if request.is_git or (request.path and Path(request.path).is_dir()):
            return None  # to locate it would be to fetch it, or to read all of it
        sources = self._parts.sources
        located = sources.locate(request, self._planner.interpreter(options), options)
        if not isinstance(located.source, Archive):
            return None
        languages = sources.identify(located, options).languages
        return guess(sources.fetch(located, options).stat().st_size, languages)

    @property
    def plans(self) -> Plans:
        """The plans of warm-ups in this cache."""
        return self._parts.plans

    @property
    def opening(self) -> Opening:
        """What opens the same cache in another process: a value to be pickled, without secrets.

        It is called with what is told of warnings. Passwords, secret variables and how servers are
        reached are that process's own.
        """
        return self._parts.opening()

    def attend(self) -> Presence:
        """Let other processes see that this one is there, by the returned object's `path`.

        Until its `end` is called, or this process is gone. Raises `Unwritable`.
        """
        return self._ask(lambda cache: cache._parts.attend(), Options())

    def is_present(self, path: str) -> bool:
        """Say whether who attends by `path` is still there. Raises `OSError` without an answer."""
        return self._parts.is_present(path)

    @contextlib.contextmanager
    def hold(self, wheel: Wheel) -> Iterator[Path]:
        """Let nobody remove a wheel while the block runs; it has the wheel's path.

        A wheel that was handed out stays for an hour in any case. Raises `NotInCache` where it
        was removed already: ask for it again then.
        """
        with self._parts.hold(str(wheel.path)) as is_there:
            if not is_there:
                raise NotInCache(f"{wheel.filename} was removed meanwhile", hint="ask for it again")
            yield wheel.path

    def set_aside(self, wheel: Wheel) -> None:
        """Let nobody be handed a wheel again that was read, and is damaged."""
        self._parts.store.set_aside(str(wheel.path))

    @property
    def upkeep(self) -> Upkeep:
        """What looks after the cache: sees, pins, collects and checks what is in it."""
        return self._parts.upkeep()

    def explain(self, request: str | Request, **choices: Unpack[Choices]) -> Explanation:
        """Return what the key is made of, and why it is a hit, or what the nearest entry has.

        Nothing is built; raises as `get` does where the request has no source.
        """
        without_building: Choices = {**choices, "build": False}
        options = Options(**without_building)
        return self._ask(lambda cache: cache._explain(request, options), options)

    def export(
        self,
        form: str,
        into: str | os.PathLike[str] | BinaryIO = "",
        *,
        interpreter: str = "",
        is_forced: bool = False,
    ) -> Export:
        """Begin to export wheels: to a `dir`, an `index`, a `tar` or pip's cache (`pip-cache`).

        `into` is a directory, a tar's path, or a stream for it; pip's cache is where the pip of
        `interpreter` says. `is_forced` replaces other files that are there. Raises `UsageError`,
        and `ExportError` where that pip's cache is of no known form.
        """
        from wheelwell.export.exporter import Export, make_form

        means = self._parts.means()
        made = make_form(
            form, into, means, lambda: self.interpreter(interpreter), is_forced=is_forced
        )
        return Export(made, means, self._item)

    def import_bundle(self, stream: BinaryIO) -> Iterator[Imported]:
        """Import the entries of a tar that `export` made, and yield what becomes of each.

        Whoever made the tar decides what is installed from it. Raises `InvalidBundle` where it is
        none, or breaks off, and `OSError`; what was imported before stays.
        """
        from wheelwell.importing import import_bundle

        reporter = Options().reporter
        return import_bundle(
            self._parts.means(),
            stream,
            published=lambda entry: self._parts.after_publishing(entry, reporter),
        )

    def _item(self, request: str | Request, choices: Choices) -> Item:
        """Return what a request names, to be exported; nothing is built."""
        from wheelwell.export.item import Item

        without_building: Choices = {**choices, "build": False, "rebuild": False}
        asked = self._planner.request(request)
        options = Options(**without_building)
        wheel = self._give(asked, options)
        if wheel.degraded == "yes":
            self._tell_degraded(wheel, options)
        located = self.plan(asked, **without_building).located
        assert wheel.record is not None
        path = str(wheel.path)
        log = self._parts.means().log_of(path)
        return Item(record=wheel.record, wheel=path, log=log, origin=located.origin, request=asked)

    def interpreter(self, wanted: str = "") -> Interpreter:
        """Return what is known of a Python: a version, a path, a virtual environment, a command.

        Raises `InterpreterError`.
        """
        return self._planner.interpreter(Options(interpreter=wanted))

    def is_wanted(self, request: str | Request, **choices: Unpack[Choices]) -> bool:
        """Say whether a request's marker holds for the interpreter (PEP 508)."""
        request = self._planner.request(request)
        interpreter = self._planner.interpreter(Options(**choices))
        if not request.marker:
            return True
        from packaging.markers import Marker

        try:
            return Marker(request.marker).evaluate({**interpreter.markers, "extra": ""})
        except (ValueError, KeyError, RecursionError) as error:
            raise InvalidRequest(f"the marker of {request.text} means nothing: {error}") from error

    def request(self, text: str) -> Request:
        """Return a request as a value. Raises `InvalidRequest`."""
        return self._planner.request(text)

    def settings_of(self, project: str) -> Settings:
        """Return the settings with which a project is built where nothing else is asked for."""
        return self._planner.settings_of(project, Options())

    def _ask(self, ask: Callable[[WheelCache], _Answer], options: Options) -> _Answer:
        """Ask this cache, and where its store cannot be written the one that stands in for it."""
        try:
            return ask(self)
        except (OSError, WheelwellError) as error:
            stand_in = self._elsewhere(error, options)
            if stand_in is None:
                raise
        return stand_in._ask(ask, options)

    def _supplying(self, ask: Callable[[Options], _Answer], options: Options) -> _Answer:
        """Ask as often as build requirements turn up that have to be built first."""
        while True:
            try:
                return ask(options)
            except RequirementsMissing as missing:
                if options.is_deferring:
                    raise
                options = self._supplied(options, missing)

    def _supplied(self, options: Options, missing: RequirementsMissing) -> Options:
        """Return options with the build requirements that were missing."""
        from wheelwell.supply import supplied

        try:
            return supplied(options, missing, WheelCache(self._parts.of_requirements()))
        except BuildError as error:
            self._builds.advise(error, missing.keyed, options)
            cause = error.__cause__
            if not error.is_hint_telling and isinstance(cause, WheelwellError):
                error.hint = cause.hint  # what may always be tried, for the one that failed
            raise

    def _elsewhere(self, error: Exception, options: Options) -> WheelCache | None:
        """Return the cache that stands in for this one; None where its store is not to blame."""
        parts = self._parts.elsewhere(error, options.reporter.warned)
        if parts is None:
            return None
        if self._stand_in is None:
            self._stand_in = WheelCache(parts)
            self._lookup.also_in(parts.store)
        return self._stand_in

    def _get(self, request: str | Request, options: Options, started: float) -> Wheel:
        request = self._planner.request(request)
        try:
            is_upstream = options.prefer_binary or request.is_wheel
            if is_upstream and (wheel := self._upstream(request, options, started)):
                return wheel
            return self._made(request, options, started)
        except BuildError as error:
            if not error.as_of:
                raise
            return self._get_as_of(request, options, started, error)

    def _get_as_of(
        self, request: Request, options: Options, started: float, failure: BuildError
    ) -> Wheel:
        """Return the wheel as of the source's upload, where that of today does not build."""
        options.reporter.warned(f"{request.text} does not build ({failure.hint})")
        try:
            wheel = self._made(request, options, started, as_of=failure.as_of)
        except BuildError as second:
            why = second.message.splitlines()[0]
            failure.hint = f"as of its upload, {failure.as_of}, it fails too: {why}"
            raise failure from second
        plan = self._plan(request, options, as_of=failure.as_of)
        self._parts.dates.remember(plan.keyed, failure.as_of)
        return wheel

    def _made(
        self, request: Request, options: Options, started: float, *, as_of: str = ""
    ) -> Wheel:
        """Return the wheel of a request, with the build requirements that it takes."""
        return self._supplying(
            lambda told: self._answer(self._plan(request, told, as_of=as_of), told, started),
            options,
        )

    def _plan(self, request: str | Request, options: Options, *, as_of: str = "") -> Plan:
        return self._planner.plan(self._planner.request(request), options, as_of=as_of)

    def _answer(self, plan: Plan, options: Options, started: float) -> Wheel:
        place = self._parts.place(plan.keyed, plan.key)
        look = self._look(plan, place, options)
        if look.entry:
            return _hit(plan, look.entry, started, look.reason or SAME)
        if not options.build:
            raise NotInCache(
                f"{plan.request.text} is not in the cache for Python {plan.interpreter.version}"
                + (f": {look.reason}" if look.reason else ""),
                hint="without --no-build or --only-binary it would be built",
            )
        if options.failed_within:
            since = time.time() - options.failed_within
            self._builds.check_failures(plan, options, since=since)
        return self._build(plan, place, options, started)

    def _look(self, plan: Plan, place: Place, options: Options) -> Look:
        if options.rebuild:
            return Look(reason="a rebuild was asked for")
        while True:
            look = self._lookup.look(plan, place, options)
            if look.entry is None or self._lookup.use(look.entry):
                return look
            # It was removed between the look and the mark: look again.

    def _build(self, plan: Plan, place: Place, options: Options, started: float) -> Wheel:
        asked_at = time.time()
        with self._builds.lease(plan, place, options) as lease:
            look = self._look(plan, place, options)
            if look.entry:
                reason = look.reason or "another build of it was waited for"
                return _hit(plan, look.entry, started, reason)
            self._builds.check_failures(plan, options, since=asked_at)  # another's, waited for
            self._parts.store.recover(place)
            with self._builds.built(plan, lease, options) as built:
                entry, origin = self._store(plan, place, built, options)
        self._parts.after_publishing(entry, options.reporter)
        reason = look.reason or "it was not in the cache"
        return replace(_hit(plan, entry, started, reason), origin=origin)

    def _store(
        self, plan: Plan, place: Place, built: Built, options: Options
    ) -> tuple[Entry, Origin]:
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
        return entry, Origin.BUILT if entry.origin is Origin.LOCAL else entry.origin

    def _explain(self, request: str | Request, options: Options) -> Explanation:
        from wheelwell.explain import Explanation, nearest

        plan = self._plan(request, options)
        inputs = plan.keyed.inputs()
        look = self._lookup.look(plan, self._parts.place(plan.keyed, plan.key), options)
        return Explanation(
            request=plan.request.text,
            python=plan.interpreter.executable,
            key=plan.key,
            inputs=inputs,
            path=Path(look.entry.path) if look.entry else None,
            reason=look.reason or (SAME if look.entry else "there is no entry of this key"),
            nearest=None if look.entry else nearest(inputs, self._lookup.records(plan)),
            withheld=self._withheld(plan, options),
        )

    def _withheld(self, plan: Plan, options: Options) -> tuple[str, ...]:
        """Return the variables that build files read, that are set here, and that no build gets.

        None where the source is not to be had just now: the key is what was asked about.
        """
        from wheelwell.withheld import withheld

        try:
            texts = self._parts.build_files(plan.located, options)
        except (NotInCache, SourceError):
            return ()
        given = {**plan.settings.variables, **plan.settings.secrets}
        return tuple(withheld(texts, environ=self._parts.environ, given=given))

    def _tell_degraded(self, wheel: Wheel, options: Options) -> None:
        """Refuse a degraded wheel, or warn of it."""
        from wheelwell.remedy import remedy

        subject, hint = f"{wheel.name} {wheel.version}", remedy(wheel.evidence)
        configured = self._parts.require_native
        if configured if options.require_native is None else options.require_native:
            raise Degraded(subject, evidence=wheel.evidence, hint=hint)
        lines = "".join(f"\n  | {line}" for line in wheel.evidence)
        options.reporter.warned(f"the wheel of {subject} is degraded{lines}\n  try: {hint}")

    def _upstream(self, request: Request, options: Options, started: float) -> Wheel | None:
        """Return upstream's wheel where it has one that fits, and is no older than its sources."""
        if not request.is_wheel and (request.path or request.url):
            return None
        interpreter = self._planner.interpreter(options)
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
            reason="it was asked for by its file"
            if request.is_wheel
            else "upstream has a wheel that fits, and those are preferred",
            seconds=time.perf_counter() - started,
            python=interpreter.executable,
            source=located.origin,
            key=None,
            record=None,
            note=located.note,
        )


def _hit(plan: Plan, entry: Entry, started: float, reason: str) -> Wheel:
    return Wheel(
        request=plan.request.text,
        name=plan.identity.name,
        version=plan.identity.version,
        path=Path(entry.path),
        sha256=entry.record.sha256,
        origin=entry.origin,
        reason=reason,
        seconds=time.perf_counter() - started,
        python=plan.interpreter.executable,
        source=plan.keyed.source.token,
        key=plan.key,
        record=entry.record,
        degraded=entry.record.degraded,
        evidence=entry.record.evidence,
        note=plan.located.note,
    )
