"""Build environments: prepared once for a set of requirements, shared, and never changed.

An environment is `environments-v1/<hash>/<token>/`, a virtual environment of the interpreter that
is built for. Build requirements float, and an index is asked for them anew when an environment is
older than `FRESH`: the time for which the public index lets its own pages be reused. As of an
instant that is `SETTLED` ago, they float no longer, and an environment is good for ever.

Other requirements that come to the same distributions have the same environment: in the place of
theirs is but a note that names it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wheelwell.builder.installer import Installer
from wheelwell.builder.loglines import read_log, telling_lines
from wheelwell.builder.preparation import Wanted
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
            if fact is None or not _is_fresh(fact, wanted):
                continue
            if "same_as" not in fact and _is_good(place, fact):
                return _environment(place, fact)
            if "same_as" in fact and (twin := self._named(fact["same_as"])) and _is_used(place):
                return twin
        return None

    def _named(self, name: str) -> Environment | None:
        """Return the environment `<hash>/<token>` below the root, or None."""
        place = self._root / name
        if place.parent.parent != self._root or place.is_symlink() or place.parent.is_symlink():
            return None
        fact = _read(place / READY)
        if fact is None or "same_as" in fact or not _is_good(place, fact):
            return None
        return _environment(place, fact)

    def _holders(self, home: Path, holding: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield all environments that hold the same, those of `home` first."""
        for each in (home, *(other for other in _places(self._root) if other != home)):
            try:
                places = _places(each)
            except OSError:  # it was removed just now, or is no directory of ours
                continue
            for place in places:
                fact = _read(place / READY)
                if fact and "same_as" not in fact and fact.get("holding") == holding:
                    yield place, fact

    def _twin(self, home: Path, holding: str, wanted: Wanted) -> Environment | None:
        """Return a fresh environment that holds the same, and is that of other requirements.

        Where the requirements had one of their own, that is looked after.
        """
        if wanted.network is Network.REFRESH:
            return None
        for place, fact in self._holders(home, holding):
            if place.parent == home:
                return None
            if _is_fresh(fact, wanted) and _is_good(place, fact):
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
            with self._installer.preparing(path, wanted, supervised) as preparation:
                pins = preparation.resolve()
                holding = self._holding(pins, wanted)
                twin = self._twin(home, holding, wanted)
                frontend = preparation.fill(pins) if twin is None else twin.frontend
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
        if twin is not None:
            shutil.rmtree(path)
            return self._note_twin(home, twin)
        fact = {
            "created": time.time(),
            "holding": holding,
            "installed": _installed(path),
            "contents": _contents(path),
            "frontend": frontend,
            "fingerprint": fingerprint(path),
        }
        made = self._renew(home, fact, path) or _finish(path, fact)
        self._share(str(made.path))
        return made

    def _holding(self, pins: Iterable[str], wanted: Wanted) -> str:
        """Return what tells an environment from all that hold something else."""
        others = replace(wanted, requirements=(), constraints=())
        return sha256_of([sorted(pins), self._installer.inputs(others)])

    def _note_twin(self, home: Path, twin: Environment) -> Environment:
        """Write down that another environment serves here too."""
        path = home / secrets.token_hex(4)
        path.mkdir()
        fact = {
            "created": time.time(),
            "same_as": str(twin.path.relative_to(self._root)),
            "installed": dict(twin.installed),
            "frontend": twin.frontend,
            "fingerprint": twin.fingerprint,
        }
        _finish(path, fact)
        self._share(str(path))
        for older in _places(home):  # no build is in these
            if older != path and "same_as" in (_read(older / READY) or ()):
                shutil.rmtree(older, ignore_errors=True)
        return twin

    def _renew(self, home: Path, fact: Mapping[str, Any], path: Path) -> Environment | None:
        """Return an older environment that holds just what the new one at `path` does.

        That is then fresh again, and the new one is not needed: where nothing new was released,
        the path stays, by which compiler caches know the headers in it.
        """
        for place, older in self._holders(home, fact["holding"]):
            is_same = place != path and older.get("contents") == fact["contents"]
            if is_same and fingerprint(place) == older["fingerprint"]:
                shutil.rmtree(path, ignore_errors=True)
                renewed = _finish(place, {**older, "created": fact["created"]})
                return renewed if place.parent == home else self._note_twin(home, renewed)
        return None


def _is_fresh(fact: Mapping[str, Any], wanted: Wanted) -> bool:
    """Say whether an environment may be used without asking the indexes again."""
    is_young = 0 <= time.time() - fact["created"] < FRESH
    return is_young or wanted.network is Network.NEVER or _is_settled(wanted, fact["created"])


def _is_good(place: Path, fact: Mapping[str, Any]) -> bool:
    """Say whether an environment is as it was made, and mark it as used.

    One whose build was killed may have been written into, and not taken back.
    """
    return fingerprint(place) == fact["fingerprint"] and _is_used(place)


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


def _is_settled(wanted: Wanted, created: float) -> bool:
    return bool(wanted.as_of) and created - seconds(wanted.as_of) >= SETTLED


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
