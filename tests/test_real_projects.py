"""Real projects of the package index, built, installed with pip and imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.interpreters import interpreters
from support.processes import needs_strace, strace

pytestmark = pytest.mark.network

WHEELWELL = (sys.executable, "-m", "wheelwell")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in interpreters() if version != HERE][-1:]


@pytest.fixture
def environ(cache_dir: Path) -> dict[str, str]:
    """The tests' own variables, and a cache."""
    return {**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)}


@pytest.fixture
def environment(tmp_path: Path) -> str:
    """The Python of a new virtual environment, which is empty."""
    venv.create(tmp_path / "environment")
    return str(tmp_path / "environment" / "bin" / "python")


def get(request: str, environ: dict[str, str], *switches: str) -> dict[str, Any]:
    """Return what `wheelwell get` tells of a request that it can answer."""
    command = [*WHEELWELL, "get", request, "--json", *switches]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def pip_install(wheel: str, python: str) -> None:
    """Install a wheel as its users do; its dependencies are none of this test's business."""
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps"]
    subprocess.run([*command, "--no-index", wheel], check=True)


def evaluate(expression: str, python: str) -> str:
    """Return what a Python prints of an expression, in which modules are imported by name."""
    code = f"import importlib; module = importlib.import_module; print({expression})"
    return subprocess.check_output([python, "-I", "-c", code], text=True).strip()


def test_a_c_extension_is_built_from_the_index_and_runs(
    environ: dict[str, str], environment: str
) -> None:
    wheel = get("markupsafe==3.0.2", environ)

    pip_install(wheel["path"], environment)

    assert wheel["origin"] == "built"
    assert evaluate("module('markupsafe._speedups')._escape_inner('<')", environment) == "&lt;"


@pytest.mark.parametrize(
    ("request_", "version"),
    [
        pytest.param("platformdirs==4.3.6", "4.3.6", id="hatchling"),
        pytest.param("Packaging == 24.2", "24.2", id="flit"),
    ],
)
def test_a_pure_project_is_built_by_its_own_backend_and_runs(
    request_: str, version: str, environ: dict[str, str], environment: str
) -> None:
    wheel = get(request_, environ)

    pip_install(wheel["path"], environment)

    assert wheel["filename"] == f"{wheel['name']}-{version}-py3-none-any.whl"
    assert evaluate(f"module({wheel['name']!r}).__name__", environment) == wheel["name"]
    assert evaluate(f"module('importlib.metadata').version({wheel['name']!r})", environment) == (
        version
    )


@needs_strace
@pytest.mark.parametrize("python", [HERE, *OTHERS])
def test_the_second_get_of_a_pin_makes_no_connection_and_starts_no_process(
    python: str, environ: dict[str, str]
) -> None:
    switches = ("--python", str(interpreters()[python]))
    first = get("markupsafe==3.0.2", environ, *switches)
    assert first["origin"] == "built"

    command = [*WHEELWELL, "get", "MarkupSafe==3.0.2", *switches]
    calls = strace(command, environ, "execve,fork,vfork,clone,clone3,socket,connect")

    assert len(calls) == 1, calls
    assert "execve" in calls[0]


def test_what_its_newest_backend_refuses_is_built_as_of_its_upload(
    environ: dict[str, str],
) -> None:
    built = get("levenshtein==0.26.1", environ, "--build-as-of", "auto")
    again = get("levenshtein==0.26.1", environ, "--build-as-of", "upload", "--offline")

    assert (built["origin"], again["origin"]) == ("built", "local")
    assert again["key"] == built["key"]
    with zipfile.ZipFile(built["path"]) as wheel:
        assert any(name.startswith("Levenshtein/levenshtein_cpp.") for name in wheel.namelist())
