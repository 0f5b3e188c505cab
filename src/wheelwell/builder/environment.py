"""Build environments: prepared once for a set of requirements, shared, and never changed.

An environment is `environments-v1/<hash>/<token>/`, a virtual environment of the interpreter that
is built for. Build requirements float, and an index is asked for them anew when an environment is
older than `FRESH`: the time for which the public index lets its own pages be reused. As of an
instant that is `SETTLED` ago, they float no longer, and an environment is good for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheelwell.builder.installer import Installer, Wanted
from wheelwell.builder.loglines import read_log, telling_lines
from wheelwell.builder.supervised import CommandFailed, Supervised
from wheelwell.digest import sha256_of
from wheelwell.errors import EnvironmentFailed
from wheelwell.indexes import Network
from wheelwell.instants import seconds
from wheelwell.request import normalize

FRESH = 600.0
"""How long, in seconds, an environment is reused without asking the indexes again."""

SETTLED = 86400.0
"""How long after an instant, in seconds, what an index answers as of it is final: mirrors lag."""

READY = "environment.json"
"""The file that is written last: an environment without it was never finished."""


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


class Environments:
    """Prepares environments below one directory. Threads and processes share it."""

    def __init__(
        self,
        root: Path,
        *,
        installer: Installer,
        exclusively: Callable[[str, Callable[[], bool]], AbstractContextManager[object]],
        make_directories: Callable[[str], None],
        share: Callable[[str], None],
    ) -> None:
        """`exclusively` gives the right to one name, held while the block runs.

        It asks its second argument, again and again, whether to wait no longer. `make_directories`
        makes those below the root, or raises `OSError`; `share` lets those have a new tree who
        share the cache.
        """
        self._root = root
        self._installer = installer
        self._exclusively = exclusively
        self._make_directories = make_directories
        self._share = share

    def prepare(self, wanted: Wanted, supervised: Supervised, log: Path) -> Environment:
        """Return an environment that holds what is wanted. Raises `EnvironmentFailed`."""
        name = sha256_of(self._installer.inputs(wanted))[:32]
        home = self._root / name
        self._make_directories(str(home))
        if (found := self._newest(home, wanted)) is not None:
            return found

        def is_over() -> bool:
            supervised.check()
            return False

        with self._exclusively(f"environment-{name}", is_over):
            if (found := self._newest(home, wanted)) is not None:
                return found
            return self._make(home, wanted, supervised, log)

    def release(self, environment: Environment) -> None:
        """Take back an environment after a build; no other uses one that was written into."""
        if fingerprint(environment.path) != environment.fingerprint:
            with contextlib.suppress(FileNotFoundError):  # another build did
                (environment.path / READY).rename(environment.path / f"{READY}.spoiled")

    def _newest(self, home: Path, wanted: Wanted) -> Environment | None:
        if wanted.network is Network.REFRESH:
            return None
        try:
            places = sorted(_places(home), key=lambda place: place.stat().st_mtime, reverse=True)
        except OSError:
            return None
        for place in places:
            fact = _read(place / READY)
            if fact is None:
                continue
            age = time.time() - fact["created"]
            is_fresh = 0 <= age < FRESH or wanted.network is Network.NEVER
            is_fresh = is_fresh or _is_settled(wanted.as_of, fact["created"])
            # One whose build was killed may have been written into, and not taken back.
            if is_fresh and fingerprint(place) == fact["fingerprint"] and _is_used(place):
                return _environment(place, fact)
        return None

    def _make(self, home: Path, wanted: Wanted, supervised: Supervised, log: Path) -> Environment:
        self._make_directories(str(home))  # a collector may have taken it away
        _clear(home)
        # A new name: an installer that is being ended may still write, when the lease is free.
        path = home / secrets.token_hex(4)
        start = log.stat().st_size if log.exists() else 0
        try:
            path.mkdir()
            frontend = self._installer.fill(path, wanted, supervised)
        except CommandFailed as error:
            shutil.rmtree(path, ignore_errors=True)
            said = read_log(log, start=start)
            raise EnvironmentFailed(
                "the build requirements could not be installed: "
                + (", ".join(wanted.requirements) or "(none)"),
                lines=telling_lines(said),
                requirements={_name_of(each): "" for each in wanted.requirements},
            ) from error
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        fact = {
            "created": time.time(),
            "installed": _installed(path),
            "contents": _contents(path),
            "frontend": frontend,
            "fingerprint": fingerprint(path),
        }
        made = self._renew(home, fact, path) or _finish(path, fact)
        self._share(str(made.path))
        return made

    def _renew(self, home: Path, fact: Mapping[str, Any], path: Path) -> Environment | None:
        """Return an older environment that holds just what the new one at `path` does.

        That is then fresh again, and the new one is not needed: where nothing new was released,
        the path stays, by which compiler caches know the headers in it.
        """
        for place in _places(home):
            older = _read(place / READY) if place != path else None
            if older is None or older.get("contents") != fact["contents"]:
                continue
            if fingerprint(place) == older["fingerprint"]:
                shutil.rmtree(path, ignore_errors=True)
                return _finish(place, {**older, "created": fact["created"]})
        return None


def _is_used(place: Path) -> bool:
    """Mark an environment as used; False where a collector took it back just now."""
    try:
        os.utime(place / READY, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # another user's: who cannot write there is not who collects there
    return True


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


def _is_settled(as_of: str, created: float) -> bool:
    return bool(as_of) and created - seconds(as_of) >= SETTLED


def _name_of(requirement: str) -> str:
    return normalize(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])


def _environment(path: Path, fact: Mapping[str, Any]) -> Environment:
    return Environment(
        path=path,
        installed=dict(fact["installed"]),
        frontend=fact["frontend"],
        fingerprint=fact["fingerprint"],
    )


def _finish(path: Path, fact: Mapping[str, Any]) -> Environment:
    """Let an environment be used from now on."""
    staged = path / f"{READY}.new"
    staged.write_text(json.dumps(fact), encoding="utf-8")
    staged.replace(path / READY)
    return _environment(path, fact)


def _places(home: Path) -> list[Path]:
    return [place for place in home.iterdir() if not place.is_symlink()]


def _clear(home: Path) -> None:
    """Remove what was never finished. The caller alone may make environments here."""
    for place in _places(home):
        if not (place / READY).exists() and not any(place.glob(f"{READY}*")):
            shutil.rmtree(place, ignore_errors=True)


def _contents(path: Path) -> str:
    """Return a digest of what is installed, by the hashes in every `RECORD` (PEP 376).

    Programs are left out: they name the environment's own path.
    """
    records = path.glob("lib*/python*/site-packages/*.dist-info/RECORD")
    lines = [line for record in records for line in record.read_text("utf-8").splitlines()]
    return sha256_of(sorted(line for line in lines if not line.startswith("../")))


def _installed(path: Path) -> dict[str, str]:
    """Return the distributions in an environment, from the names of their metadata directories."""
    found = {}
    for place in path.glob("lib*/python*/site-packages/*.dist-info"):
        name, _, version = place.name.removesuffix(".dist-info").rpartition("-")
        found[name.replace("_", "-").lower()] = version
    return dict(sorted(found.items()))


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():  # to read a FIFO would be to wait for ever
        return None
    try:
        fact = json.loads(path.read_text(encoding="utf-8"))
        float(fact["created"]), dict(fact["installed"])
        str(fact["frontend"]), str(fact["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(fact)


def sorted_requirements(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return requirements in the order in which they name an environment."""
    return tuple(sorted({requirement.strip() for requirement in requirements}))
