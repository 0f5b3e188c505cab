"""Building: a source's backend, run in a slot, up to an identity or a wheel."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.parser import HeaderParser
from pathlib import Path
from typing import Protocol

from packaging.version import Version

from wheelwell.builder import leftovers
from wheelwell.builder.buildfiles import build_files
from wheelwell.builder.check import Checked, check
from wheelwell.builder.distributions import Distributions
from wheelwell.builder.environ import build_environ
from wheelwell.builder.environment import Environment, Environments
from wheelwell.builder.pep517 import Backend, declared_requirements, lacking, wanted_here
from wheelwell.builder.preparation import Wanted
from wheelwell.builder.shortfall import declares_extensions, log_of_hook
from wheelwell.builder.supervised import Supervised, Usage, Watch
from wheelwell.builder.system import system_digest
from wheelwell.builder.unisolated import check_installed
from wheelwell.buildlog import BuildLog
from wheelwell.errors import BackendFailed, BuildError, EnvironmentFailed, InvalidWheel
from wheelwell.identity import Identity
from wheelwell.request import normalize
from wheelwell.secret_variables import masked_errors
from wheelwell.surroundings import Surroundings
from wheelwell.withheld import advice, withheld
from wheelwell.work import Work


class Slot(Protocol):
    """A leased directory in which one piece of work is done."""

    @property
    def source(self) -> Path:
        """An empty directory for the private copy of the source."""

    @property
    def home(self) -> Path:
        """An empty directory, the work's `HOME`."""

    @property
    def temporary(self) -> Path:
        """An empty directory, the work's `TMPDIR`."""

    @property
    def output(self) -> Path:
        """An empty directory for the wheel and the log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A wheel that was built and found good. Its files last as long as its slot is leased."""

    wheel: Path
    log: Path
    checked: Checked
    installed: Mapping[str, str]
    """The distributions of the build environment."""

    frontend: str
    seconds: float
    """How long the hooks took."""

    usage: Usage

    said: BuildLog = field(default_factory=BuildLog)
    """What the log tells of extensions."""

    declares: bool = False
    """Whether there is code to compile, and the build files speak of extensions."""

    system: str = ""
    """A digest of how the system looked when the hook was called."""

    system_afterwards: str = ""
    """The same for when it had ended: something may have changed meanwhile."""


class Builder:
    """Runs backends. Threads and processes share its slots and environments."""

    def __init__(
        self,
        environments: Environments,
        distributions: Distributions,
        environ: Mapping[str, str],
    ) -> None:
        self._environments = environments
        self._distributions = distributions
        self._environ = environ

    def identify(self, work: Work, slot: Slot, languages: tuple[str, ...]) -> Identity:
        """Ask a source's backend for its name and version."""
        with masked_errors(work.settings.secrets.values()), self._backend(work, slot) as running:
            text = running.backend.metadata(slot.output)
        return _identity(text, languages)

    def build(self, work: Work, slot: Slot, identity: Identity) -> Built:
        """Build the wheel of a source, and check it.

        Raises `BuildError` and `Cancelled`; nothing that was started runs on then.
        """
        with masked_errors(work.settings.secrets.values()):
            return self._build(work, slot, identity)

    def _build(self, work: Work, slot: Slot, identity: Identity) -> Built:
        with self._backend(work, slot) as running:
            work.reporter.began("building", f"{identity.name} {identity.version}")
            system = system_digest(work.interpreter, work.settings)
            start = running.log.stat().st_size
            wheel = running.backend.wheel(slot.output)
        self._check_unchanged(work)
        if not wheel.is_file():
            raise BackendFailed("the backend said that it built a wheel, but there is none")
        work.reporter.began("checking", wheel.name)
        _check_single(wheel)
        checked = check(wheel, identity=identity, interpreter=work.interpreter)
        return Built(
            wheel=wheel,
            log=running.log,
            checked=checked,
            installed=running.environment.installed,
            frontend=running.environment.frontend,
            seconds=time.monotonic() - running.started,
            usage=running.supervised.usage,
            said=log_of_hook(running.log, start),
            declares=bool(identity.languages) and declares_extensions(running.project),
            system=system,
            system_afterwards=system_digest(work.interpreter, work.settings),
        )

    @contextlib.contextmanager
    def _backend(self, work: Work, slot: Slot) -> Iterator[_Running]:
        """Acquire the source, prepare its environment, and give its backend to the block.

        When the block is left, the last of its processes is gone.
        """
        project, epoch = work.acquire(slot.source)
        log = slot.output / "build.log"
        log.touch()
        watch = Watch(
            log=log,
            timeout=work.timeout,
            deadline=None if work.timeout is None else time.monotonic() + work.timeout,
            is_cancelled=work.is_cancelled,
            written=work.reporter.logged,
        )
        supervised = Supervised(leases=work.leases, home=slot.home, watch=watch)
        with contextlib.ExitStack() as afterwards, supervised:
            place = _Place(work, slot, project, epoch, log)
            with self._advised(place):
                running = self._start(place, supervised, afterwards)
                with _naming(running.environment):
                    yield running

    @contextlib.contextmanager
    def _advised(self, place: _Place) -> Iterator[None]:
        """Name, in the error of a backend, the variables that it would have read."""
        try:
            yield
        except BackendFailed as error:
            given = {**place.work.settings.variables, **place.work.settings.secrets}
            names = withheld(build_files(place.project), environ=self._environ, given=given)
            error.suggest(advice(names))
            raise

    def _start(
        self, place: _Place, supervised: Supervised, afterwards: contextlib.ExitStack
    ) -> _Running:
        """Prepare the environment that the source declares, then what its backend wants besides."""
        work = place.work
        requirements = [*declared_requirements(place.project), *work.settings.requirements]
        if work.surroundings is not None:
            return self._start_unisolated(place, work.surroundings, requirements, supervised)
        environment = self._environment(work, requirements, supervised, place.log)
        afterwards.callback(self._environments.release, environment)
        backend = self._backend_in(place, environment.python, environment.path, supervised)
        started = time.monotonic()
        with _naming(environment):
            further = lacking(backend.requirements(), environment.installed)
        if further:  # it is asked once, and not again in the environment that has these too
            asking = time.monotonic() - started
            requirements += further
            environment = self._environment(work, requirements, supervised, place.log)
            afterwards.callback(self._environments.release, environment)
            backend = self._backend_in(place, environment.python, environment.path, supervised)
            started = time.monotonic() - asking
        return _Running(place.project, backend, environment, supervised, place.log, started)

    def _start_unisolated(
        self,
        place: _Place,
        surroundings: Surroundings,
        requirements: Sequence[str],
        supervised: Supervised,
    ) -> _Running:
        """Check that the environment holds what the source and its backend declare."""
        work = place.work
        self._check_unchanged(work)
        check_installed(requirements, surroundings, work.interpreter, work.settings.constraints)
        prefix = Path(surroundings.prefix)
        backend = self._backend_in(place, surroundings.python, prefix, supervised)
        started = time.monotonic()
        further = backend.requirements()
        check_installed(further, surroundings, work.interpreter, work.settings.constraints)
        return _Running(place.project, backend, surroundings, supervised, place.log, started)

    def _check_unchanged(self, work: Work) -> None:
        """Raise where an environment that is not the build's own is not what the key says."""
        if work.surroundings is None:
            return
        python = work.surroundings.python
        found = self._distributions.around(python, work.settings.variables).installed
        if found != work.settings.installed:
            raise EnvironmentFailed(
                f"what is installed in {work.surroundings.prefix} changed meanwhile",
                hint="ask again when nothing is installed or removed there",
            )

    def _backend_in(
        self, place: _Place, python: str, environment: Path, supervised: Supervised
    ) -> Backend:
        work = place.work
        return Backend(
            place.project,
            python=python,
            environ=build_environ(
                environment=environment,
                home=place.slot.home,
                temporary=place.slot.temporary,
                directories=work.toolchain.directories,
                epoch=place.epoch,
                variables={**work.settings.variables, **work.settings.secrets},
                environ=self._environ,
                jobs=work.jobs,
                surroundings=work.surroundings,
            ),
            supervised=supervised,
            log=place.log,
            settings=work.settings,
        )

    def _environment(
        self, work: Work, requirements: Sequence[str], supervised: Supervised, log: Path
    ) -> Environment:
        wanted = Wanted(
            interpreter=work.interpreter,
            requirements=wanted_here(requirements, work.interpreter),
            constraints=work.settings.constraints,
            network=work.network,
            as_of=work.settings.as_of,
            wheels=work.wheels,
        )
        work.reporter.began("preparing", ", ".join(wanted.requirements) or "an empty environment")
        return self._environments.prepare(wanted, supervised, log)


@dataclass(frozen=True, slots=True)
class _Place:
    """A source in its slot."""

    work: Work
    slot: Slot
    project: Path
    epoch: int
    log: Path


@dataclass(frozen=True, slots=True)
class _Running:
    """A backend whose environment is ready."""

    project: Path
    backend: Backend
    environment: Environment | Surroundings
    supervised: Supervised
    log: Path
    started: float


@contextlib.contextmanager
def _naming(environment: Environment | Surroundings) -> Iterator[None]:
    """Name in the error of a build what was installed for it."""
    try:
        yield
    except BuildError as error:
        error.requirements = environment.installed
        raise


def end_leftovers(slot: Path) -> None:
    """End the processes that a dead builder left in the slot at `slot`."""
    leftovers.end(slot / "home")


def _check_single(wheel: Path) -> None:
    others = sorted(other.name for other in wheel.parent.glob("*.whl") if other != wheel)
    if others:
        raise InvalidWheel(
            f"the backend made {wheel.name}, but also {', '.join(others)}: "
            "a build gives one wheel (PEP 517)"
        )


def _identity(metadata: str, languages: tuple[str, ...]) -> Identity:
    headers = HeaderParser().parsestr(metadata)
    try:
        version = str(Version(headers.get("Version", "")))
    except ValueError as error:
        raise BackendFailed(f"the backend tells no version: {error}") from error
    if not headers.get("Name"):
        raise BackendFailed("the backend tells no name")
    return Identity(
        name=normalize(headers["Name"]),
        version=version,
        requires_python=headers.get("Requires-Python", "") or "",
        languages=languages,
    )
