"""What a Python program imports, and what that takes, as the interpreter itself tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

from benchmarks import timing
from benchmarks.world import PYTHON, World

_STATEMENT = "try: import {}\nexcept ImportError: pass\n"  # it tells of what is not there, too
_SHOWN = 12


def of(place: World, argv: Sequence[str]) -> dict[str, int]:
    """Return the modules that a program imports beyond a bare interpreter's, and microseconds.

    Those are without the modules below; `-X importtime` adds a little to each.
    """
    bare = _imports(place, [PYTHON, "-c", "pass"])
    return {name: took for name, took in _imports(place, argv).items() if name not in bare}


def program(found: Mapping[str, int]) -> list[str]:
    """Return a program that imports those modules, and does nothing else."""
    return [PYTHON, "-c", "".join(map(_STATEMENT.format, found))]


def show(found: Mapping[str, int]) -> None:
    """Print where the modules are from, and which take longest."""
    by_origin: dict[str, list[int]] = {}
    for name, took in found.items():
        by_origin.setdefault(_origin(name), []).append(took)
    rows = [[origin, str(len(all_)), _ms(sum(all_))] for origin, all_ in sorted(by_origin.items())]
    dearest = sorted(found.items(), key=lambda each: -each[1])[:_SHOWN]
    rows += [[f"  {name}", "", _ms(took)] for name, took in dearest]
    print("Imports beyond the interpreter's own, once, and the dearest (-X importtime).")
    timing.show(["", "modules", "took"], rows)


def _imports(place: World, argv: Sequence[str]) -> dict[str, int]:
    rest = argv[1:] if argv[0] == PYTHON else argv
    ended = subprocess.run(
        [PYTHON, "-X", "importtime", *rest],
        env=place.environ,
        cwd=place.root,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.removeprefix("import time:") for line in ended.stderr.splitlines()]
    fields = [line.split("|") for line in lines if line.count("|") == 2]
    return {name.strip(): int(took) for took, _, name in fields if took.strip().isdigit()}


def _origin(name: str) -> str:
    top = name.partition(".")[0]
    if top == "wheelwell":
        return "wheelwell"
    return "standard library" if top in sys.stdlib_module_names else "third party"


def _ms(microseconds: int) -> str:
    return f"{microseconds / 1000:.1f} ms"
