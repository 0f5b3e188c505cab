"""Tries real projects of the package index, and prints what happened as a Markdown table.

For every project and Python: the wheel is got with `wheelwell get` (and a second time, with
neither network nor build), is installed with pip into a new virtual environment, and all of its
extension modules are imported there, or its packages where it has none. For some, upstream's own
tests run against it. Where a build fails, pip builds the same archive: what fails with pip too is
upstream's or the machine's.

    python benchmarks/try_projects.py [--python 3.12]... [--only NAME]... [--beside-pip]

Needs the package index and a C and C++ compiler; takes about a quarter of an hour on two cores,
twice that with `--beside-pip`. It ends with 1 where anything went wrong that does not with pip.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks.projects import PROJECTS, Project

from wheelwell.sources.archive import unpack

PYTHONS = ("3.11", "3.12", "3.13")

IMPORT = """\
import importlib, importlib.machinery, json, sys
told = json.loads(sys.argv[1])
imported = 0
for path in told["native"]:
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        if path.endswith(suffix):
            importlib.import_module(path.removesuffix(suffix).replace("/", "."))
            imported += 1
            break
for name in told["names"]:
    module = importlib.import_module(name)
    assert module.__file__.startswith(sys.prefix), module.__file__
print(imported)
"""
"""Run in the environment of an installed wheel: imports its modules, counts the native ones."""


@dataclass(kw_only=True, slots=True)
class Trial:
    """What happened to one project on one Python."""

    project: Project
    python: str
    """Its version, as it was asked for."""

    told: dict[str, Any]
    """What `wheelwell get --json` printed."""

    record: dict[str, Any] = field(default_factory=dict)
    backend: str = ""
    again: str = "–"
    installed: str = "–"
    imported: str = "–"
    tests: str = "–"
    pip: str = "–"
    """What pip makes of the same archive, where that was asked."""

    faults: list[str] = field(default_factory=list)
    """What is wheelwell's to answer for."""

    def row(self) -> str:
        """Return this as a line of the table."""
        name = self.told.get("filename", "")
        tags = "-".join(name.removesuffix(".whl").split("-")[-3:])
        seconds = f"{self.told['seconds']:.1f}" if "seconds" in self.told else ""
        cells = (
            self.project.request,
            self.backend,
            self.python,
            self.told["origin"],
            seconds,
            tags,
            self.told.get("degraded", ""),
            self.installed,
            self.imported,
            self.again,
            self.tests,
            self.pip,
        )
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| project | backend | Python | origin | seconds | tags | degraded | installed | imported "
    "| again | upstream's tests | pip |\n" + "| --- " * 12 + "|"
)


def get(project: Project, pythons: Sequence[str], *more: str) -> Iterator[dict[str, Any]]:
    """Yield what `wheelwell get` tells of a project, once for each Python."""
    switches = [switch for python in pythons for switch in ("--python", python)]
    command = [sys.executable, "-m", "wheelwell", "get", project.request, "--json", *switches]
    command += project.switches
    ended = subprocess.run([*command, *more], stdout=subprocess.PIPE, text=True, check=False)
    told = ended.stdout.splitlines()
    if len(told) != len(pythons):
        sys.exit(f"wheelwell did not answer for every Python: {project.request}")
    yield from map(json.loads, told)


def try_project(
    project: Project, pythons: Sequence[str], cache: Path, *, beside_pip: bool
) -> Iterator[Trial]:
    """Yield what happens to a project on each Python."""
    first = [*get(project, pythons)]
    second = [*get(project, pythons, "--offline", "--no-build")]
    for python, told, again in zip(pythons, first, second, strict=True):
        trial = Trial(project=project, python=python, told=told)
        with tempfile.TemporaryDirectory() as scratch:
            if told["origin"] == "failed":
                _explain_failure(trial, cache, Path(scratch))
            else:
                _try_wheel(trial, again, cache, Path(scratch), beside_pip=beside_pip)
        yield trial


def _try_wheel(
    trial: Trial, again: dict[str, Any], cache: Path, scratch: Path, *, beside_pip: bool
) -> None:
    wheel = Path(trial.told["path"])
    trial.record = json.loads((wheel.parents[1] / "record.json").read_text("utf-8"))
    sdist = _sdist(cache, trial.record["inputs"]["source"]["sha256"])
    trial.backend = _backend(sdist, scratch)
    hit = again["origin"] == "local" and again["path"] == trial.told["path"]
    trial.again = f"hit, {again['seconds'] * 1000:.1f} ms" if hit else _fault(trial, "no hit")
    if bool(trial.record["native"]) != trial.project.native:
        _fault(trial, f"its native files are {trial.record['native']}")
    python = _new_environment(trial.told["python"], scratch / "environment")
    needs = trial.project.tests.needs if trial.project.tests else ()
    trial.installed = _installed(trial, python, wheel, (*trial.project.needs, *needs))
    if trial.installed == "yes":
        trial.imported = _imported(trial, python, scratch)
        trial.tests = _tested(trial, python, sdist, scratch)
    if beside_pip:
        trial.pip = _compared(trial, sdist, wheel, scratch)


def _explain_failure(trial: Trial, cache: Path, scratch: Path) -> None:
    """Say whether pip, too, fails with the archive that could not be built."""
    _show(f"{trial.project.request}, Python {trial.python}: {trial.told['error']['message']}")
    name = trial.project.request.partition("==")[0]
    sdist = next((each for each in cache.glob("sources-v1/*/*") if _is_of(each, name)), None)
    if sdist is None:
        _fault(trial, "there is no archive")
        return
    trial.backend = _backend(sdist, scratch)
    python = _which(trial.python)
    built = _built_by_pip(trial, python, sdist, scratch / "pip")
    trial.pip = "fails too" if built is None else _fault(trial, "builds it")


def _fault(trial: Trial, what: str) -> str:
    trial.faults.append(what)
    return f"**{what}**"


def _is_of(sdist: Path, name: str) -> bool:
    plain = sdist.name.lower().replace("_", "-").replace(".", "-")
    return plain.startswith(name.lower().replace("_", "-").replace(".", "-") + "-")


def _sdist(cache: Path, sha256: str) -> Path:
    (sdist,) = (cache / "sources-v1" / sha256).iterdir()
    return sdist


def _backend(sdist: Path, scratch: Path) -> str:
    """Return the build backend that an archive declares."""
    pyproject = _unpacked(sdist, scratch) / "pyproject.toml"
    if not pyproject.exists():
        return "(none: `setup.py`)"
    system = tomllib.loads(pyproject.read_text("utf-8")).get("build-system", {})
    if "backend-path" in system:
        return f"`{system['build-backend']}`, its own"
    return f"`{system['build-backend']}`" if "build-backend" in system else "(none named)"


def _unpacked(sdist: Path, scratch: Path) -> Path:
    """Return the top directory of an archive, unpacked below `scratch` once."""
    place = scratch / "sdist"
    return next(place.iterdir()) if place.exists() else unpack(sdist, place)


def _new_environment(python: str, path: Path) -> str:
    subprocess.run([python, "-m", "venv", "--without-pip", path], check=True)
    return str(path / "bin" / "python")


def _installed(trial: Trial, python: str, wheel: Path, needs: Sequence[str]) -> str:
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    return _judged(trial, [*command, str(wheel), *needs], "pip refuses it", cwd=wheel.parent)


def _imported(trial: Trial, python: str, scratch: Path) -> str:
    native = trial.record["native"] if trial.project.alone else []
    told = {"native": native, "names": trial.project.imports}
    command = [python, "-I", "-c", IMPORT, json.dumps(told)]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        _show(done.stderr)
        return _fault(trial, "no")
    count = int(done.stdout)
    if trial.project.native and trial.project.alone and not count:
        return _fault(trial, "no extension module")
    modules = "module" if count == 1 else "modules"
    return f"{count} extension {modules}" if count else "its packages"


def _tested(trial: Trial, python: str, sdist: Path, scratch: Path) -> str:
    """Run upstream's tests away from upstream's sources: what is imported is what is installed."""
    tests = trial.project.tests
    if tests is None:
        return "–"
    place = scratch / "tests"
    place.mkdir()
    for name in tests.copied:
        origin, target = _unpacked(sdist, scratch) / name, place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if origin.is_dir() else shutil.copyfile)(origin, target)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests.arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
    summary = last[0].strip("= ").partition(" in ")[0]
    if done.returncode:
        _show(done.stdout[-3000:] + done.stderr)
        return _fault(trial, summary)
    return summary


def _compared(trial: Trial, sdist: Path, wheel: Path, scratch: Path) -> str:
    """Say whether pip builds a wheel with the same name and the same files."""
    theirs = _built_by_pip(trial, trial.told["python"], sdist, scratch / "pip")
    if theirs is None:
        return "fails"
    reused = trial.told["origin"] == "local"  # from another Python, whose tag it may bear
    if theirs.name != wheel.name and not reused:
        return _fault(trial, f"names it {theirs.name}")
    differing = _files(theirs) ^ _files(wheel)
    return "the same files" if not differing else _fault(trial, f"differs: {sorted(differing)}")


def _built_by_pip(trial: Trial, python: str, sdist: Path, into: Path) -> Path | None:
    """Have pip build an archive, with the same settings; None where it fails."""
    environment = _new_environment(python, into / "environment")
    switches = [*zip(trial.project.switches[::2], trial.project.switches[1::2], strict=True)]
    settings = [each for name, value in switches if name == "-C" for each in (name, value)]
    variables = dict(value.split("=", 1) for name, value in switches if name == "--env")
    command = [sys.executable, "-m", "pip", "--python", environment, "wheel", "--no-deps"]
    command += ["--no-cache-dir", "--quiet", *settings, "--wheel-dir", str(into), str(sdist)]
    environ = os.environ | variables
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        _show(done.stderr[-2000:])
        return None
    return next(into.glob("*.whl"))


def _files(wheel: Path) -> set[str]:
    """Return the names of a wheel's files, directories left out."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def _judged(trial: Trial, command: Sequence[str], fault: str, *, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        _show(done.stderr)
        return _fault(trial, fault)
    return "yes"


def _which(python: str) -> str:
    """Return the path of a Python, as wheelwell finds it."""
    pure = next(project for project in PROJECTS if not project.native)
    (told,) = get(pure, [python])
    return str(told["python"])


def _show(text: str) -> None:
    print(text.rstrip(), file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--python", action="append", metavar="X.Y", help="may repeat")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="this, or NAME==VERSION (may repeat)"
    )
    parser.add_argument(
        "--beside-pip", action="store_true", help="have pip build each too, and compare"
    )
    return parser.parse_args()


def main() -> int:
    """Try all that is asked for; return the exit code."""
    arguments = _arguments()
    wanted = arguments.only or [each.request for each in PROJECTS]
    faults = []
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["WHEELWELL_CACHE_DIR"] = cache
        for project in PROJECTS:
            if not {project.request, project.request.partition("==")[0]} & {*wanted}:
                continue
            pythons = arguments.python or PYTHONS
            for trial in try_project(
                project, pythons, Path(cache), beside_pip=arguments.beside_pip
            ):
                print(trial.row(), flush=True)
                faults += [f"{project.request}, {trial.python}: {each}" for each in trial.faults]
    _show("\n".join(["", *faults, f"{len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
