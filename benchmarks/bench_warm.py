"""What it takes to warm a list of small C extensions, beside pip, uv and the bare hooks.

All take the same archives from one directory and ask no index; what each of them builds in begins
empty: pip and wheelwell have no cache at all, uv and the uv that wheelwell calls each have a copy
of one that holds the build requirements, and no wheel that was built. No compiler cache is on. uv
builds as many at once as it does by itself: `UV_CONCURRENT_BUILDS` is the number of cores.

The limit is what nobody can be faster than: the CPU seconds of the hooks alone, called one after
the other in environments that are ready, divided by the cores.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import pyproject_hooks
from benchmarks import timing
from benchmarks.world import PYTHON, World, uv, wheelwell, world

LIST = Path(__file__).parent / "warm" / "small.txt"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

LIMIT = f"limit: the hooks' CPU seconds / {CORES} cores"
HOOKS = f"bare hooks, {CORES} at once"
WARM, PIP, UV = "wheelwell warm", "pip wheel", "uv pip install"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A source whose hooks can be called at once."""

    sdist: Path
    python: str
    """That of an environment that holds all that it wants."""


def main() -> None:
    """Measure, and print."""
    warnings.simplefilter("ignore", pyproject_hooks.BuildBackendWarning)
    pins = [line for line in LIST.read_text("utf-8").splitlines() if "==" in line]
    with world("Warming a list of small C extensions.", rounds=3) as place:
        print(f"{len(pins)} sdists: {' '.join(pins)}\n", flush=True)
        links = place.fresh("links")
        place.environ.update(dict.fromkeys(("PIP_NO_INDEX", "UV_NO_INDEX", "CCACHE_DISABLE"), "1"))
        place.environ.update({name: str(links) for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")})
        sources = [_ready(place, links, pin) for pin in pins]
        bench = Bench(place, links, pins, sources)
        acts: dict[str, timing.Act] = {LIMIT: bench.limit, HOOKS: bench.hooks, WARM: bench.warm}
        acts |= {UV: bench.uv} if uv() else {}
        acts |= {PIP: bench.pip}
        show(timing.by_turns(acts, rounds=place.rounds, is_cold=False))


def show(samples: dict[str, list[timing.Sample]]) -> None:
    """Print a line a contender, and its ratios to the limit and to uv."""
    limit = timing.median(samples[LIMIT])
    theirs = timing.median(samples[UV]).wall if UV in samples else None
    rows = []
    for name, found in samples.items():
        usual = timing.median(found)
        seconds = (timing.least(found).wall, usual.wall, usual.cpu)
        ratios = (usual.wall / limit.wall, usual.wall / theirs if theirs else None)
        told = ["–" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        spent = f"{usual.cpu / limit.cpu:.2f}"
        rows.append([name, *(f"{each:.1f} s" for each in seconds), *told, spent])
    print(
        f"Medians of {len(samples[LIMIT])} rounds by turns. The aim is to be faster than uv, and "
        "1.15 times the limit;\nwhere others use the machine too, user and system time tell more."
    )
    head = ["", "wall min", "wall median", "user+sys", "÷ limit", "÷ uv", "user+sys ÷ limit's"]
    timing.show(head, rows)


class Bench:
    """The contenders, each of which begins without any wheel at every turn."""

    def __init__(
        self, place: World, links: Path, pins: Sequence[str], sources: Sequence[Ready]
    ) -> None:
        self._place = place
        self._links = links
        self._sources = sources
        self._count = len(pins)
        self._names = [pin.partition("==")[0] for pin in pins]
        self._took: dict[Path, float] = {}
        self._uv_cache = place.fresh("uv-cache")
        if uv():
            self._run_uv(self._uv_cache)
            for built in self._uv_cache.glob("sdists-v*"):
                shutil.rmtree(built)

    def limit(self) -> timing.Sample:
        """Call all hooks, one after the other."""
        for sdist, build in self._builds().items():
            self._took[sdist] = timing.call(build).cpu
        spent = sum(self._took.values())
        return timing.Sample(spent / CORES, spent)

    def hooks(self) -> timing.Sample:
        """Call all hooks, as many at once as there are cores, and the longest first."""
        builds = self._builds()
        longest = sorted(builds, key=lambda sdist: -self._took[sdist])

        def build_all() -> None:
            with ThreadPoolExecutor(CORES) as executor:
                for future in [executor.submit(builds[sdist]) for sdist in longest]:
                    future.result()

        return timing.call(build_all)

    def warm(self) -> timing.Sample:
        """Warm an empty cache."""
        self._place.fresh("home")
        switches = ("--no-index", "-f", str(self._links), "--no-binary", ",".join(self._names))
        argv = (*wheelwell(), "warm", "--quiet", "-r", str(LIST), *switches)
        sample = self._run(*argv, uv_cache=self._copied_uv_cache())
        return self._checked(sample, self._place.cache.glob("wheels-v1/*/*/*/*/*.whl"))

    def uv(self) -> timing.Sample:
        """Have uv build wheels, as many at once as it does, and unpack them."""
        return self._run_uv(self._copied_uv_cache())

    def pip(self) -> timing.Sample:
        """Have pip build wheels, one after the other, as it does."""
        into = self._place.fresh("from-pip")
        argv = [PYTHON, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "-r", str(LIST)]
        sample = self._run(*argv, "--no-binary", ",".join(self._names), "-w", str(into))
        return self._checked(sample, into.glob("*.whl"))

    def _run_uv(self, cache: Path) -> timing.Sample:
        into = self._place.fresh("from-uv")
        argv = [
            uv() or "uv",
            "pip",
            "install",
            "--no-index",
            "--no-deps",
            "--python",
            PYTHON,
            "-r",
            str(LIST),
        ]
        sdists = [switch for name in self._names for switch in ("--no-binary", name)]
        sample = self._run(*argv, *sdists, "--target", str(into), uv_cache=cache)
        return self._checked(sample, into.glob("*.dist-info"))

    def _run(self, *argv: str, uv_cache: Path | None = None) -> timing.Sample:
        environ = {**self._place.environ, "UV_CACHE_DIR": str(uv_cache or os.devnull)}
        os.sync()  # what the last one wrote is not this one's to wait for
        return timing.command(*argv, environ=environ, cwd=self._place.root)

    def _copied_uv_cache(self) -> Path:
        """Return a copy of uv's cache as it was: with build requirements, without built wheels."""
        into = self._place.fresh("uv-cache-now")
        return Path(shutil.copytree(self._uv_cache, into, symlinks=True, dirs_exist_ok=True))

    def _checked(self, sample: timing.Sample, wheels: Iterable[Path]) -> timing.Sample:
        if (found := len([*wheels])) != self._count:
            raise timing.Failed(f"{found} wheels instead of {self._count}")
        return sample

    def _builds(self) -> dict[Path, Callable[[], None]]:
        """Return what builds each source, of which it has a fresh copy."""
        into = self._place.fresh("bare")
        return {
            each.sdist: functools.partial(_build, self._place, each, _unpacked(each.sdist, into))
            for each in self._sources
        }


def _build(place: World, ready: Ready, source: Path) -> None:
    hooks = _hooks(place, source, ready.python)
    hooks.get_requires_for_build_wheel()
    hooks.build_wheel(str(source.parent))


def _ready(place: World, links: Path, pin: str) -> Ready:
    """Fetch a source and what it is built with, from the index that is set for pip here."""
    aside = place.fresh("fetched")
    _pip_download(aside, "--no-deps", "--no-binary", pin.partition("==")[0], pin)
    (fetched,) = aside.iterdir()
    sdist = fetched.rename(links / fetched.name)
    source = _unpacked(sdist, place.fresh("asked"))
    python = _environment(place, sdist.name, _build_system(source)["requires"], links)
    wanted = _hooks(place, source, python).get_requires_for_build_wheel()
    return Ready(sdist=sdist, python=_environment(place, sdist.name, wanted, links))


def _environment(place: World, name: str, requirements: Sequence[str], links: Path) -> str:
    """Return the Python of an environment of that name, which holds these too from now on."""
    path = place.root / "environments" / name
    if not path.exists():
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", path], check=True)
    python = str(path / "bin" / "python")
    if requirements:
        _pip_download(links, "--only-binary", ":all:", *requirements)
        argv = [PYTHON, "-m", "pip", "--python", python, "install", "--quiet", *requirements]
        subprocess.run(argv, env=place.environ, check=True)
        subprocess.run([python, "-m", "compileall", "-q", path / "lib"], check=False)  # all ready
    return python


def _pip_download(into: Path, *arguments: str) -> None:
    argv = [PYTHON, "-m", "pip", "download", "--quiet", "--dest", str(into), *arguments]
    subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)


def _unpacked(sdist: Path, into: Path) -> Path:
    """Return the top directory of a source, unpacked into a directory of its own."""
    place = into / sdist.name
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    (source,) = place.iterdir()
    return source


def _hooks(place: World, source: Path, python: str) -> pyproject_hooks.BuildBackendHookCaller:
    system = _build_system(source)
    return pyproject_hooks.BuildBackendHookCaller(
        str(source),
        system.get("build-backend", "setuptools.build_meta:__legacy__"),
        system.get("backend-path"),
        runner=functools.partial(_run_quietly, place),
        python_executable=python,
    )


def _build_system(source: Path) -> dict[str, Any]:
    """Return the table `build-system` (PEP 518), or what stands for one that is missing."""
    try:
        told = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        told = {}
    return dict(told.get("build-system", {"requires": ["setuptools"]}))


def _run_quietly(place: World, cmd: list[str], cwd: str, extra_environ: dict[str, str]) -> None:
    environ = {**place.environ, **extra_environ}
    subprocess.run(cmd, cwd=cwd, env=environ, check=True, capture_output=True)


if __name__ == "__main__":
    main()
