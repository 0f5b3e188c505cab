"""What a hit costs, in the library and as a whole command, beside pip's and uv's own hits."""

from __future__ import annotations

import functools
import os
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.extend(f"{Path(__file__).parents[1]}{below}" for below in ("", "/tests"))

from benchmarks import imports, timing
from benchmarks.world import PYTHON, World, uv, wheelwell, world

from support.index import IndexServer
from support.processes import strace
from support.projects import make_sdist, materialise
from wheelwell import load_configuration, open_cache
from wheelwell.cache import WheelCache

BATCHES, BATCH = 20, 100
OPENINGS = 50


def main() -> None:
    """Measure, and print."""
    with world("A hit.", rounds=20) as place, IndexServer() as index:
        for project in ("pure", "c-extension"):
            index.add(make_sdist(materialise(project, place.root), place.root / "sdists"))
        get = [*wheelwell(), "get", "--index-url", index.url, "pure==1.0"]
        measure_library(place, index.url)
        measure_commands(place, index.url, get)
        measure_parts(place, get)
        measure_system_calls(place, get)


# In the library.


def measure_library(place: World, index: str) -> None:
    """Show what one call takes, and the first one after opening a cache."""
    open_here = _opener(place, index)
    sdist = str(place.root / "sdists" / "pure-1.0.tar.gz")
    with open_here() as cache:
        wheel = cache.get("pure==1.0").path
        hits = {
            "pin": "pure==1.0",
            "pin of a C extension": "c-extension==1.0",
            "sdist by path": sdist,
            "small directory": str(place.root / "pure"),
        }
        acts: dict[str, Callable[[], object]] = {"os.stat": functools.partial(os.stat, wheel)}
        for name, request in hits.items():
            cache.get(request)
            acts[name] = functools.partial(_hit, cache, request)
        taken = timing.each_call(acts, batches=BATCHES, size=BATCH)
    openings = [_open_and_hit(open_here) for _ in range(OPENINGS + 1)][1:]
    rows = [_quantiles(name, found) for name, found in taken.items()]
    rows.append(_quantiles("open_cache(), then a pin", openings))
    print(f"In the library, one process: {BATCHES} batches of {BATCH} calls; the goal is 100 µs.")
    timing.show(["", "median", "99 %", "÷ os.stat"], _against(rows))


def _opener(place: World, index: str) -> Callable[[], WheelCache]:
    environ = {**place.environ, "WHEELWELL_INDEX_URL": index}

    def open_here() -> WheelCache:
        configuration = load_configuration(environ=environ, directory=str(place.root))
        return open_cache(place.cache, configuration=configuration)

    return open_here


def _hit(cache: WheelCache, request: str) -> None:
    if cache.lookup(request) is None:
        raise timing.Failed(f"{request} is no hit")


def _open_and_hit(open_here: Callable[[], WheelCache]) -> int:
    with open_here() as cache:
        return round(timing.call(lambda: _hit(cache, "pure==1.0")).wall * 1e9)


def _quantiles(name: str, nanoseconds: Sequence[int]) -> tuple[str, float, float]:
    last = statistics.quantiles(nanoseconds, n=100)[-1]
    return name, statistics.median(nanoseconds) / 1000, last / 1000


def _against(rows: Sequence[tuple[str, float, float]]) -> list[list[str]]:
    unit = rows[0][1]
    return [
        [name, f"{usual:.1f} µs", f"{last:.1f} µs", f"{usual / unit:.0f}"]
        for name, usual, last in rows
    ]


# The whole command.


def measure_commands(place: World, index: str, get: Sequence[str]) -> None:
    """Show the command beside an interpreter that does nothing, and pip's and uv's hits."""
    acts: dict[str, timing.Act] = {
        "python -c pass": functools.partial(_run, place, [PYTHON, "-c", "pass"]),
        "wheelwell get": functools.partial(_run, place, get),
        "pip wheel": functools.partial(_pip, place, index),
    }
    if tool := uv():
        acts["uv pip install --target"] = functools.partial(_uv, place, index, tool)
    samples = timing.by_turns(acts, rounds=place.rounds)
    print(f"The whole command, {place.rounds} rounds by turns; the goal is 80 ms on an idle core.")
    timing.show_samples(samples, base="python -c pass")


def _run(place: World, argv: Sequence[str]) -> timing.Sample:
    return timing.command(*argv, environ=place.environ, cwd=place.root)


def _pip(place: World, index: str) -> timing.Sample:
    switches = ["--no-deps", "--no-binary", ":all:", "--index-url", index]
    into = place.fresh("from-pip")
    return _run(place, [PYTHON, "-m", "pip", "wheel", *switches, "-w", str(into), "pure==1.0"])


def _uv(place: World, index: str, tool: str) -> timing.Sample:
    switches = ["--no-deps", "--no-binary", ":all:", "--default-index", index, "--python", PYTHON]
    into = place.fresh("from-uv")
    return _run(place, [tool, "pip", "install", *switches, "--target", str(into), "pure==1.0"])


# Where the command's time goes.


def measure_parts(place: World, get: Sequence[str]) -> None:
    """Show what starting, importing and answering take, then the imports by where they are from."""
    imported = imports.of(place, get)
    programs = {
        "start": [PYTHON, "-c", "pass"],
        "imports": imports.program(imported),
        "all": get,
    }
    samples = timing.by_turns(
        {name: functools.partial(_run, place, argv) for name, argv in programs.items()},
        rounds=place.rounds,
    )
    cpu = {name: timing.median(found).cpu for name, found in samples.items()}
    parts = {
        "the interpreter starts": cpu["start"],
        "imports": cpu["imports"] - cpu["start"],
        "reads its arguments and settings, answers, ends": cpu["all"] - cpu["imports"],
        "in all": cpu["all"],
    }
    print("Where the command's time goes (user+sys, medians).")
    rows = [
        [name, f"{took * 1000:.1f} ms", f"{took / cpu['all']:.0%}"] for name, took in parts.items()
    ]
    timing.show(["", "took", "share"], rows)
    imports.show(imported)


# System calls.

KINDS = {
    "open": {"open", "openat"},
    "stat, access, readlink": {"stat", "lstat", "newfstatat", "statx", "access", "readlink"},
    "list a directory": {"getdents64"},
    "start a process or thread": {"fork", "vfork", "clone", "clone3"},
    "connect": {"connect"},
}


def measure_system_calls(place: World, get: Sequence[str]) -> None:
    """Show what a hit asks of the kernel, beside what an interpreter that does nothing does."""
    try:
        traces = [strace(argv, place.environ, "all") for argv in ([PYTHON, "-c", "pass"], get)]
    except (AssertionError, OSError) as error:
        print(f"System calls: skipped, strace does not work here: {error}")
        return
    counts = [Counter(map(_call, lines)) for lines in traces]
    rows = [["all", *(str(count.total()) for count in counts)]]
    for kind, names in KINDS.items():
        rows.append([kind, *(str(sum(count[name] for name in names)) for count in counts)])
    print("System calls; the goal is no process, no connection, one entry's directory.")
    timing.show(["", "python -c pass", "wheelwell get"], rows)
    wheels = f"{place.cache}/wheels-v1/"
    there = [line for line in traces[1] if wheels in line]
    entries = {tuple(line.partition(wheels)[2].split("/")[:3]) for line in there}
    entries = {each for each in entries if len(each) == 3}
    print(f"  Entries touched: {len(entries)}, by {', '.join(map(_call, there))}.")


def _call(line: str) -> str:
    """Return the name of the call in a line such as `1234 openat(AT_FDCWD, …`."""
    return line.partition("(")[0].split()[-1]


if __name__ == "__main__":
    main()
