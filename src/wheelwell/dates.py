"""Dates: as of which instant a request's build requirements are resolved, and whether that helps.

What a request says (`upload`, `auto`) becomes an instant, or none, before there is a key. That a
source did not build with the requirements of today, but as of its upload, is remembered: `auto`
then goes there at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from wheelwell.buckets import DATES
from wheelwell.digest import sha256_of
from wheelwell.errors import (
    BackendFailed,
    BuildError,
    ConfigurationError,
    EnvironmentFailed,
    UnknownAge,
    WheelwellError,
)
from wheelwell.indexes import Network
from wheelwell.instants import AUTO, UPLOAD, instant, parse_as_of
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.protocols import Memory
from wheelwell.settings import Settings
from wheelwell.source import Archive, Source
from wheelwell.suspects import named_first, undeclared

if TYPE_CHECKING:
    from wheelwell.sources.located import Caller

_OTHERWISE = re.compile(
    "No such file or directory|cannot find -l|command not found|Could not resolve host"
    "|name resolution|Network is unreachable|not found in the package registry"
    "|No matching distribution"
)
"""What a failure's lines say where something is missing that no date brings."""


class Uploads(Protocol):
    """Knows when files came to the indexes; threads share it."""

    def of(self, source: Source, name: str, caller: Caller) -> str:
        """Return the instant at which a source of `name` was uploaded; empty if nobody tells it."""

    def recall(self, source: Source) -> str:
        """Return that as far as it is known without asking."""

    def newer(self, versions: Mapping[str, str], than: str, caller: Caller) -> str:
        """Return one of `versions`, by name, that is newer than an instant; empty for none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """Settles the dates of requests. Threads share it."""

    memory: Memory
    uploads: Uploads
    """At the indexes of sources."""

    build_uploads: Uploads
    """At those of build requirements."""

    now: Callable[[], str]
    """Tells the present instant."""

    def settle(
        self,
        settings: Settings,
        source: Source,
        name: str,
        interpreter: Interpreter,
        caller: Caller,
    ) -> Settings:
        """Return the settings with an instant, or none, in place of what was asked for.

        Raises `UnknownAge` where nobody tells when the source was uploaded, `ConfigurationError`.
        """
        if not settings.as_of:
            return settings
        if not settings.is_isolated:  # nothing is resolved
            return replace(settings, as_of="")
        asked = parse_as_of(settings.as_of)
        if asked == AUTO:
            undated = replace(settings, as_of="")
            is_anew = caller.network is Network.REFRESH
            known = "" if is_anew else self._recall(source, interpreter, undated)
            return replace(undated, as_of=known)
        if asked == UPLOAD:
            return replace(settings, as_of=self._uploaded(source, name, caller))
        if asked > self.now():
            raise ConfigurationError(
                f"what will have been released by {asked} is not known yet",
                hint="an instant that is over; a date is the end of that day, in UTC",
            )
        return replace(settings, as_of=asked)

    def advise(self, error: BuildError, keyed: Keyed, asked: Settings, caller: Caller) -> None:
        """Say in an error if the source may build as of its upload, where that is likely to help.

        It is where a build requirement is newer than the source, and nothing else is missing. A
        module that no requirement brings is missing at any date, and so is what Python has lost.
        """
        from wheelwell.mismatch import is_python_too_new  # not on the way to a hit

        if keyed.settings.as_of or not isinstance(error, BackendFailed | EnvironmentFailed):
            return
        if error.is_hint_telling or any(map(_OTHERWISE.search, error.lines)):
            return
        if is_python_too_new(error.lines, keyed.interpreter.series):
            return
        if missing := undeclared(error.requirements, error.lines):
            error.hint = (
                f"--build-requirement with what brings the module {missing}, which the source "
                "imports as it is built and does not declare"
            )
            return
        suspects = named_first(error.requirements, error.lines)
        try:
            # An index is not told of a project that it may not know, unless that was asked for.
            uploaded = (
                self.uploads.of(keyed.source, keyed.name, caller)
                if asked.as_of == AUTO
                else self.uploads.recall(keyed.source)
            )
            newer = uploaded and self.build_uploads.newer(suspects, uploaded, caller)
        except WheelwellError:
            return  # it is the build's failure that is to be told
        if newer:
            error.as_of = uploaded if asked.as_of == AUTO else ""
            error.suggest(
                f"--build-as-of upload: {newer} is newer than this source, "
                f"which was uploaded {uploaded[:10]}"
            )

    def remember(self, keyed: Keyed, as_of: str) -> None:
        """Keep that a source built as of an instant, and not without."""
        undated = replace(keyed.settings, as_of="")
        name = _name(keyed.source.token, keyed.interpreter, undated)
        self.memory.remember(DATES, name, {"as_of": as_of})

    def _uploaded(self, source: Source, name: str, caller: Caller) -> str:
        if told := self.uploads.of(source, name, caller):
            return told
        why = f"no index tells when this archive of {name or 'a project'} was uploaded"
        if not isinstance(source, Archive):
            why = "only an archive is uploaded to an index, and this source is none"
        raise UnknownAge(why, hint="give the date itself: --build-as-of 2024-11-15")

    def _recall(self, source: Source, interpreter: Interpreter, undated: Settings) -> str:
        try:
            fact = self.memory.recall(DATES, _name(source.token, interpreter, undated))
            return instant(str(fact["as_of"]))
        except (KeyError, TypeError):  # damage is a miss
            return ""


def _name(source: str, interpreter: Interpreter, undated: Settings) -> str:
    return sha256_of([source, interpreter.inputs(), undated.inputs()])
