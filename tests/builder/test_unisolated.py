"""Without isolation a build runs in the environment that was asked for, and leaves it as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.builds import Facts
from support.projects import make_wheel, materialise
from wheelwell.builder.interpreters import Interpreters
from wheelwell.errors import EnvironmentFailed
from wheelwell.settings import Settings

UNISOLATED = Settings(is_isolated=False)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment that holds `helper` 1.5."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    install(environment, "helper", "1.5")
    return environment


def install(environment: Path, name: str, version: str) -> None:
    (packages,) = environment.glob("lib/python*/site-packages")
    files = {f"{name}.py": f"VALUE = {version!r}\n".encode()}
    with zipfile.ZipFile(make_wheel(environment, name, version, files=files)) as wheel:
        wheel.extractall(packages)


def files(top: Path) -> dict[str, tuple[int, int]]:
    """Return every file below a directory, with its size and time."""
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in top.rglob("*")}


def told(wheel: wheelwell.Wheel, name: str) -> dict[str, Any]:
    with zipfile.ZipFile(wheel.path) as archive:
        found: dict[str, Any] = json.loads(archive.read(f"environ_shown/_{name}.json"))
    return found


def test_the_environments_own_python_runs_the_hooks_with_its_packages(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    requires = {"requires": ["helper>=1"]}
    tree = materialise(
        "environ-shown",
        tmp_path,
        build_system=requires,
        show_world=True,
        show_modules=["helper"],  # imported, which may leave byte code
    )
    before = files(environment)
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(tree), interpreter=str(environment), settings=UNISOLATED)
    assert told(wheel, "call")["python"] == str(environment / "bin" / "python")
    assert told(wheel, "world")["installed"] == {"helper": "1.5"}
    variables = told(wheel, "environ")
    assert variables["VIRTUAL_ENV"] == str(environment)
    assert variables["PATH"].split(os.pathsep)[0] == str(environment / "bin")
    assert wheel.record is not None
    assert wheel.record.inputs["settings"]["isolation"] == "off"
    assert wheel.record.inputs["settings"]["installed"] == {"helper": "1.5"}
    assert wheel.record.observed.requirements == {"helper": "1.5"}
    assert "no isolation" in wheel.record.observed.frontend
    assert files(environment) == before


def test_two_environments_with_the_same_packages_share_a_wheel(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    tree = materialise("environ-shown", tmp_path)
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(other)], check=True)
    install(other, "helper", "1.5")
    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(str(tree), interpreter=str(environment), settings=UNISOLATED)
        assert cache.get(str(tree), interpreter=str(other), settings=UNISOLATED).key == first.key


@pytest.mark.parametrize(
    ("requires", "missing"),
    [
        (["absent"], "absent"),
        (["helper>=2"], "helper>=2 (there is 1.5)"),
        (["helper", "absent[x]<3", "helper!=1.5"], "absent[x]<3, helper!=1.5 (there is 1.5)"),
    ],
)
def test_a_requirement_that_is_not_there_is_named(
    tmp_path: Path, cache_dir: Path, environment: Path, requires: list[str], missing: str
) -> None:
    tree = materialise("environ-shown", tmp_path, build_system={"requires": requires})
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(EnvironmentFailed) as caught:
        cache.get(str(tree), interpreter=str(environment), settings=UNISOLATED)
    assert caught.value.message.endswith(f"and does not: {missing}")
    assert f"{environment}/bin/python -m pip install " in caught.value.hint


def test_what_the_backend_wants_besides_must_be_there_too(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    tree = materialise("environ-shown", tmp_path, requires=["absent"])
    with (
        wheelwell.open_cache(cache_dir) as cache,
        pytest.raises(EnvironmentFailed, match="does not: absent"),
    ):
        cache.get(str(tree), interpreter=str(environment), settings=UNISOLATED)


def test_a_marker_that_does_not_hold_wants_nothing(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    requires = {"requires": ["absent; python_version < '3'"]}
    tree = materialise("environ-shown", tmp_path, build_system=requires)
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(tree), interpreter=str(environment), settings=UNISOLATED)


def test_what_is_there_must_meet_the_constraints(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    tree = materialise("environ-shown", tmp_path, build_system={"requires": ["helper"]})
    settings = Settings(is_isolated=False, constraints=("helper<1", "unrelated<1"))
    with (
        wheelwell.open_cache(cache_dir) as cache,
        pytest.raises(EnvironmentFailed, match=r"does not: helper<1 \(there is 1.5\)$"),
    ):
        cache.get(str(tree), interpreter=str(environment), settings=settings)


class _Installing(wheelwell.Reporter):
    """Installs something while a build runs."""

    def __init__(self, environment: Path) -> None:
        self.environment = environment

    def began(self, step: str, subject: str) -> None:
        if step == "building":
            install(self.environment, "late", "1.0")


def test_an_environment_that_changes_during_the_build_gives_no_wheel(
    tmp_path: Path, cache_dir: Path, environment: Path
) -> None:
    tree = materialise("environ-shown", tmp_path)
    with (
        wheelwell.open_cache(cache_dir) as cache,
        pytest.raises(EnvironmentFailed, match="changed meanwhile"),
    ):
        cache.get(
            str(tree),
            interpreter=str(environment),
            settings=UNISOLATED,
            reporter=_Installing(environment),
        )
    assert not list(cache_dir.glob("wheels-v1/**/*.whl"))


@pytest.mark.parametrize(
    "wanted",
    [str, lambda path: str(path / "bin" / "python"), lambda _: "python"],
    ids=["directory", "path", "name"],
)
def test_an_environment_is_that_of_the_python_however_it_is_called(
    environment: Path, wanted: Callable[[Path], str]
) -> None:
    environ = {**os.environ, "PATH": f"{environment}/bin{os.pathsep}{os.environ['PATH']}"}
    found = Interpreters(Facts(), environ, os.getcwd()).command(wanted(environment))
    assert found == str(environment / "bin" / "python")
