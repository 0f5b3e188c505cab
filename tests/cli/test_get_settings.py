"""`wheelwell get` with settings: switches of builds as users see them."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.projects import make_wheel, materialise
from wheelwell.cli.asked import _constraints, fetching
from wheelwell.errors import BackendFailed, UsageError

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(cache_dir: Path, tmp_path: Path) -> Run:
    """Runs `wheelwell get` in a directory of its own, with a cache of its own."""
    directory = tmp_path / "here"
    directory.mkdir()

    def run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wheelwell", "get", *map(str, arguments)],
            cwd=directory,
            env={**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir), **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


def world(done: subprocess.CompletedProcess[str], name: str = "world") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(done.stdout.strip()) as wheel:
        found: dict[str, Any] = json.loads(wheel.read(f"environ_shown/_{name}.json"))
    return found


def test_a_build_requirement_is_added_to_those_that_are_declared(run: Run, tmp_path: Path) -> None:
    links = tmp_path / "links"
    for name in ("declared", "helper"):
        make_wheel(links, name, "1.0")
    requires = {"requires": ["declared"]}
    tree = materialise("environ-shown", tmp_path, build_system=requires, show_world=True)

    done = run(tree, "--no-index", "-f", links, "--build-requirement", "Helper>=1")

    assert world(done)["installed"] == {"declared": "1.0", "helper": "1.0"}


def test_without_isolation_the_build_runs_in_the_environment_that_was_asked_for(
    run: Run, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    tree = materialise("environ-shown", tmp_path, show_world=True)

    asked = run(tree, "--no-build-isolation", "--python", environment)
    active = run(tree, "--no-build-isolation", VIRTUAL_ENV=str(environment))

    assert world(asked)["environment"] == str(environment)
    assert active.stdout == asked.stdout
    assert "in the cache" in active.stderr


def test_a_secret_is_shown_nowhere(run: Run, tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("environ-shown", tmp_path, say="it is $TOKEN", fail="not with $TOKEN")

    done = run(tree, "--secret-env", "TOKEN", "-v", "--json", TOKEN="hunter2")

    assert done.returncode == 1
    assert "it is ****" in done.stderr
    assert "not with ****" in json.loads(done.stdout)["error"]["message"]
    assert "hunter2" not in done.stdout + done.stderr
    files = [path for path in cache_dir.rglob("*") if path.is_file()]
    assert any(path.name == "build.log" for path in files)
    assert not [path for path in files if b"hunter2" in path.read_bytes()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--secret-env", "TOKEN"], "the secret variable TOKEN is not set here"),
        (["--secret-env", "SHORT"], "fewer than 4 characters"),
        (["--secret-env", "LONG=hunter2"], "by its name alone"),
        (["--secret-env", "LONG", "--env", "LONG"], "LONG is given as a secret, and as a variable"),
        (["--build-requirement", "=="], "not a build requirement: '=='"),
    ],
)
def test_a_mistake_in_a_switch_is_a_usage_error(
    run: Run, arguments: list[str], message: str
) -> None:
    done = run("pure==1.0", *arguments, SHORT="abc", LONG="hunter2")
    assert done.returncode == 2
    assert message in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failed_build_names_the_variables_that_were_withheld(run: Run, tmp_path: Path) -> None:
    tree = materialise("backend-raises", tmp_path)
    (tree / "setup.py").write_text(
        'import os\nos.environ["MY_OPTION"]\nos.getenv("MY_TOKEN")\nos.getenv("GIVEN")\n'
        'os.getenv("UNSET")\nos.environ["HOME"]\n'
    )
    environ = {"MY_OPTION": "hunter2", "MY_TOKEN": "hunter2", "GIVEN": "hunter2"}

    done = run(tree, "--env", "GIVEN", "--json", **environ)

    assert done.returncode == 1
    hint = json.loads(done.stdout)["error"]["hint"]
    assert hint.endswith("to pass: --env MY_OPTION --secret-env MY_TOKEN")
    assert f"  try: {hint}\n" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_build_that_fails_without_them_has_no_such_hint(run: Run, tmp_path: Path) -> None:
    tree = materialise("backend-raises", tmp_path)
    assert json.loads(run(tree, "--json", MY_OPTION="1").stdout)["error"]["hint"] == (
        BackendFailed.otherwise
    )


def test_a_table_in_the_working_directory_holds_for_its_project(run: Run, tmp_path: Path) -> None:
    tree = materialise("environ-shown", tmp_path)
    (tmp_path / "here" / "pyproject.toml").write_text(
        '[tool.wheelwell.packages.Environ_Shown]\nenv = { A = "table", B = "table" }\n'
    )

    seen = world(run(tree, "--env", "B=switch"), "environ")

    assert (seen["A"], seen["B"]) == ("table", "switch")


def test_a_constraint_is_given_in_a_file_or_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "held~back.txt"
    file.write_text("Cython < 3\nsetuptools<81; python_version >= '3.12'\n")
    given = [str(file), "NumPy <2, >1"]
    fetch = fetching(argparse.Namespace())
    assert [*_constraints(given, fetch)] == [
        "cython<3",
        'setuptools<81; python_version >= "3.12"',
        "numpy<2,>1",
    ]
    for wrong in ("setuptools<", "a==1=b", "no-such-file.txt"):
        with pytest.raises(UsageError):
            [*_constraints([wrong], fetch)]
