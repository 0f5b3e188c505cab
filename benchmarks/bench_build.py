"""What a build costs above its bare hooks, in the library and as a whole command, and where."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import statistics
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.extend(f"{Path(__file__).parents[1]}{below}" for below in ("", "/tests"))

import pyproject_hooks
from benchmarks import imports, timing
from benchmarks.world import PYTHON, World, uv, wheelwell, world

from support.projects import make_sdist, materialise
from wheelwell import load_configuration, open_cache
from wheelwell.builder import builder, environment, recording
from wheelwell.builder.environment import Environments
from wheelwell.builder.supervised import Supervised
from wheelwell.cache import WheelCache
from wheelwell.sources.resolve import Sources
from wheelwell.store import publish, slots

FILES, SIZE = 2000, 10_000
"""How many files, of how many bytes, the large source has beside its code."""

BARE, LIBRARY, COMMAND = "bare hooks", "cache.get(rebuild=True)", "wheelwell get --rebuild"

HOOKS, REST = "run the hooks", "all else"
STEPS: tuple[tuple[Any, str, str], ...] = (
    (WheelCache, "_plan", "find the source and the key"),
    (Sources, "acquire", "copy the source"),
    (Supervised, "__enter__", "start the supervisor"),
    (Supervised, "run", HOOKS),
    (Supervised, "__exit__", "end the supervisor"),
    (Environments, "prepare", "find the environment"),
    (environment, "fingerprint", "look whether it was changed"),
    (builder, "check", "check the wheel"),
    (recording, "record_of", "record"),
    (publish, "publish", "publish"),
    (os, "fsync", "wait for the disk"),
    (slots, "_empty", "empty the slot"),
)
"""The steps of a build that are timed, each without those inside it."""


def main() -> None:
    """Measure, and print."""
    with world("A build.", rounds=10) as place:
        links = place.fresh("links")
        place.environ.update(dict.fromkeys(("PIP_NO_INDEX", "UV_NO_INDEX"), "1"))
        place.environ.update({name: str(links) for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")})
        for project in ("pure", "c-extension"):
            tree = materialise(project, place.root)
            measure(place, project, make_sdist(tree, place.root / "sdists"), _environment(place))
        title = f"pure, with {FILES} files of {SIZE} bytes"
        measure(place, title, _large_sdist(place), _environment(place))
        if _fetch_setuptools(links):
            ready = _environment(place, "setuptools")
            measure(place, "C extension with setuptools", _setuptools_sdist(place), ready)
        else:
            print("A build with setuptools: skipped, pip could not fetch it here.\n")
        get = [*wheelwell(), "get", "--rebuild", str(place.root / "sdists" / "pure-1.0.tar.gz")]
        imports.show(imports.of(place, get))


def measure(place: World, title: str, sdist: Path, python: str) -> None:
    """Show what building one sdist takes; `python` is that of its ready environment."""
    configuration = load_configuration(environ=place.environ, directory=str(place.root))
    with open_cache(place.cache, configuration=configuration) as cache:
        cache.get(str(sdist))  # makes the environment ready
        clock = Stopwatch()
        samples = timing.by_turns(
            {
                BARE: functools.partial(_bare, place, sdist, python),
                LIBRARY: functools.partial(_library, cache, sdist, clock),
                COMMAND: functools.partial(_command, place, "get", "--rebuild", str(sdist)),
                "pip wheel --no-cache-dir": functools.partial(_pip, place, sdist),
                **({"uv build --wheel": functools.partial(_uv, place, sdist)} if uv() else {}),
            },
            rounds=place.rounds,
        )
    print(f"{title}: {place.rounds} rounds by turns.")
    timing.show_samples(samples, base=BARE)
    _show_steps(samples, clock)


def _show_steps(samples: dict[str, list[timing.Sample]], clock: Stopwatch) -> None:
    bare, *others = samples
    rows = [[name, *_above(samples[name], samples[bare])] for name in others]
    print(f"Above the {bare}; the goal is 0.3 s of wall time on an idle core.")
    timing.show(["", "wall min", "wall median", "user+sys median"], rows)
    steps = {label: statistics.median(run[label] for run in clock.runs) for label in clock.runs[0]}
    steps[HOOKS] -= timing.median(samples[bare]).wall
    rows = [[label, f"{took * 1000:.1f} ms"] for label, took in steps.items()]
    print(f"Where {LIBRARY} spends its time (wall, medians); of its hooks, above {BARE}.")
    timing.show(["", "took"], rows)


def _above(act: list[timing.Sample], bare: list[timing.Sample]) -> list[str]:
    found = [
        timing.least(act).wall - timing.least(bare).wall,
        timing.median(act).wall - timing.median(bare).wall,
        timing.median(act).cpu - timing.median(bare).cpu,
    ]
    return [f"{took:.3f} s" for took in found]


# The acts.


def _bare(place: World, sdist: Path, python: str) -> timing.Sample:
    """Call the hooks, in a fresh copy of the source."""
    into = place.fresh("bare")
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    (source,) = into.iterdir()
    system = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["build-system"]
    hooks = pyproject_hooks.BuildBackendHookCaller(
        str(source),
        system["build-backend"],
        system.get("backend-path"),
        runner=functools.partial(_run_quietly, place),
        python_executable=python,
    )

    def call() -> None:
        hooks.get_requires_for_build_wheel()
        hooks.build_wheel(str(into))

    return timing.call(call)


def _run_quietly(place: World, cmd: list[str], cwd: str, extra_environ: dict[str, str]) -> None:
    subprocess.run(
        cmd, cwd=cwd, env={**place.environ, **extra_environ}, check=True, capture_output=True
    )


def _library(cache: WheelCache, sdist: Path, clock: Stopwatch) -> timing.Sample:
    return clock.measure(lambda: cache.get(str(sdist), rebuild=True))


def _command(place: World, *arguments: str) -> timing.Sample:
    return timing.command(*wheelwell(), *arguments, environ=place.environ, cwd=place.root)


def _pip(place: World, sdist: Path) -> timing.Sample:
    argv = [PYTHON, "-m", "pip", "wheel", "--no-cache-dir", "--no-deps"]
    into = str(place.fresh("from-pip"))
    return timing.command(*argv, "-w", into, sdist, environ=place.environ, cwd=place.root)


def _uv(place: World, sdist: Path) -> timing.Sample:
    argv = [uv() or "uv", "build", "--wheel", "--no-index", "--python", PYTHON]
    into = str(place.fresh("from-uv"))
    return timing.command(*argv, "--out-dir", into, sdist, environ=place.environ, cwd=place.root)


# What is built.


def _environment(place: World, *requirements: str) -> str:
    """Make an environment, and return its Python."""
    path = place.fresh("environment")
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", path], check=True)
    python = str(path / "bin" / "python")
    if requirements:
        argv = [PYTHON, "-m", "pip", "--python", python, "install", "--quiet", *requirements]
        subprocess.run(argv, env=place.environ, check=True)
    return python


def _large_sdist(place: World) -> Path:
    tree = materialise("pure", place.fresh("large"), project={"name": "large"})
    (tree / "pure").rename(tree / "large")
    (tree / "data").mkdir()
    chance = random.Random(0)
    for number in range(FILES):
        (tree / "data" / f"{number}.txt").write_text(chance.randbytes(SIZE // 2).hex())
    return make_sdist(tree, place.root / "sdists")


_PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_SETUP = """\
from setuptools import Extension, setup

answer = Extension("c_extension._answer", ["c_extension/_answer.c"])
setup(name="set-up", version="1.0", packages=["c_extension"], ext_modules=[answer])
"""


def _setuptools_sdist(place: World) -> Path:
    tree = materialise("c-extension", place.fresh("setuptools"))
    (tree / "pyproject.toml").write_text(_PYPROJECT)
    (tree / "setup.py").write_text(_SETUP)
    return make_sdist(tree, place.root / "sdists", name="set-up", version="1.0")


def _fetch_setuptools(into: Path) -> bool:
    """Say whether setuptools could be had from the index that is set for pip here."""
    argv = [PYTHON, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "-d", str(into)]
    ended = subprocess.run([*argv, "setuptools"], capture_output=True, check=False)
    return ended.returncode == 0


# Timing steps.


class Stopwatch:
    """Times the steps of builds, each without the steps inside it."""

    def __init__(self) -> None:
        self.runs: list[dict[str, float]] = []
        self._inner: list[float] = []

    def measure(self, function: Callable[[], object]) -> timing.Sample:
        """Time a build as a whole, and its steps."""
        self.runs.append(dict.fromkeys((step[2] for step in STEPS), 0.0))
        with contextlib.ExitStack() as patches:
            for owner, name, label in STEPS:
                timed = self._timed(getattr(owner, name), label)  # fails where a step was renamed
                patches.enter_context(mock.patch.object(owner, name, timed))
            sample = timing.call(function)
        self.runs[-1][REST] = sample.wall - sum(self.runs[-1].values())
        return sample

    def _timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                took = time.perf_counter() - began
                self.runs[-1][label] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return timed


if __name__ == "__main__":
    main()
