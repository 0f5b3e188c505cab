"""Calling a source's build backend (PEP 517), through `build`."""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import build
import pyproject_hooks
from packaging.requirements import Requirement

from wheelwell.builder.environment import sorted_requirements
from wheelwell.builder.loglines import hint_for, read_log, telling_lines
from wheelwell.builder.supervised import CommandFailed, Supervised
from wheelwell.errors import BackendFailed, InvalidSource
from wheelwell.interpreter import Interpreter
from wheelwell.remedy import to_mend
from wheelwell.request import normalize
from wheelwell.secret_variables import masking
from wheelwell.settings import Settings


class _Isolated:
    """What `build` must know of an environment."""

    def __init__(self, python: str) -> None:
        self._python = python

    @property
    def python_executable(self) -> str:
        """The environment's interpreter."""
        return self._python

    def make_extra_environ(self) -> Mapping[str, str] | None:
        """Nothing: all variables come from one place, `builder.environ`."""
        return None


class Backend:
    """The backend of one source, its hooks run under a supervisor in a prepared environment."""

    def __init__(
        self,
        project: Path,
        *,
        python: str,
        environ: Mapping[str, str],
        supervised: Supervised,
        log: Path,
        settings: Settings,
    ) -> None:
        self._supervised = supervised
        self._environ = environ
        self._log = log
        self._config = settings.for_backend()
        self._hide = masking(settings.secrets.values()) if settings.secrets else None
        self._raised: BaseException | None = None
        with _understood():
            self._builder = build.ProjectBuilder.from_isolated_env(
                _Isolated(python), project, runner=self._run
            )

    def requirements(self) -> tuple[str, ...]:
        """Return what the backend wants beside the declared requirements (PEP 517)."""
        with self._translated("get_requires_for_build_wheel"):
            wanted = self._builder.get_requires_for_build("wheel", self._config)
            if not all(isinstance(each, str) for each in wanted):
                raise TypeError(f"{wanted} are no requirements")
            if self._hide and any(self._hide(each) != each for each in wanted):
                raise TypeError("a build requirement holds a secret, and would be written down")
            return sorted_requirements(wanted)

    def metadata(self, into: Path) -> str:
        """Return the text of the `METADATA` that a build's wheel would have.

        A backend without the hook for it builds the wheel into the directory `into`.
        """
        with self._translated("prepare_metadata_for_build_wheel"):
            prepared = self._builder.prepare("wheel", into, self._config)
        try:
            if prepared is not None:
                return (Path(prepared) / "METADATA").read_text(encoding="utf-8", errors="replace")
            with zipfile.ZipFile(self.wheel(into)) as wheel:
                names = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
                return wheel.read("".join(names[:1])).decode("utf-8", errors="replace")
        except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise BackendFailed(f"the backend's metadata cannot be read: {error}") from error

    def wheel(self, into: Path) -> Path:
        """Build the wheel into the directory `into`, and return its path."""
        with self._translated("build_wheel"):
            return Path(self._builder.build("wheel", into, self._config))

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = {**self._environ, **(extra_environ or {})}
        try:
            self._supervised.run(cmd, cwd=cwd or "/", environ=environ, hide=self._hide)
        except Exception as error:
            self._raised = error
            raise
        self._log_warnings(Path(cmd[-1]) / "output.json")

    def _log_warnings(self, answer: Path) -> None:
        """Move the backend's warnings from its answer to the log.

        `pyproject_hooks` would raise them in this process, which is somebody else's, and where
        the filters of warnings are not for threads to change.
        """
        try:
            told = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return  # no answer: the hook failed, and its own error is told
        lines = "".join(
            f"{warning['filename']}:{warning['lineno']}: {warning['message']}\n"
            for warning in told.pop("warnings", [])
        )
        self._supervised.note(self._hide(lines) if self._hide else lines)
        answer.write_text(json.dumps(told), encoding="utf-8")

    @contextlib.contextmanager
    def _translated(self, hook: str) -> Iterator[None]:
        """Turn the errors of `build` and of the hooks into ours."""
        try:
            yield
        except build.BuildBackendException as error:
            cause = error.exception
            if cause is self._raised and not isinstance(cause, CommandFailed):
                raise cause from None  # ended from outside: not the backend's doing
            raise self._failed(hook, cause) from error
        except TypeError as error:  # of an answer that is none
            raise self._failed(hook, error) from error

    def _failed(self, hook: str, cause: BaseException) -> BackendFailed:
        log = read_log(self._log)
        if isinstance(cause, pyproject_hooks.BackendUnavailable):
            why = f"its build backend {cause.backend_name} cannot be imported"
            hint = "does build-system.requires of its pyproject.toml name the backend's project?"
            return BackendFailed(why, lines=telling_lines(cause.traceback or str(cause)), hint=hint)
        if isinstance(cause, CommandFailed) and cause.status < 0:
            return BackendFailed(
                f"{hook} was killed: {cause.message}",
                lines=telling_lines(log),
                hint="a process that uses too much memory is ended so by the system",
            )
        if isinstance(cause, CommandFailed):
            lines = telling_lines(log)
            hint = to_mend(lines, log.splitlines()) or hint_for(log)
            return BackendFailed(f"{hook} failed", lines=lines, hint=hint)
        if isinstance(cause, FileNotFoundError):
            why = f"{hook} ended without an answer"
            return BackendFailed(why, lines=telling_lines(log))
        return BackendFailed(f"{hook} gave no answer that makes sense: {cause}")


def declared_requirements(project: Path) -> tuple[str, ...]:
    """Return `build-system.requires` of a project (PEP 518). Raises `InvalidSource`."""
    with _understood():
        requires = build.ProjectBuilder(project).build_system_requires
    return sorted_requirements(requires)


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """Turn what `build` raises over a `pyproject.toml` into our error."""
    try:
        yield
    except (
        build.BuildException,
        build.BuildSystemTableValidationError,
        build.TypoWarning,  # where the caller has made warnings errors
        OSError,
        ValueError,  # it is no UTF-8, or `backend-path` leaves the source
        RecursionError,
    ) as error:
        raise InvalidSource(f"its pyproject.toml cannot be built from: {error}") from error


def wanted_here(requirements: Sequence[str], interpreter: Interpreter) -> tuple[str, ...]:
    """Return those requirements whose markers hold. Raises `InvalidSource` for one that is none."""
    found = []
    for text in requirements:
        try:
            requirement = Requirement(text)
            marker = requirement.marker
            is_wanted = marker is None or marker.evaluate({**interpreter.markers, "extra": ""})
        except (ValueError, KeyError, RecursionError) as error:  # of its marker too
            raise InvalidSource(f"its build requirement {text!r} is none: {error}") from error
        if is_wanted:
            requirement.marker = None
            found.append(str(requirement))
    return sorted_requirements(found)


def lacking(requirements: Sequence[str], installed: Mapping[str, str]) -> list[str]:
    """Return those requirements that what is installed, by name and version, does not meet.

    One that wants more than a version counts as not met. Raises `InvalidSource` for one that is
    none.
    """
    versions = {normalize(name): version for name, version in installed.items()}
    return [text for text in requirements if not _is_met(text, versions)]


def _is_met(text: str, versions: Mapping[str, str]) -> bool:
    try:
        wanted = Requirement(text)
        version = versions.get(normalize(wanted.name))
        if version is None or wanted.url or wanted.extras:
            return False
        return wanted.specifier.contains(version, prereleases=True)
    except ValueError as error:
        raise InvalidSource(f"its build requirement {text!r} is none: {error}") from error
