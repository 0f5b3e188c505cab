"""Whatever a user calls a Python, it is found, described rightly, and asked only once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.interpreters import interpreters
from support.stored import let_clock_tick
from support.values import CPYTHON_313
from wheelwell.builder import asking
from wheelwell.builder import probe as probing
from wheelwell.builder.interpreters import Interpreters, _Wanted
from wheelwell.builder.probe import probe
from wheelwell.builder.shims import is_shim
from wheelwell.errors import InterpreterError
from wheelwell.interpreter import Interpreter
from wheelwell.store.disk import open_store
from wheelwell.store.memory import DiskMemory

PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
SERIES = ".".join(map(str, sys.version_info[:2]))
FULL = ".".join(map(str, sys.version_info[:3]))


class World:
    """A machine of a test's own: its PATH, its user, its working directory, its cache."""

    def __init__(self, root: Path) -> None:
        self.bin, self.home, self.work, self.cache = (
            root / name for name in ("bin", "home", "work", "cache")
        )
        for directory in (self.bin, self.home, self.work):
            directory.mkdir()
        self.environ = {"PATH": str(self.bin), "HOME": str(self.home)}

    def interpreters(self, **environ: str) -> Interpreters:
        """Return what a new process of wheelwell would use."""
        memory = DiskMemory(open_store(str(self.cache), warn=lambda _: None).layout)
        return Interpreters(memory, {**self.environ, **environ}, str(self.work))

    def find(self, wanted: str | Path, **environ: str) -> Interpreter:
        return self.interpreters(**environ).find(str(wanted))

    def why_not(self, wanted: str | Path, **environ: str) -> InterpreterError:
        with pytest.raises(InterpreterError) as caught:
            self.find(wanted, **environ)
        return caught.value

    def command(self, name: str, text: str, *, to: Path | None = None) -> Path:
        """Write a shell script and return its path."""
        path = (to or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def another() -> tuple[str, Path]:
    """The series and the path of a second Python."""
    for series, path in interpreters().items():
        if series != SERIES:
            return series, path
    pytest.skip("needs a second Python")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that were started so far."""
    programs: list[str] = []
    ask = asking.ask

    def recorded(argv: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        programs.append(argv[0])
        return ask(argv, **options)

    monkeypatch.setattr(probing, "ask", recorded)
    return programs


def link(path: Path, target: str | Path = PYTHON) -> Path:
    """Make a link to a Python, as version tools and distributions do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def copy_of_python(path: Path) -> Path:
    """Make a binary of its own that runs as the running Python does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(PYTHON, path)
    settings = f"home = {os.path.dirname(PYTHON)}\n"
    path.parent.parent.joinpath("pyvenv.cfg").write_text(settings)
    if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("a copy of this Python does not run")
    return path


# What a user may call a Python.


@pytest.mark.parametrize(
    "wanted",
    [
        SERIES,
        FULL,
        f"cp{SERIES.replace('.', '')}",
        f"python{SERIES}",
        f"cpython-{SERIES}",
        f"CPython{FULL}",
        str(sys.version_info[0]),
    ],
)
def test_version_is_found_on_path(wanted: str, world: World) -> None:
    link(world.bin / f"python{SERIES}")
    link(world.bin / "python3")
    found = world.find(wanted)
    assert found.executable == PYTHON
    assert found.series == SERIES


@pytest.mark.parametrize("name", ["python3", "python"])
def test_version_is_found_by_a_general_name(name: str, world: World) -> None:
    link(world.bin / name)
    assert world.find(SERIES).executable == PYTHON


@pytest.mark.parametrize("wanted", ["3.99", f"{SERIES}.99", f"{SERIES}t", "cp399"])
def test_version_that_is_not_here_is_told(wanted: str, world: World) -> None:
    link(world.bin / f"python{SERIES}")
    link(world.bin / "python3")
    error = world.why_not(wanted)
    assert f"there is no Python {wanted} on this machine" in error.message
    assert "--python takes a version" in error.hint


def test_version_is_cpython_s_and_threaded_as_asked() -> None:
    wanted = _Wanted((3, 13), is_free_threaded=False)
    threaded = replace(CPYTHON_313, tags=("cp313-cp313t-linux_x86_64",))
    assert wanted.is_met_by(CPYTHON_313)
    assert wanted.is_met_by(replace(CPYTHON_313, version="3.13.0rc1"))
    assert not wanted.is_met_by(replace(CPYTHON_313, version="3.1.3"))
    assert not wanted.is_met_by(replace(CPYTHON_313, implementation="pypy"))
    assert not wanted.is_met_by(threaded)
    assert replace(wanted, is_free_threaded=True).is_met_by(threaded)


def test_python_is_found_by_its_path_from_anywhere(world: World) -> None:
    link(world.work / "tools" / "my-python")
    assert world.find(PYTHON).executable == PYTHON
    assert world.find(world.work / "tools" / "my-python").executable == PYTHON
    assert world.find("tools/my-python").executable == PYTHON
    assert world.find("./tools/my-python").executable == PYTHON


def test_python_is_found_by_the_name_of_its_command(world: World) -> None:
    (world.bin / "my-python").mkdir()
    link(world.home / "my-python")
    path = os.pathsep.join(["", str(world.bin), str(world.home)])
    assert world.find("my-python", PATH=path).executable == PYTHON


def test_directories_on_path_are_seen_from_the_working_directory(world: World) -> None:
    link(world.work / "tools" / "my-python")
    assert world.find("my-python", PATH="tools").executable == PYTHON


def test_environment_is_the_python_that_it_was_made_of(world: World) -> None:
    venv.create(world.work / "env", with_pip=False, symlinks=True)
    base = world.find(PYTHON)
    assert world.find("env") == base
    assert world.find(world.work / "env") == base
    assert world.find("env/bin/python") == base


def test_environment_with_a_binary_of_its_own_is_the_python_that_it_was_made_of(
    world: World,
) -> None:
    copy_of_python(world.work / "env" / "bin" / "python")
    assert world.find("env") == world.find(PYTHON)


def test_version_is_found_beside_a_directory_of_that_name(world: World) -> None:
    link(world.bin / f"python{SERIES}")
    (world.work / SERIES).mkdir()
    (world.work / f"python{SERIES}").mkdir()
    assert world.find(SERIES).executable == PYTHON
    assert world.find(f"python{SERIES}").executable == PYTHON
    venv.create(world.work / "3.98", with_pip=False, symlinks=True)
    assert world.find("3.98").executable == PYTHON


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        (f"home/.pyenv/versions/{FULL}", {}),
        (f"pyenv/versions/{FULL}", {"PYENV_ROOT": "{}/pyenv"}),
        (f"home/.local/share/uv/python/cpython-{FULL}-linux-x86_64-gnu", {}),
        (f"data/uv/python/cpython-{FULL}-linux-x86_64-gnu", {"XDG_DATA_HOME": "{}/data"}),
        (f"uv/cpython-{FULL}-linux-x86_64-gnu", {"UV_PYTHON_INSTALL_DIR": "{}/uv"}),
    ],
)
def test_version_is_found_where_version_tools_put_it(
    place: str, variables: dict[str, str], world: World, tmp_path: Path
) -> None:
    link(tmp_path / place / "bin" / f"python{SERIES}")
    environ = {name: text.format(tmp_path) for name, text in variables.items()}
    assert world.find(SERIES, **environ).executable == PYTHON
    assert world.find(FULL, **environ).executable == PYTHON


def test_newest_installation_is_tried_first_and_a_debug_build_after_the_usual(
    world: World,
) -> None:
    names = ["3.9.18", "3.13.0", "3.13.0-debug", "3.13.10", "pypy", "3.13.2"]
    for name in names:
        (world.home / ".pyenv" / "versions" / name).mkdir(parents=True)
    found = [os.path.basename(home) for home in world.interpreters()._homes()]
    assert found == ["3.13.10", "3.13.2", "3.13.0", "3.13.0-debug", "3.9.18", "pypy"]


def test_python_that_does_not_work_does_not_hide_one_that_does(world: World) -> None:
    world.command(f"python{SERIES}", "exit 1")
    (world.bin / "python3").write_text("no program")
    link(world.home / "python3")
    path = f"{world.bin}:{world.home}"
    assert world.find(SERIES, PATH=path).executable == PYTHON


def test_every_python_here_is_described_as_it_is(world: World) -> None:
    for version, path in interpreters().items():
        found = world.find(path)
        assert found.series == version
        assert found.implementation == "cpython"
        assert found.tags[0].startswith(f"cp{version.replace('.', '')}-")
        assert found.tags[-1] == "py30-none-any"
        assert found.soabi
        assert found.soabi in found.extension_suffix
        assert found.markers["python_version"] == version
        assert found.machine == os.uname().machine
        assert found.machine in found.platform
        assert os.path.realpath(found.executable) == found.executable


def test_architecture_is_the_interpreter_s_own_whatever_the_kernel_says(world: World) -> None:
    """As of a 32-bit Python on a 64-bit kernel, here the other way round."""
    setarch = shutil.which("setarch")
    if setarch is None or os.uname().machine != "x86_64":
        pytest.skip("needs setarch, and an x86-64")
    path = world.command("python", f'exec {setarch} i686 {PYTHON} "$@"')
    told = probe(str(path), world.environ, str(world.work))
    assert "i686" in told.platform
    assert told.machine == "x86_64"


# What is no Python, or none that will do.


def test_python_that_is_not_there_is_told_by_its_path(world: World) -> None:
    assert "there is no Python at /nowhere/python" in world.why_not("/nowhere/python").message
    assert f"{world.work}/./python" in world.why_not("./python").message
    assert "no command pythonx on PATH" in world.why_not("pythonx").message


@pytest.mark.parametrize("wanted", ["./empty", "empty", "."])
def test_directory_that_is_no_environment_is_told_as_such(wanted: str, world: World) -> None:
    (world.work / "empty").mkdir()
    assert "is no virtual environment" in world.why_not(wanted).message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 1", "does not work as a Python (status 1): it says nothing"),
        ("echo first >&2; echo out of order >&2; exit 3", "(status 3): out of order"),
        ("kill -9 $$", "(status -9)"),
        ("true", "its answer makes no sense"),
        ("echo nonsense", "its answer makes no sense"),
        ("echo null", "its answer makes no sense"),
        ("echo '{}'", "its answer makes no sense"),
        ("echo '[[]]'", "its answer makes no sense"),
        ("printf '\\377\\n'", "its answer makes no sense"),
    ],
)
def test_command_that_is_no_python_is_told_with_what_it_said(
    text: str, why: str, world: World
) -> None:
    path = world.command("python", text)
    message = world.why_not(path).message
    assert str(path) in message
    assert why in message


def test_program_under_a_python_s_name_is_no_python(world: World) -> None:
    program = shutil.which("ls")
    assert program is not None
    shutil.copy(program, world.bin / "python3")
    assert "does not work as a Python" in world.why_not(world.bin / "python3").message


def test_file_that_is_no_program_is_told_as_such(world: World) -> None:
    path = world.work / "python3"
    path.write_text("no program")
    assert "does not start: Permission denied" in world.why_not(path).message
    path.chmod(0o755)
    assert "does not start: Exec format error" in world.why_not(path).message


def test_python_that_does_not_answer_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_TIMEOUT", 0.2)
    sleep = shutil.which("sleep")
    path = world.command("python", f"exec {sleep} 600")
    assert world.why_not(path).message == f"{path} gave no answer within 0.2 s"


@pytest.mark.parametrize("version", ["2.7", "3.7"])
def test_python_that_is_too_old_says_so_whatever_the_probe_says(version: str, world: World) -> None:
    fails = f'if [ "$1" = -I ]; then echo SyntaxError >&2; exit 1; fi; echo {version}'
    path = world.command("python", fails)
    message = world.why_not(path).message
    assert message.startswith(f"{path} is Python {version}: that is too old")
    assert "3.9 and later" in message


@pytest.mark.parametrize("wanted", ["2", "2.7", "3.8", "cp38", "3.8.18"])
def test_version_that_is_too_old_is_not_searched_for(
    wanted: str, world: World, started: list[str]
) -> None:
    world.command("python3", "exit 1")
    assert "that is too old" in world.why_not(wanted).message
    assert started == []


def test_search_in_vain_tells_what_was_tried(world: World) -> None:
    path = world.command(f"python{SERIES}", "echo out of order >&2; exit 3")
    message = world.why_not(SERIES).message
    assert f"there is no Python {SERIES} on this machine" in message
    assert f"{path} does not work as a Python (status 3): out of order" in message


# A Python is asked once.


@pytest.mark.parametrize("wanted", [SERIES, "my-python", "./env", PYTHON])
def test_python_that_was_found_is_not_started_again(
    wanted: str, world: World, started: list[str]
) -> None:
    link(world.bin / f"python{SERIES}")
    link(world.bin / "my-python")
    link(world.work / "env" / "bin" / "python")
    here = world.interpreters()
    found = here.find(wanted)
    assert started == [PYTHON]
    assert here.find(wanted) == found
    assert world.find(wanted) == found
    assert started == [PYTHON]


def test_python_is_asked_once_though_nothing_can_be_kept(world: World, started: list[str]) -> None:
    link(world.bin / f"python{SERIES}")
    world.cache.mkdir()
    (world.cache / "interpreters-v1").touch()  # where a directory should be
    here = world.interpreters()
    assert here.find(SERIES) == here.find(SERIES)
    assert started == [PYTHON]


def test_one_python_under_several_names_is_asked_once(world: World, started: list[str]) -> None:
    for name in ("python", "python3", f"python{SERIES}"):
        link(world.bin / name)
        world.find(world.bin / name)
    assert started == [PYTHON]
    world.why_not("3.99")
    assert started == [PYTHON]


def test_binary_that_was_replaced_is_asked_again(world: World, started: list[str]) -> None:
    path = copy_of_python(world.home / "bin" / "python3")
    here = world.interpreters()
    here.find(str(path))
    started.clear()
    newer = path.with_name("newer")
    shutil.copy2(path, newer)
    newer.rename(path)  # of the same size and time
    here.find(str(path))
    world.find(path)
    assert started == [str(path)]


@pytest.mark.parametrize(
    "data", ["", "{", "null", "[]", "{}", '{"executable": 5, "libc": ["a", "b"]}', '{"libc": 1}']
)
def test_damaged_memory_is_asked_again_and_mended(
    data: str, world: World, started: list[str]
) -> None:
    shim = world.command("shim", f'exec {PYTHON} "$@"')
    right = world.find(shim)
    files = [*(world.cache / "interpreters-v1").iterdir()]
    assert len(files) == 2  # the shim's, the binary's
    for file in files:
        file.write_text(data)
    started.clear()
    assert world.find(shim) == right
    assert started == [str(shim), PYTHON]
    assert world.find(shim) == right
    assert started == [str(shim), PYTHON]


def test_remembered_python_that_is_gone_is_asked_again(world: World, started: list[str]) -> None:
    path = copy_of_python(world.home / "bin" / "python3")
    world.find(path)
    (file,) = (world.cache / "interpreters-v1").iterdir()
    file.write_text(file.read_text().replace(PYTHON, "/gone/python"))
    assert world.find(path).executable == PYTHON


# What changes while a process runs.


def test_version_that_appears_later_is_found(world: World) -> None:
    here = world.interpreters()
    with pytest.raises(InterpreterError):
        here.find(SERIES)
    link(world.bin / f"python{SERIES}")
    assert here.find(SERIES).executable == PYTHON


def test_python_that_comes_to_stand_before_another_is_taken(
    world: World, another: tuple[str, Path]
) -> None:
    version, other = another
    link(world.home / "python3")
    here = world.interpreters(PATH=f"{world.bin}:{world.home}")
    assert here.find("3").series == SERIES
    let_clock_tick(world.bin)
    link(world.bin / "python3", other)
    assert here.find("3").series == version


def test_python_that_became_another_version_is_not_taken_for_what_it_was(
    world: World, another: tuple[str, Path]
) -> None:
    version, other = another
    outside = link(world.work / "python3")
    link(world.bin / "python3", outside)
    installation = world.home / ".pyenv" / "versions" / FULL / "bin"
    installation.mkdir(parents=True)
    here = world.interpreters()
    assert here.find(SERIES).series == SERIES
    link(installation / f"python{SERIES}")  # which changes no directory that is watched
    outside.unlink()
    link(outside, other)
    assert here.find(SERIES).series == SERIES
    assert here.find(str(world.bin / "python3")).series == version


def test_version_that_goes_is_searched_elsewhere(world: World) -> None:
    outside = link(world.work / "python3")
    link(world.bin / "python3", outside)
    here = world.interpreters()
    assert here.find(SERIES).executable == PYTHON
    outside.unlink()
    with pytest.raises(InterpreterError, match="there is no Python"):
        here.find(SERIES)


# Shims.

SHIM = """
echo "$PWD" >> {calls}
directory=$PWD
while [ -n "$directory" ] && [ ! -f "$directory/.python-version" ]; do
    directory=${{directory%/*}}
done
version=
if [ -f "$directory/.python-version" ]; then read -r version < "$directory/.python-version"; fi
version=${{PYENV_VERSION:-$version}}
if [ -x {root}/versions/$version/bin/python ]; then
    exec {root}/versions/$version/bin/python "$@"
fi
echo "no version is chosen" >&2
exit 127
"""


class Shims:
    """A version tool: `python` on PATH runs what `.python-version` names, and keeps count."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.home / "calls"
        self._root = world.home / ".pyenv"
        self.path = world.command("python", SHIM.format(calls=self._calls, root=self._root))
        for version, python in interpreters().items():
            link(self._root / "versions" / version / "bin" / "python", os.path.realpath(python))

    def choose(self, version: str, *, directory: Path | None = None) -> None:
        file = (directory or self._world.work) / ".python-version"
        if file.exists():
            let_clock_tick(file)
        file.write_text(f"{version}\n")

    @property
    def calls(self) -> int:
        return len(self._calls.read_text().splitlines()) if self._calls.exists() else 0


@pytest.fixture
def shims(world: World) -> Shims:
    return Shims(world)


def test_shim_leads_to_the_python_that_a_file_names(shims: Shims, world: World) -> None:
    assert "no version is chosen" in world.why_not("python").message
    shims.choose(SERIES)
    assert world.find("python") == world.find(PYTHON)
    assert world.find(SERIES) == world.find(PYTHON)


def test_shim_s_answer_is_remembered(shims: Shims, world: World) -> None:
    shims.choose(SERIES)
    here = world.interpreters()
    here.find("python")
    asked = shims.calls
    assert here.find("python").series == SERIES
    assert world.find("python").series == SERIES
    assert world.find(shims.path).series == SERIES
    assert shims.calls == asked == 1


def test_shim_s_answer_follows_the_file(
    shims: Shims, world: World, another: tuple[str, Path]
) -> None:
    other, _ = another
    here = world.interpreters()
    for version in (SERIES, other, SERIES):
        shims.choose(version)
        assert here.find("python").series == version
        assert world.find("python").series == version


def test_shim_s_answer_follows_the_directory(
    shims: Shims, world: World, another: tuple[str, Path]
) -> None:
    other, _ = another
    inner = world.work / "project" / "inner"
    inner.mkdir(parents=True)
    shims.choose(SERIES)
    shims.choose(other, directory=inner.parent)
    assert world.find("python").series == SERIES
    world.work = inner
    assert world.find("python").series == other


def test_shim_s_answer_follows_the_variable(
    shims: Shims, world: World, another: tuple[str, Path]
) -> None:
    other, _ = another
    shims.choose(SERIES)
    assert world.find("python").series == SERIES
    assert world.find("python", PYENV_VERSION=other).series == other


def test_version_that_a_shim_no_longer_leads_to_is_not_taken(
    shims: Shims, world: World, another: tuple[str, Path]
) -> None:
    other, _ = another
    here = world.interpreters()
    shims.choose(SERIES)
    assert here.find(SERIES).series == SERIES
    shims.choose(other)
    with pytest.raises(InterpreterError, match="there is no Python"):
        here.find(SERIES)
    assert here.find(other).series == other


def new_version(world: World) -> None:
    let_clock_tick(world.home / ".pyenv" / "versions")
    (world.home / ".pyenv" / "versions" / "3.98").mkdir()


@pytest.mark.parametrize(
    "change",
    [
        new_version,
        lambda world: (world.work.parent / "mise.toml").write_text(""),
        lambda world: (world.home / ".tool-versions").write_text(""),
        lambda world: world.environ.update(ASDF_PYTHON_VERSION="3.12.1"),
    ],
    ids=["new-version", "file-above", "file-of-user", "variable"],
)
def test_shim_is_asked_again_where_its_answer_may_differ(
    change: Callable[[World], object], shims: Shims, world: World
) -> None:
    shims.choose(SERIES)
    world.find("python")
    change(world)
    world.find("python")
    assert shims.calls == 2


def test_binary_is_taken_before_a_shim(shims: Shims, world: World) -> None:
    shims.choose(SERIES)
    (world.bin / f"python{SERIES}").symlink_to(shims.path)
    link(world.home / "python3")
    assert world.find(SERIES, PATH=f"{world.bin}:{world.home}").executable == PYTHON
    assert shims.calls == 0


@pytest.mark.parametrize("name", ["mise", "python-build", "volta"])
def test_tool_under_a_python_s_name_is_a_shim_too(name: str, tmp_path: Path) -> None:
    """As mise's are: links to a program that looks at the name by which it is called."""
    (tmp_path / name).write_bytes(b"\x7fELF")
    assert is_shim(str(link(tmp_path / "python3", tmp_path / name)))


@pytest.mark.parametrize(
    "name", ["python", "python3.13", "python3.13t", "python3.13d", "pypy3.10", "graalpy"]
)
def test_binary_of_a_python_is_no_shim(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x7fELF")
    assert not is_shim(str(tmp_path / name))
    assert not is_shim(str(link(tmp_path / "my-python", tmp_path / name)))
