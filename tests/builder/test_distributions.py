"""What is installed around a Python is told anew where it changed, and else without a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.builds import Facts
from wheelwell.builder import distributions as module
from wheelwell.builder.distributions import Distributions
from wheelwell.errors import InterpreterError


class Environment:
    """A virtual environment whose packages are put there by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root / "environment"
        command = [sys.executable, "-m", "venv", "--without-pip", str(self.root)]
        subprocess.run(command, check=True)
        (self.packages,) = self.root.glob("lib/python*/site-packages")
        self.memory = Facts()
        self.python = str(self.root / "bin" / "python")

    def put(self, name: str, version: str, **files: str) -> Path:
        """Put a distribution there, with files in its metadata directory."""
        described = self.packages / f"{name}-{version}.dist-info"
        described.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        for file, text in {"METADATA": metadata, **files}.items():
            (described / file.replace("_json", ".json")).write_text(text)
        return described

    def settle(self) -> None:
        """Let all of it be old enough to be remembered."""
        old = time.time() - 60
        for place, directories, names in os.walk(self.root):
            for path in (place, *(os.path.join(place, name) for name in (*directories, *names))):
                os.utime(path, (old, old), follow_symlinks=False)

    def installed(self, variables: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return what a new process of wheelwell tells."""
        told = Distributions(self.memory, os.environ).around(self.python, variables or {})
        return told.installed


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path)


def _no_process(*_: Any) -> dict[str, Any]:
    raise AssertionError("a process was started")


def test_what_is_told_is_that_of_the_environment_itself(environment: Environment) -> None:
    environment.put("Foo_Bar", "1.0")
    told = Distributions(environment.memory, os.environ).around(environment.python, {})
    assert told.installed == {"foo-bar": "1.0"}
    assert told.python == environment.python
    assert told.prefix == str(environment.root)
    assert told.is_virtual
    assert told.directories == (str(environment.root / "bin"),)
    assert told.version("foo-bar") == "1.0"
    assert told.version("missing") == ""


def test_an_unchanged_environment_starts_no_process(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.put("foo", "1.0")
    environment.settle()
    before = environment.installed()
    monkeypatch.setattr(module, "_ask", _no_process)
    assert environment.installed() == before


def test_what_comes_and_goes_is_seen_at_once(environment: Environment) -> None:
    environment.settle()
    assert environment.installed() == {}
    described = environment.put("foo", "1.0")
    assert environment.installed() == {"foo": "1.0"}
    described.rename(described.with_name("foo-2.0.dist-info"))
    (described.with_name("foo-2.0.dist-info") / "METADATA").write_text("Name: foo\nVersion: 2.0\n")
    assert environment.installed() == {"foo": "2.0"}


def test_what_just_changed_is_not_remembered(environment: Environment) -> None:
    environment.put("foo", "1.0")
    environment.installed()
    assert not environment.memory.known


def test_damaged_memory_is_a_miss(environment: Environment) -> None:
    environment.put("foo", "1.0")
    environment.settle()
    environment.installed()
    for name in environment.memory.known:
        environment.memory.known[name] = {"watched": 3}
    assert environment.installed() == {"foo": "1.0"}


def test_a_release_is_told_by_its_version_alone(environment: Environment) -> None:
    environment.put("foo", "1.0", RECORD="foo.py,sha256=one,1\n")
    assert environment.installed() == {"foo": "1.0"}


@pytest.mark.parametrize("changed", ["direct_url_json", "RECORD"])
def test_what_came_from_a_url_is_told_by_a_digest_too(
    environment: Environment, changed: str
) -> None:
    files = {
        "direct_url_json": json.dumps({"url": "https://files.example/foo.zip"}),
        "RECORD": "foo.py,sha256=one,1\n",
    }
    environment.put("foo", "1.0", **files)
    before = environment.installed()["foo"]
    for old in (environment.packages / "foo-1.0.dist-info").iterdir():
        old.unlink()
    (environment.packages / "foo-1.0.dist-info").rmdir()
    environment.put("foo", "1.0", **{**files, changed: files[changed].replace("o", "0")})
    after = environment.installed()["foo"]
    assert before.startswith("1.0 ")
    assert after.startswith("1.0 ")
    assert before != after


def test_how_an_installer_writes_is_no_change(environment: Environment) -> None:
    origin = {"url": "https://files.example/foo.zip", "archive_info": {}}
    record = "foo.py,sha256=one,1\n"
    described = environment.put("foo", "1.0", direct_url_json=json.dumps(origin), RECORD=record)
    before = environment.installed()
    (described / "direct_url.json").write_text(json.dumps(origin, indent=1, sort_keys=True))
    (described / "RECORD").write_text(
        f"foo-1.0.dist-info/INSTALLER,sha256=uv,2\n__pycache__/foo.pyc,,\n"
        f"../../../bin/foo,sha256=path,9\n{record}"
    )
    (described / "INSTALLER").write_text("uv")
    assert environment.installed() == before


def test_an_edit_of_an_editable_distribution_is_seen_and_undone(
    environment: Environment, tmp_path: Path
) -> None:
    checkout = tmp_path / "check out"
    checkout.mkdir()
    (checkout / "foo.py").write_text("one")
    origin = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    environment.put("foo", "1.0", direct_url_json=json.dumps(origin))
    environment.settle()
    before = environment.installed()
    (checkout / "foo.py").write_text("two")
    edited = environment.installed()
    (checkout / "foo.py").write_text("one")
    (checkout / "__pycache__").mkdir()
    (checkout / "__pycache__" / "foo.pyc").write_text("byte code")
    assert edited != before
    assert environment.installed() == before


def test_what_is_developed_in_its_source_is_told_by_its_files(
    environment: Environment, tmp_path: Path
) -> None:
    described = tmp_path / "checkout" / "foo.egg-info"
    described.mkdir(parents=True)
    (described / "PKG-INFO").write_text("Metadata-Version: 1.2\nName: foo\nVersion: 1.0\n")
    (environment.packages / "easy-install.pth").write_text(f"{described.parent}\n")
    before = environment.installed()["foo"]
    (described.parent / "foo.py").write_text("one")
    after = environment.installed()["foo"]
    assert before.startswith("1.0 ")
    assert after.startswith("1.0 ")
    assert before != after


def test_the_first_on_the_path_is_the_one_that_is_told(
    environment: Environment, tmp_path: Path
) -> None:
    environment.put("foo", "1.0")
    first = tmp_path / "first" / "foo-2.0.dist-info"
    first.mkdir(parents=True)
    (first / "METADATA").write_text("Name: foo\nVersion: 2.0\n")
    assert environment.installed({"PYTHONPATH": str(first.parent)}) == {"foo": "2.0"}


def test_the_callers_own_python_variables_do_not_count(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "foo-2.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Name: foo\nVersion: 2.0\n")
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    assert environment.installed() == {}


def test_a_python_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(InterpreterError, match="does not say what is installed"):
        Distributions(Facts(), os.environ).around(str(python), {})
