"""Every error that wheelwell raises: what happened, to what, and what to try."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


class WheelwellError(Exception):
    """The root of all errors of wheelwell.

    `message` is one or a few lines for people and holds no secret; `hint` says what to try, or is
    empty; `log` is the path of the whole build log, where there is one.
    """

    code = "error"

    otherwise: ClassVar[str] = ""
    """What to try where nothing more telling is known."""

    def __init__(self, message: str, *, hint: str = "", log: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.otherwise
        self.log = log

    def __reduce__(self) -> tuple[Callable[..., WheelwellError], tuple[Any, ...], dict[str, Any]]:
        """Return what another process makes the same error of, whatever its constructor takes."""
        return _remade, (type(self), *self.args), self.__dict__

    @property
    def is_hint_telling(self) -> bool:
        """Whether the hint is about this very failure, and not what may always be tried."""
        return self.hint != self.otherwise

    def suggest(self, hint: str) -> None:
        """Say what else to try; what may always be tried is said no longer then."""
        told = self.hint if self.is_hint_telling else ""
        self.hint = "; ".join(filter(None, (told, hint))) or self.otherwise


def _remade(kind: type[WheelwellError], *arguments: Any) -> WheelwellError:
    return kind.__new__(kind, *arguments)


class UsageError(WheelwellError):
    """What was asked for cannot be understood."""

    code = "usage"


class InvalidRequest(UsageError):
    """A request is neither a requirement nor an archive nor a directory."""

    code = "invalid-request"


class ConfigurationError(UsageError):
    """A configuration file, variable or switch has a value that it cannot have."""

    code = "configuration"


class InterpreterError(UsageError):
    """A Python that was asked for is not there, does not start, or is too old."""

    code = "interpreter"


class NotInCache(WheelwellError):
    """The answer would need a build or the network, and the caller forbade that."""

    code = "not-in-cache"


class Degraded(WheelwellError):
    """There is a wheel, but it has less than its source can give, and the caller forbade that.

    The wheel is in the cache all the same: it is not built again while the system is as it was.
    """

    code = "degraded"

    def __init__(self, subject: str, *, evidence: tuple[str, ...], hint: str = "") -> None:
        shown = "".join(f"\n  | {line}" for line in evidence)
        super().__init__(
            f"the wheel of {subject} is degraded, and such are refused{shown}", hint=hint
        )
        self.evidence = evidence


class Unwritable(WheelwellError):
    """Neither the cache directory nor a temporary one can take a build."""

    code = "unwritable"


class SourceError(WheelwellError):
    """The source of a request could not be found, fetched or understood."""

    code = "source"


class NoSuchProject(SourceError):
    """No index that was asked knows the project."""

    code = "no-such-project"


class NoMatchingSource(SourceError):
    """The project exists, but no source of it matches what was asked for."""

    code = "no-matching-source"


class HashMismatch(SourceError):
    """A file is not the one that was promised."""

    code = "hash-mismatch"

    def __init__(self, name: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"{name} is not the file that was promised\n  expected {expected}\n  found    {found}",
            hint="the file changed, or was damaged on its way; nothing of it was kept",
        )
        self.name = name
        self.expected = expected
        self.found = found


class FetchError(SourceError):
    """An index page or a file could not be had from where it should be."""

    code = "fetch"
    otherwise = "is it the right URL?"

    def __init__(self, url: str, reason: str, *, status: int | None = None, hint: str = "") -> None:
        super().__init__(f"{url} could not be fetched: {reason}", hint=hint)
        self.url = url
        self.reason = reason
        self.status = status


class UnknownAge(SourceError):
    """When a file was uploaded would have to be known, and no index that was asked tells it."""

    code = "unknown-age"


class InvalidSource(SourceError):
    """An archive or directory is not a Python project, or is unsafe to unpack."""

    code = "invalid-source"
    otherwise = "this is a fault of the project: another version of it may be sound"


class BuildError(WheelwellError):
    """A source was there, but no wheel came out of it.

    `lines` are the telling ones of the log; `requirements` what the build was given, by name, the
    version empty where it came to none; `as_of` the instant as of which `auto` builds it, or empty;
    `failed_at` when it failed, in seconds since 1970, where it was not tried again now.
    """

    code = "build"

    def __init__(
        self,
        message: str,
        *,
        lines: tuple[str, ...] = (),
        requirements: Mapping[str, str] | None = None,
        hint: str = "",
        log: str | None = None,
    ) -> None:
        shown = "".join(f"\n  | {line}" for line in lines)
        super().__init__(message + shown, hint=hint, log=log)
        self.lines = lines
        self.requirements = requirements or {}
        self.as_of = ""
        self.failed_at: float | None = None


class EnvironmentFailed(BuildError):
    """The build requirements could not be installed, or are not where they must be."""

    code = "environment"
    otherwise = "are they at the indexes that are set (--index-url, --build-index-url)?"


class BackendFailed(BuildError):
    """The build backend is missing, raised, or exited with an error."""

    code = "backend"
    otherwise = "the log tells more; another version of the project, or of Python, may build"


class BuildTimeout(BuildError):
    """The build took longer than it was allowed to, and was ended."""

    code = "timeout"


class BuildKilled(BuildError):
    """A signal from outside ended the build or the process that supervises it."""

    code = "killed"


class InvalidWheel(BuildError):
    """The backend's wheel is not what it should be, and was not stored."""

    code = "invalid-wheel"
    otherwise = "this is a fault of the project or its backend; --keep leaves the wheel to look at"


class Cancelled(WheelwellError):
    """The caller took the request back; its build was ended."""

    code = "cancelled"


class FarmError(WheelwellError):
    """A farm's scheduler cannot be reached, or its workers cannot do what is asked."""

    code = "farm"


class Lost(WheelwellError):
    """What was to do something, as a worker or a process of a pool, did not come back with it."""

    code = "lost"
    otherwise = "the same command tries it again; what is there already is not built twice"


class ExportError(WheelwellError):
    """A wheel cannot be brought where it was to be exported."""

    code = "export"


class ExportConflict(ExportError):
    """Another file has the place of one that was to be exported.

    `is_other_build` says whether that file is another build that the same export brought there.
    """

    code = "export-conflict"

    def __init__(self, message: str, *, hint: str = "", is_other_build: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_other_build = is_other_build


class DamagedWheel(ExportError):
    """A wheel in the cache is not what was stored, and was not handed on."""

    code = "damaged"

    def __init__(self, path: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"the cached wheel {path} is damaged: it was not exported\n"
            f"  expected {expected}\n  found    {found}",
            hint="`wheelwell get` builds it again; then export again",
        )
        self.path = path
        self.expected = expected
        self.found = found


class InvalidBundle(WheelwellError):
    """A file is no tar of entries, or cannot be read on from some point."""

    code = "bundle"
    otherwise = "`wheelwell export --to tar` makes such files"
