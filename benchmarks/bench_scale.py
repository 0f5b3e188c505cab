"""What a store of 100,000 entries costs, beside smaller ones: a hit, and looking after it."""

from __future__ import annotations

import functools
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.extend(f"{Path(__file__).parents[1]}{below}" for below in ("", "/tests"))

from benchmarks import timing
from benchmarks.filling import fill
from benchmarks.world import World, wheelwell, world

from support.projects import make_sdist, materialise
from wheelwell import load_configuration, open_cache
from wheelwell.cache import WheelCache

COUNTS = (10, 1_000, 10_000, 100_000)
BATCHES, BATCH = 20, 100

KEEPING = {
    "list": ["list"],
    "list of one project": ["list", "project-0"],
    "info": ["info"],
    "gc, a plan": ["gc", "--dry-run", "--limit", "1kB"],
    "stats": ["stats"],
}


def main() -> None:
    """Fill the stores, measure, and print."""
    with world("A store of many entries.", rounds=3) as place:
        sdist = make_sdist(materialise("pure", place.root), place.root)
        stores = {count: place.root / f"store-{count}" for count in COUNTS}
        for count, store in stores.items():
            took = timing.call(functools.partial(fill, store, count))
            print(f"{count:,} entries were made by a generator in {took.wall:.1f} s.", flush=True)
            with open_here(place, store) as cache:
                cache.get(str(sdist))
        print()
        measure_hits(place, stores, str(sdist))
        measure_commands(place, stores, str(sdist))
        measure_keeping(place, stores)


def open_here(place: World, store: Path) -> WheelCache:
    """Open a store with nobody's settings."""
    configuration = load_configuration(environ=place.environ, directory=str(place.root))
    return open_cache(store, configuration=configuration)


def measure_hits(place: World, stores: dict[int, Path], sdist: str) -> None:
    """Show what a hit takes in the library, in each store."""
    caches = {count: open_here(place, store) for count, store in stores.items()}
    acts: dict[str, Callable[[], object]] = {
        f"{count:,}": functools.partial(cache.lookup, sdist) for count, cache in caches.items()
    }
    taken = timing.each_call(acts, batches=BATCHES, size=BATCH)
    for cache in caches.values():
        cache.close()
    usual = {name: statistics.median(found) for name, found in taken.items()}
    unit = next(iter(usual.values()))
    print(f"A hit in the library: {BATCHES} batches of {BATCH} calls by turns.")
    rows = [[name, f"{each / 1000:.1f} µs", f"{each / unit:.2f}"] for name, each in usual.items()]
    timing.show(["entries", "median", "÷ the first"], rows)


def measure_commands(place: World, stores: dict[int, Path], sdist: str) -> None:
    """Show what a hit takes as a command, in each store."""
    acts = {
        f"{count:,}": functools.partial(_run, place, ["get", sdist, "--cache-dir", str(store)])
        for count, store in stores.items()
    }
    samples = timing.by_turns(acts, rounds=5 * place.rounds)
    print(f"The command `wheelwell get`, a hit: {5 * place.rounds} rounds by turns.")
    timing.show_samples(samples, base=next(iter(acts)))


def measure_keeping(place: World, stores: dict[int, Path]) -> None:
    """Show how long the keeper's commands take in each store, and how much memory."""
    for name, arguments in KEEPING.items():
        acts = {
            f"{count:,}": functools.partial(_run, place, [*arguments, "--cache-dir", str(store)])
            for count, store in stores.items()
        }
        samples = timing.by_turns(acts, rounds=place.rounds)
        print(f"The command `wheelwell {' '.join(arguments)}`: {name}.")
        rows = []
        for count, found in samples.items():
            usual = timing.median(found)
            each = usual.wall / int(count.replace(",", "")) * 1e6
            memory = max(sample.memory for sample in found) / 1e6
            rows.append([count, f"{usual.wall:.2f} s", f"{each:.0f} µs", f"{memory:.0f} MB"])
        timing.show(["entries", "wall median", "an entry", "memory at most"], rows)


def _run(place: World, arguments: list[str]) -> timing.Sample:
    return timing.command(*wheelwell(), *arguments, environ=place.environ, cwd=place.root)


if __name__ == "__main__":
    main()
