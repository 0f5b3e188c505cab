"""A backend is called as PEP 517 says, and whatever it does wrong is an error that tells what."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.projects import make_wheel, materialise
from support.values import CPYTHON_313
from wheelwell.builder.pep517 import declared_requirements, wanted_here
from wheelwell.errors import (
    BackendFailed,
    BuildError,
    BuildTimeout,
    EnvironmentFailed,
    InvalidSource,
    InvalidWheel,
)
from wheelwell.settings import Settings


class Asked:
    """A cache of its own, with a directory of build requirements."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.links = directory / "links"
        self.links.mkdir()
        self.cache_dir = directory / "cache"
        self.told: list[str] = []

    def get(self, tree: Path, **choices: Any) -> wheelwell.Wheel:
        switches = {"no-index": True, "find-links": [str(self.links)]}
        configuration = wheelwell.load_configuration(switches)
        told = self.told

        class Told(wheelwell.Reporter):
            def logged(self, text: str) -> None:
                told.append(text)

        with wheelwell.open_cache(self.cache_dir, configuration=configuration) as cache:
            return cache.get(str(tree), **{"reporter": Told(), **choices})

    def fail(self, tree: Path, kind: type[BuildError], **choices: Any) -> BuildError:
        """Get what cannot be had; return the error, which is of just that kind."""
        with pytest.raises(kind) as caught:
            self.get(tree, **choices)
        assert type(caught.value) is kind
        return caught.value

    def backend(self, text: str, **project: Any) -> Path:
        """Write a project whose backend is `text`, with the fixtures' backend beside it."""
        tree = materialise(
            "pure", self.directory, build_system={"build-backend": "own"}, project=project
        )
        (tree / "own.py").write_text("from tinybackend import *\nimport os, sys\n" + text)
        return tree


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def read(wheel: wheelwell.Wheel, member: str) -> Any:
    with zipfile.ZipFile(wheel.path) as archive:
        return json.loads(archive.read(member))


def test_requirements_that_the_backend_names_are_installed(asked: Asked) -> None:
    make_wheel(asked.links, "declared", "1.0")
    make_wheel(asked.links, "dynamic", "2.0")
    tree = asked.backend(
        "import declared\n"
        "def get_requires_for_build_wheel(settings=None): return ['dynamic>=1', 'declared']\n"
        "def build_wheel(*arguments):\n"
        "    import dynamic, tinybackend\n"
        "    return tinybackend.build_wheel(*arguments)\n"
    )
    pyproject = tree / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("requires = []", 'requires = ["declared"]'))
    wheel = asked.get(tree)
    assert wheel.record is not None
    assert wheel.record.observed.requirements == {"declared": "1.0", "dynamic": "2.0"}


@pytest.mark.parametrize(
    ("wanted", "environments"),
    [("declared>=1", 1), ("declared[extra]", 2), ("declared<1", 2), ("dynamic", 2)],
)
def test_backend_is_asked_once_and_what_is_there_needs_no_other_environment(
    asked: Asked, wanted: str, environments: int
) -> None:
    for name, version in (("declared", "0.9"), ("declared", "1.0"), ("dynamic", "2.0")):
        make_wheel(asked.links, name, version)
    times = asked.directory / "times"
    tree = asked.backend(
        "def get_requires_for_build_wheel(settings=None):\n"
        f"    open({str(times)!r}, 'a').write('asked ')\n"
        f"    return [{wanted!r}]\n"
    )
    pyproject = tree / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("requires = []", 'requires = ["declared"]'))

    asked.get(tree)

    assert times.read_text() == "asked "
    assert len([*(asked.cache_dir / "environments-v1").glob("*/*")]) == environments


def test_requirement_of_the_backend_that_is_not_there_is_told(asked: Asked) -> None:
    tree = materialise("pure", asked.directory, requires=["absent-thing"])
    error = asked.fail(tree, EnvironmentFailed)
    assert "absent-thing" in error.message


def test_requirement_whose_marker_does_not_hold_is_not_installed(asked: Asked) -> None:
    requires = ["absent-thing; python_version < '3'", "absent-thing; extra == 'x'"]
    tree = materialise("pure", asked.directory, build_system={"requires": requires})
    assert asked.get(tree).filename.startswith("pure-1.0-")


def test_markers_are_of_the_interpreter_that_is_built_for() -> None:
    wanted = wanted_here(["a; python_version < '3.13'", "b; python_version >= '3.13'"], CPYTHON_313)
    assert wanted == ("b",)


def test_build_requirement_that_is_none_is_told(asked: Asked) -> None:
    tree = materialise("pure", asked.directory, build_system={"requires": ["not a requirement"]})
    with pytest.raises(InvalidSource, match="not a requirement"):
        asked.get(tree)


@pytest.mark.parametrize(
    ("given", "received"),
    [
        ({}, {}),
        ({"a": ("1",)}, {"a": "1"}),
        ({"a": ("1", "2"), "--b": ("",)}, {"a": ["1", "2"], "--b": ""}),
    ],
    ids=["none", "single", "repeated"],
)
def test_config_settings_reach_the_backend(
    given: Mapping[str, tuple[str, ...]], received: object, asked: Asked
) -> None:
    tree = materialise("environ-shown", asked.directory)
    wheel = asked.get(tree, settings=Settings(config=given))
    assert read(wheel, "environ_shown/_call.json")["settings"] == received


def test_config_settings_reach_the_metadata_hook(asked: Asked) -> None:
    tree = materialise("dynamic-version", asked.directory)
    assert asked.get(tree, settings=Settings(config={"version": ("7.1",)})).version == "7.1"


@pytest.mark.parametrize("hook", [True, False])
def test_version_that_only_the_backend_knows_is_asked_with_or_without_the_hook(
    *, hook: bool, asked: Asked
) -> None:
    tree = materialise("dynamic-version", asked.directory, metadata_hook=hook, dynamic_version="3")
    assert asked.get(tree).version == "3"


# Backends that do wrong.


def test_backend_that_is_not_there(asked: Asked) -> None:
    error = asked.fail(materialise("missing-backend", asked.directory), BackendFailed)
    assert "cannot be imported" in error.message
    assert any("no_such_backend" in line for line in error.lines)
    assert "build-system.requires" in error.hint


def test_backend_that_fails_when_it_is_imported(asked: Asked) -> None:
    error = asked.fail(asked.backend("raise ValueError('at import')"), BackendFailed)
    assert "ValueError: at import" in error.message


def test_backend_that_raises(asked: Asked) -> None:
    error = asked.fail(materialise("backend-raises", asked.directory), BackendFailed)
    assert "build_wheel failed" in error.message
    assert any(line.startswith("RuntimeError: ") for line in error.lines)
    assert error.log is not None
    assert "RuntimeError" in Path(error.log).read_text()


def test_backend_that_ends_its_process(asked: Asked) -> None:
    tree = materialise("pure", asked.directory, exit=3, chatter=2)
    error = asked.fail(tree, BackendFailed)
    assert "build_wheel failed" in error.message
    assert "chatter line 1" in error.message


def test_backend_that_is_killed(asked: Asked) -> None:
    tree = asked.backend("def build_wheel(*arguments): os.kill(os.getpid(), 11)")
    error = asked.fail(tree, BackendFailed)
    assert "SIGSEGV" in error.message
    assert "memory" in error.hint


def test_backend_that_hangs(asked: Asked) -> None:
    error = asked.fail(materialise("backend-hangs", asked.directory), BuildTimeout, timeout=0.5)
    assert "0.5 s" in error.message


def test_backend_that_ends_well_but_without_an_answer(asked: Asked) -> None:
    error = asked.fail(asked.backend("def build_wheel(*arguments): os._exit(0)"), BackendFailed)
    assert "build_wheel ended without an answer" in error.message


def test_backend_that_names_a_wheel_which_is_not_there(asked: Asked) -> None:
    error = asked.fail(materialise("backend-no-wheel", asked.directory), BackendFailed)
    assert "there is none" in error.message


def test_backend_that_makes_two_wheels(asked: Asked) -> None:
    error = asked.fail(materialise("backend-two-wheels", asked.directory), InvalidWheel)
    assert "backend_two_wheels_second-1.0-py3-none-any.whl" in error.message


@pytest.mark.parametrize("answer", ["None", "7", "['a.whl']", "{}", "object()"])
def test_backend_that_answers_with_something_else_than_a_name(answer: str, asked: Asked) -> None:
    tree = asked.backend(f"def build_wheel(*arguments): return {answer}")
    error = asked.fail(tree, BackendFailed)
    assert "build_wheel" in error.message


@pytest.mark.parametrize("answer", ["None", "7", "[7]"])
def test_backend_whose_requirements_are_none(answer: str, asked: Asked) -> None:
    tree = asked.backend(f"def get_requires_for_build_wheel(settings=None): return {answer}")
    error = asked.fail(tree, BackendFailed)
    assert "get_requires_for_build_wheel" in error.message


def test_backend_without_the_hook_that_it_must_have(asked: Asked) -> None:
    error = asked.fail(asked.backend("del build_wheel"), BackendFailed)
    assert "has no attribute 'build_wheel'" in error.message


@pytest.mark.parametrize(
    "hook",
    [
        "def prepare_metadata_for_build_wheel(*_): return 'absent.dist-info'",
        "def prepare_metadata_for_build_wheel(*_): return None",
        "def prepare_metadata_for_build_wheel(into, *_): open(into + '/a', 'w'); return 'a'",
        "def build_wheel(into, *_): open(into + '/a.whl', 'w'); return 'a.whl'\n"
        + (without_hook := "del prepare_metadata_for_build_wheel"),
        f"def build_wheel(into, *_): return 'a.whl'\n{without_hook}",
    ],
    ids=["absent", "none", "a-file", "no-zip", "no-wheel"],
)
def test_backend_whose_metadata_cannot_be_read(hook: str, asked: Asked) -> None:
    tree = materialise("dynamic-version", asked.directory, build_system={"build-backend": "own"})
    (tree / "own.py").write_text(f"from tinybackend import *\n{hook}")
    with pytest.raises(BackendFailed, match="metadata"):
        asked.get(tree)


def test_project_that_names_backends_outside_of_itself(asked: Asked) -> None:
    tree = materialise("pure", asked.directory, build_system={"backend-path": [".."]})
    with pytest.raises(InvalidSource, match="inside source tree"):
        asked.get(tree)


@pytest.mark.parametrize(
    "table",
    [
        '[build-system]\nrequires = "setuptools"',
        "[build-system]\nbuild-backend = 'tinybackend'",
        "[build-system]\nrequires = []\nbuild-backend = 7",
        "[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['absent']",
        "build-system = 'x'",
    ],
)
def test_project_whose_build_system_makes_no_sense(table: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(InvalidSource, match="cannot be built from"):
        declared_requirements(tmp_path)


@pytest.mark.parametrize("content", [b"[build", b"a = '\xff'", b"a = " + b"[" * 100_000])
def test_project_file_that_is_no_toml(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(InvalidSource, match="cannot be built from"):
        declared_requirements(tmp_path)


def test_broken_toml_is_told_as_the_source_s_fault(asked: Asked) -> None:
    with pytest.raises(InvalidSource):
        asked.get(materialise("broken-toml", asked.directory))


def test_project_without_a_build_system_is_setuptools_s(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (wanted,) = declared_requirements(tmp_path)
    assert wanted.startswith("setuptools")


def test_mistyped_table_is_told_where_warnings_are_errors(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[build_system]\nrequires = []")
    with pytest.raises(InvalidSource, match="did you mean 'build-system'"):
        declared_requirements(tmp_path)


# What a backend says.


def test_warnings_of_a_backend_are_in_the_log_and_nowhere_else(
    asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = asked.backend(
        "import tinybackend, warnings\n"
        "def build_wheel(*arguments):\n"
        "    warnings.warn('mind the gap')\n"
        "    return tinybackend.build_wheel(*arguments)\n"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asked.get(tree)
    assert caught == []
    assert capfd.readouterr() == ("", "")
    assert "mind the gap" in "".join(asked.told)


def test_output_of_a_backend_is_told_and_not_printed(
    asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    asked.get(materialise("pure", asked.directory, chatter=3))
    assert "chatter line 2\n" in "".join(asked.told)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [BrokenPipeError, ZeroDivisionError, KeyboardInterrupt])
def test_error_of_the_one_who_is_told_is_not_the_backend_s(
    error: type[BaseException], asked: Asked
) -> None:
    class Failing(wheelwell.Reporter):
        def logged(self, text: str) -> None:
            raise error("nobody listens")

    with pytest.raises(error, match="nobody listens"):
        asked.get(materialise("pure", asked.directory, chatter=3), reporter=Failing())
