"""Builds: a source's backend run under a lease, in a slot, its log kept where it fails."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.errors import BackendFailed, BuildError, Cancelled, NotInCache
from wheelwell.failures import Circumstances
from wheelwell.key import Keyed
from wheelwell.missing import RequirementsMissing
from wheelwell.options import Options
from wheelwell.planner import Planner
from wheelwell.protocols import Reporter

if TYPE_CHECKING:
    from wheelwell.builder.builder import Built
    from wheelwell.identity import Identity
    from wheelwell.parts import Parts
    from wheelwell.plan import Plan
    from wheelwell.sources.located import Located
    from wheelwell.store.disk import Place
    from wheelwell.store.lease import Lease
    from wheelwell.store.slots import Slot
    from wheelwell.work import Work


@dataclass(frozen=True, slots=True)
class Builds:
    """Runs backends. Threads share it."""

    parts: Parts

    @property
    def planner(self) -> Planner:
        """Makes the plans of what is built."""
        return Planner(self.parts, self.identity)

    def lease(self, plan: Plan, place: Place, options: Options) -> Lease:
        """Return the right to build a plan, as soon as nobody else has it."""
        return self.parts.store.lease(
            place,
            waiting=_waiting(options.reporter, f"{plan.identity.name} {plan.identity.version}"),
            is_cancelled=options.is_cancelled,
        )

    @contextlib.contextmanager
    def built(self, plan: Plan, lease: Lease, options: Options) -> Iterator[Built]:
        """Build a plan; the block has the wheel, which is gone afterwards.

        Raises `BuildError`, `SourceError`, `Cancelled` and `OSError`.
        """
        circumstances = self._circumstances(plan, options)  # as they are before it begins
        with self.parts.slot(plan.identity.name) as slot:
            if options.keep:
                slot.keep()
                options.reporter.warned(f"the build's directory is kept: {slot.path}")
            work = self._work(plan.located, plan.keyed, options, slot, lease)
            with (
                self._noting(plan, circumstances),
                self._failures(slot, plan.key, plan.keyed, options),
            ):
                built = self.parts.builder().build(work, slot, plan.identity)
            yield built

    def check_failures(self, plan: Plan, options: Options, *, since: float) -> None:
        """Raise the `BuildError` of a build that failed since an instant, if nothing has changed.

        `since` is in seconds since 1970. What a secret may change is tried in any case.
        """
        if plan.settings.secrets:
            return
        error = self.parts.failures.recall(
            plan.key, lambda: self._circumstances(plan, options), since=since
        )
        if error is not None:
            raise error

    @contextlib.contextmanager
    def _noting(self, plan: Plan, circumstances: Circumstances) -> Iterator[None]:
        """Remember how a build fails."""
        try:
            yield
        except BuildError as error:
            if not plan.settings.secrets:
                self.parts.failures.note(plan.key, error, circumstances)
            raise

    def _circumstances(self, plan: Plan, options: Options) -> Circumstances:
        timeout = self._timeout(plan.identity.name, options)
        return Circumstances(system=self.parts.system(plan), timeout=timeout)

    def identity(
        self, located: Located, identity: Identity, keyed: Keyed, options: Options
    ) -> Identity:
        """Return the identity that only a source's backend can tell, remembered once asked."""
        sources = self.parts.sources
        if known := sources.recall_identity(keyed):
            return known
        if not options.build:
            raise NotInCache(
                f"only the backend of {located.request.text} can tell its version, "
                "and it was not asked yet",
                hint="`wheelwell get` asks it, once",
            )
        options.reporter.began("identifying", located.request.text)
        project = identity.name or located.request.name or keyed.source.token[:24]
        with self.parts.store.lease_named(
            f"identity-{keyed.key()}",
            waiting=_waiting(options.reporter, located.request.text),
            is_cancelled=options.is_cancelled,
        ) as lease:
            if known := sources.recall_identity(keyed):
                return known
            with self.parts.slot(project) as slot:
                work = self._work(located, keyed, options, slot, lease)
                with self._failures(slot, keyed.source.token, keyed, options):
                    told = self.parts.builder().identify(work, slot, identity.languages)
            told = replace(told, is_declarative=identity.is_declarative)
            sources.remember_identity(keyed, told)
            return told

    def _work(
        self, located: Located, keyed: Keyed, options: Options, slot: Slot, lease: Lease
    ) -> Work:
        from wheelwell.secret_variables import check_set
        from wheelwell.work import Work  # not on the way to a hit

        check_set(keyed.settings.secrets)
        return Work(
            acquire=lambda into: self.parts.sources.acquire(located, into, options),
            interpreter=keyed.interpreter,
            settings=keyed.settings,
            toolchain=keyed.toolchain,
            network=options.network,
            reporter=options.reporter,
            is_cancelled=options.is_cancelled,
            timeout=self._timeout(keyed.name or located.request.name, options),
            leases=(lease.fileno(), slot.lease.fileno()),
            jobs=options.jobs,
            wheels=options.wheels,
            surroundings=self.planner.surroundings(keyed.settings, options),
        )

    def _timeout(self, project: str, options: Options) -> float | None:
        layers = (options.timeout, self.parts.layers.timeout_of(project), self.parts.timeout)
        return next((limit for limit in layers if limit is not None), None) or None

    def advise(self, error: BuildError, keyed: Keyed, options: Options) -> None:
        """Say in an error whether the build requirements of a date may help."""
        asked = self.planner.settings_of(keyed.name, options)
        self.parts.dates.advise(error, keyed, asked, options)

    @contextlib.contextmanager
    def _failures(self, slot: Slot, name: str, keyed: Keyed, options: Options) -> Iterator[None]:
        """Keep the log of a build that fails, name it in the error, and say what may help."""
        try:
            yield
        except RequirementsMissing as missing:
            missing.keyed = keyed
            raise
        except (BuildError, Cancelled) as error:
            if isinstance(error, BuildError):
                self.advise(error, keyed, options)
            if isinstance(error, BackendFailed):
                error.suggest(_mismatch(error, keyed))
            log = slot.output / "build.log"
            if log.exists() and log.stat().st_size:
                error.log = self.parts.store.keep_log(str(log), name)
            if isinstance(error, BuildError) and self.parts.store.is_full(error.message):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(slot.path)) from error
            raise


def _mismatch(error: BackendFailed, keyed: Keyed) -> str:
    """Return what to try where the source and what builds it are of different times."""
    from wheelwell.mismatch import Given, remedy_for

    given = Given(
        project=keyed.name or "NAME",
        python=keyed.interpreter.series,
        requirements=error.requirements,
    )
    return remedy_for(error.lines, given)


def _waiting(reporter: Reporter, subject: str) -> Callable[[str], None]:
    return lambda holder: reporter.began("waiting", f"{subject} (built by {holder})")
