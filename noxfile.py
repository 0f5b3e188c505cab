"""Every check of wheelwell, each a session; plain `nox` runs all that a change must pass."""

import os
import sys
from pathlib import Path

import nox
from python_discovery import PythonInfo, get_interpreter  # nox's own finder, and so always here

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"  # each session installs anew, so that only what changed costs time
nox.options.sessions = ["lint", "types", "layers", "tests", "docs"]


def _can_build(python: PythonInfo) -> bool:
    """Say whether extension modules can be built: a distribution's Python may lack the headers."""
    header = Path(python.sysconfig_path("include"), "Python.h")
    return not python.free_threaded and header.exists()


def _find(version: str) -> str | None:
    """Return the path of a CPython: on PATH, uv's, or one of pyenv's that is not selected."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    unselected = sorted(map(str, pyenv.glob(f"versions/{version}.*/bin")), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *unselected])
    found = get_interpreter(
        f"cpython{version}", env={**os.environ, "PATH": path}, predicate=_can_build
    )
    return found.system_executable if found else None


def _interpreters() -> dict[str, str]:
    """Return the Pythons to test on, by version: the one that runs nox first."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = {version: _find(version) for version in SUPPORTED if version != running}
    return {running: sys.executable} | {version: path for version, path in others.items() if path}


PYTHONS = _interpreters()


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style and the formatting."""
    session.install("--group", "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("--editable", ".", "--group", "dev")
    session.run("mypy", *session.posargs)


@nox.session
def layers(session: nox.Session) -> None:
    """Check that imports go down only."""
    session.install("--editable", ".", "--group", "test")
    session.run("pytest", "tests/test_layers.py", *session.posargs)


@nox.session
@nox.parametrize("python", [nox.param(path, id=version) for version, path in PYTHONS.items()])
def tests(session: nox.Session) -> None:
    """Run the tests, on every Python that is here; what follows `--` is for pytest."""
    session.install("--editable", ".", "--group", "test")
    # What the package index answers, and what is shown by whole builds, does not depend on the
    # Python that asks: once is enough.
    is_first = session.python == sys.executable
    selection = () if is_first else ("-m", "not network and not slow")
    # Twice as many workers as cores: many a test waits, for a disk, a lock or a server.
    workers = ("-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal")
    arguments = (*workers, "--ignore=tests/docs", *selection, *session.posargs)
    session.run("pytest", *arguments)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the documentation's examples."""
    session.install("--editable", ".", "--group", "test")
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz each reader of what comes from outside, a minute each; what it finds is kept."""
    session.install("--editable", ".", "--group", "test")
    seconds = os.environ.get("FUZZ_SECONDS", "60")
    arguments = ("-n", "auto", *session.posargs)
    session.run("pytest", "tests/fuzz", *arguments, env={"FUZZ_SECONDS": seconds})


@nox.session
def bench(session: nox.Session) -> None:
    """Measure: runs each script in benchmarks/."""
    session.install("--editable", ".", "--group", "test")
    for script in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)
