"""Warms a list of real projects for several Pythons, and checks every wheel that comes of it.

`wheelwell warm` is run twice with a list that is fixed (`benchmarks/warm/requirements.txt`): the
first run builds what it can, and tells why it cannot build the rest; the second must build nothing.
Then each wheel that was built is installed into a new environment of its Python, with nothing but
the directory of wheels that the warm-up collected, and the modules that it brings are imported.

    python benchmarks/proof_warm.py [--python 3.12]... [--only NAME]... [--directory DIR]

Needs the package index and a C and C++ compiler; takes about an hour on two cores. It ends with 1
where a wheel cannot be installed or imported, or the second run built something.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks import timing

LIST = Path(__file__).parent / "warm" / "requirements.txt"
PYTHONS = ("3.11", "3.12", "3.13")

UPSTREAM = (
    "cryptography",
    "grpcio",
    "numpy",
    "pandas",
    "python-dateutil",
    "pytz",
    "rapidfuzz",
    "scipy",
    "tzdata",
)
"""What is not built: large, or only needed beside."""

UNTOLD: Mapping[str, tuple[str, ...]] = {"ruamel-yaml-clib": ("ruamel.yaml",)}
"""What a project imports without saying so in its metadata, by the project."""

IMPORT = """\
import importlib, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    place = module.__file__ or list(module.__path__)[0]
    assert place.startswith(sys.prefix), place
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What came of one wheel."""

    wheel: Path
    python: str
    modules: tuple[str, ...]
    fault: str
    """Why it is no good; empty where it is."""


def main() -> int:
    """Warm twice, check, and print what came of it as Markdown; return the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="wheelwell-proof-") as made:
        place = Path(arguments.directory or made)
        place.mkdir(exist_ok=True)
        pythons = arguments.python or PYTHONS
        listed = _listed(place, arguments.only)
        runs = [_warm(place, name, listed, pythons) for name in ("first", "second")]
        checked = [*_check_all(place, runs[0])]
        _show(runs, checked)
    is_good = not runs[1]["counts"]["built"] and not any(each.fault for each in checked)
    return 0 if is_good else 1


def _listed(place: Path, only: Sequence[str] | None) -> Path:
    if not only:
        return LIST
    wanted = [line for line in LIST.read_text("utf-8").splitlines() if line.split("==")[0] in only]
    chosen = place / "requirements.txt"
    chosen.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
    return chosen


def _warm(place: Path, name: str, listed: Path, pythons: Sequence[str]) -> dict[str, Any]:
    """Run a warm-up, and return its report, with what the whole command took."""
    report = place / f"{name}.json"
    argv = [sys.executable, "-m", "wheelwell", "warm", "-r", str(listed), "--no-binary", ":all:"]
    argv += ["--only-binary", ",".join(UPSTREAM)]
    argv += [switch for python in pythons for switch in ("--python", python)]
    argv += ["--wheelhouse", str(place / "wheels"), "--cache-dir", str(place / "cache")]
    argv += ["--report", str(report), "--summary", str(report.with_suffix(".md"))]
    report.unlink(missing_ok=True)
    took = timing.call(lambda: subprocess.run(argv, check=False, stdin=subprocess.DEVNULL))
    return {**json.loads(report.read_text("utf-8")), "took": took}


# Checking.


def _check_all(place: Path, report: Mapping[str, Any]) -> Iterator[Checked]:
    """Check every wheel that was built, or served a second Python, for who asked for it."""
    found = [each for each in report["outcomes"] if each["result"] in {"built", "hit"}]
    with ThreadPoolExecutor() as executor:
        yield from executor.map(lambda each: _check(place, report, each), found)


def _check(place: Path, report: Mapping[str, Any], outcome: Mapping[str, Any]) -> Checked:
    wheel = place / "wheels" / outcome["wheel"]["filename"]
    python = report["pythons"][outcome["python"]]["executable"]
    modules = tuple(sorted(_modules(wheel)))
    with tempfile.TemporaryDirectory(dir=place, prefix="environment-") as environment:
        fault = _try(wheel, python, modules, Path(environment), outcome["wheel"]["name"])
    print(f"{wheel.name} for {outcome['python']}: {fault or 'good'}", file=sys.stderr, flush=True)
    return Checked(wheel=wheel, python=outcome["python"], modules=modules, fault=fault)


def _try(wheel: Path, python: str, modules: Sequence[str], environment: Path, name: str) -> str:
    """Install and import; return what is wrong, or nothing."""
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
    within = str(environment / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", within, "install", "--quiet"]
    offline = ["--no-index", "--find-links", str(wheel.parent), "--only-binary", ":all:"]
    commands = {
        "install": [*pip, *offline, str(wheel), *UNTOLD.get(name, ())],
        "import": [within, "-I", "-c", IMPORT, *modules],
    }
    for what, command in commands.items():
        done = subprocess.run(command, cwd=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{what}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}"
    return ""


def _modules(wheel: Path) -> set[str]:
    """Return the packages and modules at the top of what a wheel installs."""
    with zipfile.ZipFile(wheel) as archive:
        files = [PurePosixPath(name) for name in archive.namelist()]
    packages = {path.parent for path in files if path.name == "__init__.py"}
    tops = {each for each in packages if not packages.intersection(each.parents)}
    alone = {path for path in files if len(path.parts) == 1 and path.suffix in {".py", ".so"}}
    return {".".join(each.parts) for each in tops} | {each.name.split(".")[0] for each in alone}


# Showing.


def _show(runs: Sequence[Mapping[str, Any]], checked: Sequence[Checked]) -> None:
    """Print what came of it as Markdown."""
    first = runs[0]
    print(f"\n{len(first['outcomes'])} requests: {_backends(first)}.\n")
    for ordinal, run in zip(("first", "second"), runs, strict=True):
        counts = ", ".join(f"{count} {name}" for name, count in run["counts"].items() if count)
        took = f"{run['took'].wall:.0f} s, {run['took'].cpu:.0f} s of user and system time"
        spared = f"{run['seconds_saved'] / 60:.0f} minutes of builds"
        print(f"- The {ordinal} run: {counts}; {took}; whoever asks next is spared {spared}.")
    print("\n| Python | built | another build's | upstream's | failed | checked |")
    print("| --- | --- | --- | --- | --- | --- |")
    for python, told in first["pythons"].items():
        came = Counter(each["result"] for each in first["outcomes"] if each["python"] == python)
        good = sum(each.python == python and not each.fault for each in checked)
        counted = [came[each] for each in ("built", "hit", "upstream", "failed")]
        print(f"| {' | '.join(map(str, [told['version'], *counted, good]))} |")
    print("\n| failed | Python | kind | why | what would mend it |")
    print("| --- | --- | --- | --- | --- |")
    for cells, pythons in _failures(first).items():
        request, *others = cells
        print(f"| {' | '.join([request, ', '.join(pythons), *others])} |")
    for each in checked:
        if each.fault:
            print(f"\n**{each.wheel.name} for {each.python}: {each.fault}**")


def _backends(report: Mapping[str, Any]) -> str:
    """Say how many projects there are, and how many of them gave a native wheel."""
    outcomes = report["outcomes"]
    made = [each for each in outcomes if each["result"] in {"built", "hit"}]
    native = {x["request"] for x in made if not x["wheel"]["filename"].endswith("-none-any.whl")}
    projects = {each["request"] for each in outcomes}
    return f"{len(projects)} projects, {len(native)} of which gave a wheel of compiled code"


def _failures(report: Mapping[str, Any]) -> dict[tuple[str, ...], list[str]]:
    """Return the Pythons of each failure, by the cells of its row."""
    found: dict[tuple[str, ...], list[str]] = {}
    for each in report["outcomes"]:
        if each["result"] == "failed":
            first, *lines = each["error"]["message"].splitlines()
            why = lines[0].strip(" |") if lines else first
            cells = (f"`{each['request']}`", each["failure"], why, each["error"]["hint"])
            escaped = tuple(cell.replace("|", "\\|") for cell in cells)
            found.setdefault(escaped, []).append(each["python"])
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--python", action="append", metavar="X.Y", help="may repeat")
    parser.add_argument("--only", action="append", metavar="NAME", help="may repeat")
    parser.add_argument("--directory", help="where cache, wheels and reports are to stay")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
