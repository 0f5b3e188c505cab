"""A wheel that lacks an extension is told of, kept for an unchanged system, and then built anew."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.projects import FIXTURES, make_sdist, materialise
from wheelwell.errors import Degraded, NotInCache
from wheelwell.wheel import Origin, Wheel

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

C_SOURCE = FIXTURES / "projects" / "c-extension" / "c_extension" / "_answer.c"
HEADER = "no_such_header_of_tinybackend.h"
"""What the fixture `c-extension-broken` includes, and nothing else."""


class Told(wheelwell.Reporter):
    """A reporter that keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why an extension does not compile."""

    name: str
    project: str
    knobs: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str]
    """Of the build, with the directory that is looked at for `{}`."""

    told: str
    """What is told of it."""

    hint: str
    begin: Callable[[Path], object] = Path.mkdir
    mend: Callable[[Path], object]


def _write_command(directory: Path, text: str) -> None:
    directory.mkdir(exist_ok=True)
    # Under another name first: a command that is being written must not be started.
    (directory / "new").write_text(f"#!/bin/sh\n{text}\n")
    (directory / "new").chmod(0o755)
    (directory / "new").rename(directory / "mycc")


def _install_header(directory: Path) -> None:
    shutil.copy(C_SOURCE, directory / HEADER)


def _install_header_below(directory: Path) -> None:
    (directory / "include").mkdir()
    _install_header(directory / "include")


def _install_library(directory: Path) -> None:
    subprocess.run(["ar", "rc", directory / "libabsent.a"], check=True, capture_output=True)


KNOWS_ITS_VERSION_ONLY = 'case " $* " in *" -o "*) exit 1;; esac; exec cc "$@"'

TROUBLES = [
    Trouble(
        name="no-compiler",
        project="c-extension",
        variables={"CC": "{}/mycc"},
        told="No such file or directory: '{}/mycc'",
        hint="install a compiler: {}/mycc cannot be started",
        mend=lambda directory: _write_command(directory, 'exec cc "$@"'),
    ),
    Trouble(
        name="failing-compiler",
        project="c-extension",
        variables={"CC": "{}/mycc"},
        told="returned non-zero exit status 3",
        hint="--rebuild",
        begin=lambda directory: _write_command(directory, "exit 3"),
        mend=lambda directory: _write_command(directory, 'exec cc "$@"'),
    ),
    Trouble(
        name="compiler-that-only-knows-its-version",
        project="c-extension",
        variables={"CC": "{}/mycc"},
        told="returned non-zero exit status 1",
        hint="--rebuild",
        begin=lambda directory: _write_command(directory, KNOWS_ITS_VERSION_ONLY),
        mend=lambda directory: _write_command(directory, 'exec cc "$@"'),
    ),
    Trouble(
        name="missing-header",
        project="c-extension-broken",
        variables={"CPATH": "{}"},
        told=f"fatal error: {HEADER}: No such file or directory",
        hint=f"install what brings the header {HEADER}",
        mend=_install_header,
    ),
    Trouble(
        name="missing-header-in-a-new-directory",
        project="c-extension-broken",
        variables={"CFLAGS": "-O1 -I{}/include"},
        told=f"fatal error: {HEADER}: No such file or directory",
        hint=f"install what brings the header {HEADER}",
        mend=_install_header_below,
    ),
    Trouble(
        name="missing-library",
        project="c-extension",
        knobs={"link": ["-labsent"]},
        variables={"LIBRARY_PATH": "{}"},
        told="cannot find -labsent",
        hint="install the library absent for development",
        mend=_install_library,
    ),
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where compilers, headers or libraries are that a build is told of; not made yet."""
    return tmp_path / "opt"


@pytest.fixture
def degraded(directory: Path, tmp_path: Path) -> Path:
    """The sdist of a project whose optional extension lacks a header."""
    directory.mkdir()
    return _sdist(tmp_path, "c-extension-broken")


@pytest.fixture
def settings(directory: Path) -> wheelwell.Settings:
    """Settings by which a build finds the header, where it is there."""
    return wheelwell.Settings(variables={"CPATH": str(directory)})


def _sdist(tmp_path: Path, project: str, **knobs: Any) -> Path:
    count = str(tmp_path / "builds")
    tree = materialise(project, tmp_path / "trees", optional=True, count=count, **knobs)
    return make_sdist(tree, tmp_path)


def _builds(tmp_path: Path) -> int:
    return len((tmp_path / "builds").read_text().splitlines())


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_a_degraded_wheel_is_kept_until_what_was_missing_is_there(
    trouble: Trouble, cache_dir: Path, directory: Path, tmp_path: Path
) -> None:
    sdist = _sdist(tmp_path, trouble.project, **trouble.knobs)
    variables = {name: text.format(directory) for name, text in trouble.variables.items()}
    told = Told()
    trouble.begin(directory)

    with wheelwell.open_cache(cache_dir) as cache:

        def get() -> Wheel:
            chosen = wheelwell.Settings(variables=variables)
            return cache.get(str(sdist), settings=chosen, reporter=told)

        first, second = get(), get()
        assert (first.origin, second.origin) == (Origin.BUILT, Origin.LOCAL)
        assert first.degraded == second.degraded == "yes"
        assert second.path == first.path
        assert len(told.warnings) == 2
        for warning in told.warnings:
            assert trouble.told.format(directory) in warning
            assert trouble.hint.format(directory) in warning.partition("try: ")[2]

        trouble.mend(directory)

        third, fourth = get(), get()
        assert (third.origin, fourth.origin) == (Origin.BUILT, Origin.LOCAL)
        assert third.degraded == fourth.degraded == "no"
        assert third.record is not None
        assert third.record.native
        assert fourth.path == third.path
    assert _builds(tmp_path) == len(told.warnings) == 2


def test_a_build_that_writes_where_it_looks_is_not_tried_again_for_ever(
    cache_dir: Path, degraded: Path, directory: Path, tmp_path: Path
) -> None:
    writing = directory / "cc"
    # A time of its own for each call, however slow the clock of the disk is.
    _write_command(directory, f'touch -d @$$ {directory}; exec {shutil.which("cc")} "$@"')
    (directory / "mycc").rename(writing)
    settings = wheelwell.Settings(variables={"CC": str(writing), "CPATH": str(directory)})

    with wheelwell.open_cache(cache_dir) as cache:
        origins = [cache.get(str(degraded), settings=settings).origin for _ in range(4)]
        assert origins == [Origin.BUILT, Origin.BUILT, Origin.LOCAL, Origin.LOCAL]

        _install_header(directory)
        assert cache.get(str(degraded), settings=settings).degraded == "no"

    assert _builds(tmp_path) == 3


@pytest.mark.parametrize("is_native", [True, False])
def test_the_tag_of_a_wheel_does_not_make_it_whole(
    is_native: bool, cache_dir: Path, tmp_path: Path
) -> None:
    sdist = _sdist(tmp_path, "c-extension-broken", native_tag=is_native)

    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(sdist))

    assert wheel.filename.endswith("-any.whl") is not is_native
    assert wheel.degraded == "yes"
    assert wheel.evidence[0] == "the extension c_extension_broken._answer: not in the wheel"


@pytest.mark.parametrize(
    "surrender", ["speedups are not enabled", "** Couldn't install with extension module", "oh"]
)
def test_it_is_degraded_whatever_its_build_says_of_it(
    surrender: str, cache_dir: Path, tmp_path: Path
) -> None:
    sdist = _sdist(tmp_path, "c-extension-broken", surrender=surrender)

    with wheelwell.open_cache(cache_dir) as cache:
        assert cache.get(str(sdist)).degraded == "yes"


def test_one_extension_of_two_is_missed(cache_dir: Path, tmp_path: Path) -> None:
    tree = materialise("c-extension", tmp_path / "trees", optional=True)
    (tree / "c_extension" / "_other.c").write_text("#error not here\n")
    pyproject = tree / "pyproject.toml"
    files = '["c_extension/_answer.c", "c_extension/_other.c"]'
    pyproject.write_text(pyproject.read_text().replace('["c_extension/_answer.c"]', files))

    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(tree))

    assert wheel.degraded == "yes"
    assert wheel.evidence[0] == "the extension c_extension._other: not in the wheel"
    assert any("#error not here" in line for line in wheel.evidence)


@pytest.mark.parametrize("project", ["pure", "c-extension"])
def test_a_whole_wheel_is_not_degraded_and_nobody_is_warned(
    project: str, cache_dir: Path, tmp_path: Path
) -> None:
    told = Told()

    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(_sdist(tmp_path, project)), reporter=told, require_native=True)

    assert (wheel.degraded, wheel.evidence) == ("no", ())
    assert wheel.record is not None
    assert wheel.record.system == ""
    assert told.warnings == []


def test_a_degraded_wheel_is_refused_where_that_is_asked_and_not_built_again(
    cache_dir: Path, degraded: Path, settings: wheelwell.Settings, directory: Path, tmp_path: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        for _ in range(2):
            with pytest.raises(Degraded, match=HEADER) as refused:
                cache.get(str(degraded), settings=settings, require_native=True)
            assert refused.value.evidence
            assert HEADER in refused.value.hint
        assert _builds(tmp_path) == 1
        assert cache.lookup(str(degraded), settings=settings, require_native=True) is None
        assert cache.get(str(degraded), settings=settings).origin is Origin.LOCAL

        _install_header(directory)
        wheel = cache.get(str(degraded), settings=settings, require_native=True)

    assert (wheel.origin, wheel.degraded) == (Origin.BUILT, "no")


@pytest.mark.parametrize(("choice", "is_refused"), [(None, True), (True, True), (False, False)])
def test_what_is_configured_decides_unless_the_caller_does(
    choice: bool | None, is_refused: bool, cache_dir: Path, degraded: Path
) -> None:
    configuration = wheelwell.load_configuration({"require-native": True})

    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        try:
            cache.get(str(degraded), require_native=choice)
        except Degraded:
            assert is_refused
        else:
            assert not is_refused


def test_a_degraded_wheel_of_another_system_is_a_miss_where_nothing_may_be_built(
    cache_dir: Path, degraded: Path, settings: wheelwell.Settings, directory: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(degraded), settings=settings)
        assert cache.get(str(degraded), settings=settings, build=False).degraded == "yes"

        _install_header(directory)
        with pytest.raises(NotInCache, match="is degraded, and the system has changed"):
            cache.get(str(degraded), settings=settings, build=False)


def test_a_build_that_says_nothing_and_gives_less_than_its_source_could_is_unknown(
    cache_dir: Path, tmp_path: Path
) -> None:
    sdist = _sdist(tmp_path, "c-extension-broken", hushed=True, native_tag=True)
    told = Told()

    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(str(sdist), reporter=told, require_native=True)
        second = cache.get(str(sdist), reporter=told, require_native=True)

    assert first.degraded == second.degraded == "unknown"
    assert first.evidence == ("the wheel's tag is that of native code, and there is none in it",)
    assert second.origin is Origin.LOCAL
    assert told.warnings == []


def test_a_wheel_with_fewer_modules_than_the_same_build_gave_before_is_degraded(
    cache_dir: Path, directory: Path, tmp_path: Path
) -> None:
    sdist = _sdist(tmp_path, "c-extension", hushed=True)
    directory.mkdir()
    compiler = directory / "mycc"
    compiler.symlink_to(shutil.which("cc") or "")
    settings = wheelwell.Settings(variables={"CC": str(compiler)})

    with wheelwell.open_cache(cache_dir) as cache:
        whole = cache.get(str(sdist), settings=settings)
        compiler.unlink()
        less = cache.get(str(sdist), settings=settings)

    assert whole.degraded == "no"
    assert less.key != whole.key
    assert less.degraded == "yes"
    assert less.evidence == (
        "an earlier build of this source gave c_extension/_answer too, and this one did not",
    )
