"""Distributions: what is installed around a Python, told again at once where nothing changed.

A directory of packages is read only where it, or something in it that describes a distribution,
has another stamp than before: installers add, replace and remove whole directories.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wheelwell.buckets import INTERPRETERS
from wheelwell.builder.commands import stamp
from wheelwell.builder.trees import digest_of_tree
from wheelwell.digest import sha256_of
from wheelwell.errors import InterpreterError
from wheelwell.protocols import Memory
from wheelwell.request import normalize
from wheelwell.surroundings import Surroundings

if TYPE_CHECKING:
    from importlib.metadata import Distribution

SCHEMA = 1
"""The version of what is remembered."""

FIXED = {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Variables that a build without isolation is given, and that decide what its Python sees."""

_DESCRIBING = (".dist-info", ".egg-info", ".egg-link", ".pth")
_SETTLED = 2.0
"""How long, in seconds, after a change another one may leave the same stamp."""

_PROGRAM = """
import json, sys, sysconfig
path = [place for place in sys.path if place]
print()
print(json.dumps({
    "python": sys.executable,
    "prefix": sys.prefix,
    "is_virtual": sys.prefix != sys.base_prefix,
    "scripts": sysconfig.get_path("scripts"),
    "path": path,
}))
"""


class Distributions:
    """Tells what is installed around Pythons. Threads share it."""

    def __init__(self, memory: Memory, environ: Mapping[str, str]) -> None:
        self._memory = memory
        self._environ = environ
        self._known: dict[str, dict[str, Any]] = {}

    def around(self, python: str, variables: Mapping[str, str]) -> Surroundings:
        """Return the environment of the Python at the path `python`.

        `variables` are those of the build, some of which say where a Python looks for packages.
        Raises `InterpreterError`.
        """
        ours = {name: value for name, value in variables.items() if name.startswith("PYTHON")}
        name = sha256_of([SCHEMA, "around", python, *stamp(python), sorted(ours.items())])
        fact = self._known.get(name) or self._memory.recall(INTERPRETERS, name)
        if not _is_current(fact):
            started = time.time()
            fact = self._look(python, {**FIXED, **ours})
            if all(moment < started - _SETTLED for moment in _times(fact["watched"])):
                self._memory.remember(INTERPRETERS, name, fact)
                self._known[name] = fact
        return _surroundings(fact, self._memory)

    def _look(self, python: str, variables: Mapping[str, str]) -> dict[str, Any]:
        told = _ask(python, variables, self._environ)
        found: dict[str, dict[str, str]] = {}
        watched = [python, f"{told['prefix']}/pyvenv.cfg"]
        for place in told["path"]:
            watched += [place, *_describing(place)]
        stamps = {path: list(stamp(path)) for path in watched}
        from importlib.metadata import distributions  # not on the way to a hit

        for distribution in distributions(path=told["path"]):
            name = distribution.metadata["Name"]
            if name and normalize(name) not in found:  # the first on the path is what is imported
                found[normalize(name)] = _fact(distribution)
        return {**told, "watched": stamps, "found": found}


def _is_current(fact: Any) -> bool:
    """Say whether what is remembered still holds; damage does not."""
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        _ = fact["found"].items(), fact["prefix"]
        return all(list(stamp(path)) == known for path, known in fact["watched"].items())
    return False


def _surroundings(fact: Mapping[str, Any], memory: Memory) -> Surroundings:
    return Surroundings(
        python=fact["python"],
        prefix=fact["prefix"],
        is_virtual=fact["is_virtual"],
        scripts=fact["scripts"],
        installed={name: _told(one, memory) for name, one in sorted(fact["found"].items())},
    )


def _told(one: Mapping[str, str], memory: Memory) -> str:
    """Return a version, and what else says what is there."""
    digest = one["digest"]
    if one["tree"]:  # it is imported from where its source is, and that may be edited
        digest = sha256_of([digest, digest_of_tree(one["tree"], memory)])
    return f"{one['version']} {digest}" if digest else one["version"]


def _fact(distribution: Distribution) -> dict[str, str]:
    origin = distribution.read_text("direct_url.json")
    tree = _tree(distribution, origin)
    digest = ""
    if origin is not None or tree:
        digest = sha256_of([_origin(origin), *_contents(distribution)])
    return {"version": distribution.version, "digest": digest, "tree": tree}


def _tree(distribution: Distribution, origin: str | None) -> str:
    """Return the directory that an editable distribution is imported from; empty for others."""
    from urllib.parse import unquote, urlsplit

    with contextlib.suppress(ValueError, AttributeError):
        told = json.loads(origin or "{}")
        url = urlsplit(str(told.get("url", "")))
        if told.get("dir_info", {}).get("editable") and url.scheme == "file":
            return unquote(url.path)
    # What `setup.py develop` leaves is named without a version, and stands beside the source.
    top, name = os.path.split(str(getattr(distribution, "_path", "")))
    is_developed = name.endswith(".egg-info") and "-" not in name.removesuffix(".egg-info")
    return top if is_developed and not top.endswith("-packages") else ""


def _origin(text: str | None) -> str:
    """Return what `direct_url.json` says, without how it was written."""
    with contextlib.suppress(ValueError):
        return sha256_of(json.loads(text or "{}"))
    return text or ""


def _contents(distribution: Distribution) -> list[str]:
    """Return the hashes in `RECORD`, without those of what the installer itself wrote."""
    text = distribution.read_text("RECORD") or ""
    own = ("direct_url.json,", "INSTALLER,", "REQUESTED,", "uv_cache.json,", "RECORD,")
    return sorted(
        line
        for line in text.splitlines()
        if ",sha256=" in line
        and not line.startswith("../")
        and not line.partition(".dist-info/")[2].startswith(own)
    )


def _describing(place: str) -> Iterator[str]:
    """Return what describes distributions in a directory of packages."""
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(place)):
            if name.endswith(_DESCRIBING):
                yield f"{place}/{name}"


def _times(watched: Mapping[str, Any]) -> Iterator[float]:
    return (known[1] / 1e9 for known in watched.values() if known)


def _ask(python: str, variables: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Any]:
    """Ask a Python where it looks for packages."""
    import subprocess

    given = {n: v for n, v in environ.items() if not n.startswith("PYTHON")} | dict(variables)
    try:
        ended = subprocess.run(
            [python, "-c", _PROGRAM],
            capture_output=True,
            timeout=60,
            check=True,
            env=given,
            cwd="/",
            stdin=subprocess.DEVNULL,
        )
        told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        raise InterpreterError(f"{python} does not say what is installed there: {error}") from error
    return told
