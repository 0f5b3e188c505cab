"""Build environments: prepared once for a set of requirements, shared, and never changed.

An environment is `environments-v1/<hash>/<n>/`, a virtual environment of the interpreter that is
built for. Build requirements float, and an index is asked for them anew when an environment is
older than `FRESH`: the time for which the public index lets its own pages be reused.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheelwell.builder.leftovers import MARK
from wheelwell.builder.loglines import telling_lines
from wheelwell.builder.supervised import CommandFailed, Supervised
from wheelwell.digest import sha256_of
from wheelwell.errors import EnvironmentFailed
from wheelwell.indexes import Connection, Indexes, Network
from wheelwell.interpreter import Interpreter

FRESH = 600.0
"""How long, in seconds, an environment is reused without asking the indexes again."""

READY = "environment.json"
"""The file that is written last: an environment without it was never finished."""

_OLDEST_PIP = (22, 3)
"""The first pip that can work for another interpreter (`--python`)."""

_OF_PLACE = frozenset(
    """
    PIP_DRY_RUN PIP_PREFIX PIP_PYTHON PIP_ROOT PIP_TARGET
    UV_PROJECT UV_PYTHON UV_SYSTEM_PYTHON UV_VENV_SEED UV_WORKING_DIR UV_WORKING_DIRECTORY
    """.split()
)
"""Variables of pip and uv that say where to install, which is not the user's choice here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A prepared environment."""

    path: Path

    installed: Mapping[str, str]
    """Its distributions, name and version."""

    frontend: str
    """What prepared it, as in `uv 0.13.8`."""

    fingerprint: str
    """What `fingerprint` gave when it was ready."""

    @property
    def python(self) -> str:
        """The path of its interpreter."""
        return str(self.path / "bin" / "python")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What an environment is to hold, and where that comes from."""

    interpreter: Interpreter
    requirements: tuple[str, ...]
    """PEP 508, sorted."""

    constraints: tuple[str, ...]
    """PEP 508, sorted."""

    network: Network


class Environments:
    """Prepares environments below one directory. Threads and processes share it."""

    def __init__(
        self,
        root: Path,
        *,
        indexes: Indexes,
        connection: Connection,
        environ: Mapping[str, str],
        exclusively: Callable[[str, Callable[[], bool]], AbstractContextManager[object]],
    ) -> None:
        """`exclusively` gives the right to one name, held while the block runs.

        It asks its second argument, again and again, whether to wait no longer.
        """
        self._root = root
        self._indexes = indexes
        self._connection = connection
        self._environ = environ
        self._exclusively = exclusively

    def prepare(self, wanted: Wanted, supervised: Supervised, log: Path) -> Environment:
        """Return an environment that holds what is wanted. Raises `EnvironmentFailed`."""
        name = self._name(wanted)
        home = self._root / name
        if (found := self._newest(home, wanted.network)) is not None:
            return found

        def is_over() -> bool:
            supervised.check()
            return False

        with self._exclusively(f"environment-{name}", is_over):
            if (found := self._newest(home, wanted.network)) is not None:
                return found
            return self._make(home, wanted, supervised, log)

    def release(self, environment: Environment) -> None:
        """Take back an environment after a build; no other uses one that was written into."""
        if fingerprint(environment.path) != environment.fingerprint:
            (environment.path / READY).unlink(missing_ok=True)

    def _name(self, wanted: Wanted) -> str:
        installer = {
            name: value
            for name, value in self._environ.items()
            if name.startswith(("UV_", "PIP_")) and "PASSWORD" not in name
        }
        return sha256_of(
            {
                "python": [wanted.interpreter.executable, wanted.interpreter.version],
                "requirements": wanted.requirements,
                "constraints": wanted.constraints,
                "indexes": self._indexes.named(),
                "installer": sha256_of(installer),  # may hold credentials: only its hash is named
            }
        )[:32]

    def _newest(self, home: Path, network: Network) -> Environment | None:
        if network is Network.REFRESH:
            return None
        try:
            places = sorted(home.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
        except OSError:
            return None
        for place in places:
            fact = _read(place / READY)
            if fact is None:
                continue
            age = time.time() - fact["created"]
            is_fresh = 0 <= age < FRESH or network is Network.NEVER
            # One whose build was killed may have been written into, and not taken back.
            if is_fresh and fingerprint(place) == fact["fingerprint"]:
                return _environment(place, fact)
        return None

    def _make(self, home: Path, wanted: Wanted, supervised: Supervised, log: Path) -> Environment:
        home.mkdir(parents=True, exist_ok=True)
        path = _new_directory(home)
        start = log.stat().st_size if log.exists() else 0
        try:
            frontend = self._fill(path, wanted, supervised)
        except CommandFailed as error:
            shutil.rmtree(path, ignore_errors=True)
            said = log.read_bytes()[start:].decode(errors="replace")
            raise EnvironmentFailed(
                "the build requirements could not be installed: "
                + (", ".join(wanted.requirements) or "(none)"),
                lines=telling_lines(said),
            ) from error
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        fact = {
            "created": time.time(),
            "installed": _installed(path),
            "frontend": frontend,
            "fingerprint": fingerprint(path),
        }
        (path / READY).write_text(json.dumps(fact), encoding="utf-8")
        return _environment(path, fact)

    def _fill(self, path: Path, wanted: Wanted, supervised: Supervised) -> str:
        environ = {**self._installer_environ(wanted.network), MARK: str(supervised.home)}
        requirements, constraints = path / "requirements.txt", path / "constraints.txt"
        requirements.write_text("".join(f"{each}\n" for each in wanted.requirements))
        constraints.write_text("".join(f"{each}\n" for each in wanted.constraints))
        files = ["-r", str(requirements)]
        files += ["-c", str(constraints)] if wanted.constraints else []
        python = wanted.interpreter.executable
        uv = find_uv(self._environ)

        def run(*argv: str) -> None:
            # Far from any project: uv takes settings from those around its working directory.
            supervised.run(argv, cwd="/", environ=environ)

        if uv is not None:
            run(uv, "venv", "--quiet", "--allow-existing", "--python", python, str(path))
            if wanted.requirements:
                # uv has no variable for this, and it is no secret.
                alone = [] if self._indexes.urls else ["--no-index"]
                run(uv, "pip", "install", *alone, "--python", f"{path}/bin/python", *files)
            return f"uv {_uv_version(uv)}"
        pip = _own_pip()
        bare = ["--without-pip"] if pip else []
        run(python, "-I", "-m", "venv", *bare, str(path))
        within = f"{path}/bin/python"
        if wanted.requirements and pip:
            run(sys.executable, "-m", "pip", "--python", within, "install", *files)
        elif wanted.requirements:
            run(within, "-m", "pip", "install", *files)
        return f"pip {pip or 'of the interpreter'}"

    def _installer_environ(self, network: Network) -> dict[str, str]:
        """Return the variables of pip and uv: the caller's own, and the indexes that are in force.

        Variables, not switches: everybody on the machine can see a switch, credentials and all.
        """
        environ = {
            name: value
            for name, value in self._environ.items()
            if name not in _OF_PLACE
            and not name.startswith(("PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV"))
        }
        environ |= {
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_LINK_MODE": "copy",  # else a build could edit uv's cache through a link
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_REQUIRE_VIRTUALENV": "0",
            "PIP_USER": "0",
        }
        if network is Network.NEVER:
            environ |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
        if self._connection.certificates:
            environ.setdefault("SSL_CERT_FILE", self._connection.certificates)
        return environ | self._index_variables()

    def _index_variables(self) -> dict[str, str]:
        if self._indexes == Indexes():
            return {}  # nothing is set: pip's and uv's own configuration stands
        links = [_link(place) for place in self._indexes.find_links]
        found = {
            "PIP_FIND_LINKS": " ".join(links),
            "UV_FIND_LINKS": ",".join(links),
            "UV_INDEX_STRATEGY": "unsafe-best-match",  # all indexes are equal, as they are to pip
        }
        if not self._indexes.urls:
            return found | {"PIP_NO_INDEX": "1"}
        first, *others = self._indexes.urls
        found |= {
            "PIP_INDEX_URL": first,
            "PIP_EXTRA_INDEX_URL": " ".join(others),
            "UV_DEFAULT_INDEX": first,
            "UV_INDEX": " ".join(others),
        }
        return {name: value for name, value in found.items() if value or name.startswith("PIP_")}


def find_uv(environ: Mapping[str, str]) -> str | None:
    """Return the path of uv: that of the extra, else the one on PATH, else None."""
    if importlib.util.find_spec("uv") is not None:
        from uv import find_uv_bin

        try:
            return str(find_uv_bin())
        except FileNotFoundError:
            pass
    found = shutil.which("uv", path=environ.get("PATH", ""))
    return os.path.abspath(found) if found else None


def fingerprint(environment: Path) -> str:
    """Return a digest of an environment's files by name, size and time, byte code left out.

    Empty, which is none, where somebody removes files meanwhile.
    """
    found: list[list[Any]] = []
    try:
        for place, directories, names in os.walk(environment):
            directories[:] = sorted(name for name in directories if name != "__pycache__")
            for name in sorted({*names} - {READY}):
                status = os.lstat(f"{place}/{name}")
                found.append([place, name, status.st_size, status.st_mtime_ns])
    except FileNotFoundError:
        return ""
    return sha256_of(found)


def _link(place: str) -> str:
    """Return a place of `--find-links` as a URL: pip takes a space for the end of a path."""
    return place if "://" in place else Path(place).expanduser().absolute().as_uri()


def _environment(path: Path, fact: Mapping[str, Any]) -> Environment:
    return Environment(
        path=path,
        installed=dict(fact["installed"]),
        frontend=fact["frontend"],
        fingerprint=fact["fingerprint"],
    )


def _installed(path: Path) -> dict[str, str]:
    """Return the distributions in an environment, from the names of their metadata directories."""
    found = {}
    for place in path.glob("lib*/python*/site-packages/*.dist-info"):
        name, _, version = place.name.removesuffix(".dist-info").rpartition("-")
        found[name.replace("_", "-").lower()] = version
    return dict(sorted(found.items()))


def _new_directory(home: Path) -> Path:
    number = 0
    while True:
        try:
            (home / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return home / str(number)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        fact = json.loads(path.read_text(encoding="utf-8"))
        float(fact["created"]), dict(fact["installed"])
        str(fact["frontend"]), str(fact["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(fact)


def _own_pip() -> str:
    """Return the version of the pip beside wheelwell, empty where it is missing or too old."""
    from importlib import metadata

    try:
        version = metadata.version("pip")
        numbers = tuple(int(part) for part in version.split(".")[:2])
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    return version if numbers >= _OLDEST_PIP else ""


def _uv_version(uv: str) -> str:
    import subprocess

    ended = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    return ended.stdout.split()[1] if len(ended.stdout.split()) > 1 else ""


def sorted_requirements(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return requirements in the order in which they name an environment."""
    return tuple(sorted({requirement.strip() for requirement in requirements}))
