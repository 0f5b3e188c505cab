"""Planning: from a request to all that is known of it before anything is built, its key at last.

    locate -> identify -> settle the settings -> probe the compilers -> key

Where only the backend can tell name or version, it is asked in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.errors import InvalidRequest, InvalidSource, NoMatchingSource
from wheelwell.key import Keyed
from wheelwell.options import Options
from wheelwell.plan import Plan
from wheelwell.request import Request, parse_request
from wheelwell.requires_python import admits
from wheelwell.settings import Settings

if TYPE_CHECKING:
    from wheelwell.identity import Identity
    from wheelwell.interpreter import Interpreter
    from wheelwell.parts import Parts
    from wheelwell.sources.located import Located
    from wheelwell.surroundings import Surroundings

AskBackend = Callable[["Located", "Identity", Keyed, Options], "Identity"]
"""Returns the identity that only a source's backend can tell."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes plans. Threads share it."""

    parts: Parts
    ask_backend: AskBackend

    def plan(self, request: Request, options: Options, *, as_of: str = "") -> Plan:
        """Return the plan of a request; `as_of` stands in for what its settings say of that.

        Raises `UsageError`, `SourceError`, `NotInCache`, and where the backend is asked as it does.
        """
        if request.is_wheel:
            raise InvalidRequest(f"{request.text} is a wheel already: there is nothing to build")
        sources, interpreter = self.parts.sources, self.interpreter(options)
        located = sources.locate(request, interpreter, options)
        identity = sources.identify(located, options)
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

    def request(self, request: str | Request) -> Request:
        """Return a request as a value. Raises `InvalidRequest`."""
        if isinstance(request, str):
            return parse_request(request, directory=self.parts.directory)
        return request

    def interpreter(self, options: Options) -> Interpreter:
        """Return what is known of the Python that a wheel is for. Raises `InterpreterError`."""
        return self.parts.interpreters.find(options.interpreter or self.parts.interpreter)

    def settings_of(
        self, project: str, options: Options, *, request: Request | None = None
    ) -> Settings:
        """Return the settings that were asked for a project, its dates not settled yet."""
        own = request.config if request else ()
        if options.settings is None:
            return self.parts.layers.settings_of(project, own)
        return replace(options.settings, config={**dict(own), **options.settings.config})

    def surroundings(self, settings: Settings, options: Options) -> Surroundings | None:
        """Return the environment that a build without isolation runs in."""
        if settings.is_isolated:
            return None
        python = self.parts.interpreters.command(options.interpreter or self.parts.interpreter)
        return self.parts.distributions.around(python, settings.variables)

    def _keyed(
        self,
        located: Located,
        identity: Identity,
        interpreter: Interpreter,
        options: Options,
        *,
        as_of: str,
    ) -> Keyed:
        """Return the build that a source is in for, as far as its identity is known."""
        assert located.source is not None
        name = identity.name or located.request.name
        settings = self.settings_of(name, options, request=located.request)
        settings = replace(settings, as_of=as_of) if as_of else settings
        settings = self.parts.dates.settle(settings, located.source, name, interpreter, options)
        surroundings = self.surroundings(settings, options)
        if surroundings is not None:
            settings = replace(settings, installed=surroundings.installed)
        toolchain = self.parts.compilers.probe(
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
        told = self.ask_backend(located, identity, keyed, options)
        if told.name in {identity.name, located.request.name}:
            return told, replace(keyed, name=told.name, version=told.version)
        complete = self._keyed(
            located, told, keyed.interpreter, options, as_of=keyed.settings.as_of
        )
        if complete.settings != keyed.settings:  # which may change the version
            told = self.ask_backend(located, told, complete, options)
        return told, replace(complete, name=told.name, version=told.version)


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
