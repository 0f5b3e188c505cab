"""What makes another build: the same input is a hit, a changed one a miss, changed back a hit.

Judged by what the built artefact contains: the fixture's wheel holds what its build saw. The table
of rows is published in `docs/reference/key.md`, and checked here.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from docs.markdown import REFERENCE, rows, section
from support.interpreters import interpreters
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.overrides import Overrides
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

GCC = "cc (Debian 12.2.0-14) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc."
CLANG = "Debian clang version 14.0.6"
COMPILER = """#!/bin/sh
case "$1" in
--version) /bin/cat <<'END'
{says}
END
;;
-dumpmachine) echo x86_64-linux-gnu ;;
*) exit 1 ;;
esac
"""


@dataclass
class World:
    """All that a request may depend on, to be changed by the rows."""

    root: Path
    environ: dict[str, str]
    switches: dict[str, Any] = field(default_factory=dict)
    """Of `Overrides`."""

    python: str = sys.executable
    timeout: float | None = None
    is_archive: bool = False

    def __post_init__(self) -> None:
        self.tree = materialise("environ-shown", self.root, show_world=True)
        (self.tree / "some.c").write_text("int answer;\n")  # so that a compiler is in the key
        self.links = self.root / "links"
        for version in ("1.0", "2.0"):
            make_wheel(self.links, "helper", version)
        self.file = self.root / "wheelwell.toml"
        self.file.touch()
        self.environ["WHEELWELL_CONFIG_FILE"] = str(self.file)

    def get(self) -> wheelwell.Wheel:
        """Ask as a new process would."""
        configuration = wheelwell.load_configuration(
            {"no-index": True, "find-links": [str(self.links)]},
            environ=self.environ,
            directory=str(self.root),
        )
        configuration = replace(configuration, switches=Overrides(**self.switches))
        request = make_sdist(self.tree, self.root / "sdist") if self.is_archive else self.tree
        with wheelwell.open_cache(self.root / "cache", configuration=configuration) as cache:
            return cache.get(str(request), interpreter=self.python, timeout=self.timeout)

    @property
    def environment(self) -> Path:
        """A virtual environment of the user, in which builds run without isolation."""
        environment = self.root / "environment"
        if not environment.exists():
            command = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
            subprocess.run(command, check=True)
        self.python = str(environment)
        return environment

    def install(self, version: str, *, url: str = "", value: str = "", editable: str = "") -> None:
        """Put the distribution `helper` there, in the place of the one that was there."""
        (packages,) = self.environment.glob("lib/python*/site-packages")
        for old in packages.glob("helper*"):
            subprocess.run(["rm", "-r", str(old)], check=True)
        files = {"helper.py": f"VALUE = {value!r}\n".encode()}
        if editable:
            files = {"helper-editable.pth": editable.encode()}
        wheel = make_wheel(self.root / "installed", "helper", version, files=files)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        origin = {"url": url, "archive_info": {}}
        if editable:
            origin = {"url": Path(editable).as_uri(), "dir_info": {"editable": True}}
        if url or editable:
            described = packages / f"helper-{version}.dist-info" / "direct_url.json"
            described.write_text(json.dumps(origin))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One input of a build."""

    input: str
    part: str
    """Where in the key it is; empty for what is not in it."""

    values: tuple[Any, Any]
    change: Callable[[World, Any], object]
    """Gives the input one of these values."""

    seen: Callable[[dict[str, Any]], object]
    """Returns what the artefact says of it."""


def _switch(name: str) -> Callable[[World, Any], object]:
    return lambda world, value: world.switches.update({name: value})


def _variable(name: str) -> Callable[[World, str], object]:
    return lambda world, value: world.environ.update({name: value})


def _compile_with(world: World, says: str) -> None:
    command = world.root / "bin" / "cc"
    command.parent.mkdir(exist_ok=True)
    command.write_text(COMPILER.format(says=says))
    command.chmod(0o755)
    world.environ["CC"] = str(command)


def _constrain(world: World, text: str) -> None:
    world.switches.update(requirements=("helper",), constraints=(text,))


def _isolate(world: World, is_isolated: bool) -> None:
    assert world.environment.is_dir()
    world.switches.update(is_isolated=is_isolated)


def _install(world: World, version: str) -> None:
    world.switches.update(is_isolated=False)
    world.install(version)


def _install_from_url(world: World, value: str) -> None:
    world.switches.update(is_isolated=False)
    _show(world, "helper")
    world.install("1.0", url=f"https://files.example/{value}/helper.zip", value=value)


def _edit_installed(world: World, value: str) -> None:
    world.switches.update(is_isolated=False)
    _show(world, "helper")
    checkout = world.root / "checkout"
    if not checkout.exists():
        checkout.mkdir()
        world.install("1.0", editable=str(checkout))
    (checkout / "helper.py").write_text(f"VALUE = {value!r}\n")


def _show(world: World, module: str) -> None:
    pyproject = world.tree / "pyproject.toml"
    if "show-modules" not in pyproject.read_text():
        pyproject.write_text(f'{pyproject.read_text()}\nshow-modules = ["{module}"]\n')


def _tabulate(text: str) -> Callable[[World, str], object]:
    return lambda world, value: world.file.write_text(text.format(value))


def _write(world: World, text: str) -> None:
    (world.tree / "data.txt").write_text(text)


def _pack(world: World, text: str) -> None:
    world.is_archive = True
    _write(world, text)


def _rename(world: World, name: str) -> None:
    for old in world.tree.glob("named-*"):
        old.unlink()
    (world.tree / f"named-{name}").write_text("the same")


def _chmod(world: World, mode: int) -> None:
    _write(world, "the same")
    (world.tree / "data.txt").chmod(mode)


def _link(world: World, target: str) -> None:
    for name in ("one", "two"):
        (world.tree / name).write_text(name)
    (world.tree / "link").unlink(missing_ok=True)
    (world.tree / "link").symlink_to(target)


def _touch(world: World, moment: int) -> None:
    os.utime(world.tree / "pyproject.toml", (moment, moment))


def _environ(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["environ"].get(name)


def _world(*names: str) -> Callable[[dict[str, Any]], object]:
    def seen(told: dict[str, Any]) -> object:
        found: Any = told["world"]
        for name in names:
            found = found.get(name)
        return found

    return seen


PYTHONS = [*map(str, interpreters().values())]

IN_THE_KEY = (
    Row(
        input="config setting (`-C`)",
        part="settings.config",
        values=({"level": ("1",)}, {"level": ("2",)}),
        change=_switch("config"),
        seen=lambda told: told["call"]["settings"],
    ),
    Row(
        input="variable (`--env`)",
        part="settings.variables",
        values=({"SOME": "one"}, {"SOME": "two"}),
        change=_switch("variables"),
        seen=_environ("SOME"),
    ),
    Row(
        input="known variable that is set (`CMAKE_ARGS`)",
        part="settings.variables",
        values=("-DX=1", "-DX=2"),
        change=_variable("CMAKE_ARGS"),
        seen=_environ("CMAKE_ARGS"),
    ),
    Row(
        input="compiler flags (`CFLAGS`)",
        part="settings.variables",
        values=("-O1", "-O2"),
        change=_variable("CFLAGS"),
        seen=_environ("CFLAGS"),
    ),
    Row(
        input="compiler behind an unchanged `CC`",
        part="toolchain",
        values=(GCC, CLANG),
        change=_compile_with,
        seen=_world("compiler"),
    ),
    Row(
        input="build constraint",
        part="settings.constraints",
        values=("helper<2", "helper>=2"),
        change=_constrain,
        seen=_world("installed", "helper"),
    ),
    Row(
        input="extra build requirement",
        part="settings.requirements",
        values=((), ("helper",)),
        change=_switch("requirements"),
        seen=_world("installed", "helper"),
    ),
    Row(
        input="isolation",
        part="settings.isolation",
        values=(True, False),
        change=_isolate,
        seen=_world("environment"),
    ),
    Row(
        input="without isolation: version of an installed distribution",
        part="settings.installed",
        values=("1.0", "2.0"),
        change=_install,
        seen=_world("installed", "helper"),
    ),
    Row(
        input="without isolation: distribution installed from a URL, its version unchanged",
        part="settings.installed",
        values=("one", "two"),
        change=_install_from_url,
        seen=_world("modules", "helper"),
    ),
    Row(
        input="without isolation: file of an editable distribution",
        part="settings.installed",
        values=("one", "two"),
        change=_edit_installed,
        seen=_world("modules", "helper"),
    ),
    Row(
        input="table of the project in the configuration",
        part="settings.variables",
        values=("one", "two"),
        change=_tabulate('[packages.Environ_Shown.env]\nTABLED = "{}"\n'),
        seen=_environ("TABLED"),
    ),
    Row(
        input="content of a file in a directory",
        part="source",
        values=("one", "two"),
        change=_write,
        seen=_world("files", "data.txt"),
    ),
    Row(
        input="name of a file in a directory",
        part="source",
        values=("one", "two"),
        change=_rename,
        seen=_world("files", "named-one"),
    ),
    Row(
        input="mode of a file in a directory",
        part="source",
        values=(0o644, 0o755),
        change=_chmod,
        seen=_world("files", "data.txt"),
    ),
    Row(
        input="target of a link in a directory",
        part="source",
        values=("one", "two"),
        change=_link,
        seen=_world("files", "link"),
    ),
    Row(
        input="content of an archive",
        part="source",
        values=("one", "two"),
        change=_pack,
        seen=_world("files", "data.txt"),
    ),
    Row(
        input="interpreter",
        part="interpreter",
        values=(PYTHONS[0], PYTHONS[-1]),
        change=lambda world, value: setattr(world, "python", value),
        seen=_world("python"),
    ),
)

NOT_IN_THE_KEY = (
    Row(
        input="secret variable (`--secret-env`)",
        part="",
        values=({"TOKEN": "hunter2"}, {"TOKEN": "hunter3"}),
        change=_switch("secrets"),
        seen=_environ("TOKEN"),
    ),
    Row(
        input="any other variable that is set",
        part="",
        values=("one", "two"),
        change=_variable("SOME"),
        seen=_environ("SOME"),
    ),
    Row(
        input="timeout",
        part="",
        values=(600.0, 700.0),
        change=lambda world, value: setattr(world, "timeout", value),
        seen=lambda _: None,
    ),
    Row(
        input="table of another project",
        part="",
        values=("one", "two"),
        change=_tabulate('[packages.another.env]\nTABLED = "{}"\n'),
        seen=_environ("TABLED"),
    ),
    Row(
        input="time of a file in a directory",
        part="",
        values=(1_600_000_000, 1_700_000_000),
        change=_touch,
        seen=lambda _: None,
    ),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(root=tmp_path, environ=dict(os.environ))


def told(wheel: wheelwell.Wheel) -> dict[str, Any]:
    """Return what the build of a wheel saw, as the wheel itself has it."""
    assert hashlib.sha256(wheel.path.read_bytes()).hexdigest() == wheel.sha256
    with zipfile.ZipFile(wheel.path) as archive:
        return {
            name: json.loads(archive.read(f"environ_shown/_{name}.json"))
            for name in ("environ", "call", "world")
        }


@pytest.mark.parametrize("row", IN_THE_KEY, ids=lambda row: row.input)
def test_same_input_hits_changed_misses_and_changed_back_hits(row: Row, world: World) -> None:
    if row.values[0] == row.values[1]:
        pytest.skip("there is one interpreter here")
    first, second = row.values

    row.change(world, first)
    built = world.get()
    again = world.get()
    row.change(world, second)
    changed = world.get()
    row.change(world, first)
    back = world.get()

    assert [each.origin for each in (built, again, changed, back)] == [
        *(Origin.BUILT, Origin.LOCAL, Origin.BUILT, Origin.LOCAL)
    ]
    assert again.path == back.path == built.path
    assert row.seen(told(changed)) != row.seen(told(built))
    inputs = [_part(each.record.inputs, row.part) for each in (built, changed) if each.record]
    assert inputs[0] != inputs[1]


@pytest.mark.parametrize("row", NOT_IN_THE_KEY, ids=lambda row: row.input)
def test_changed_input_that_is_not_in_the_key_is_a_hit(row: Row, world: World) -> None:
    first, second = row.values

    row.change(world, first)
    built = world.get()
    row.change(world, second)
    changed = world.get()

    assert (built.origin, changed.origin) == (Origin.BUILT, Origin.LOCAL)
    assert changed.path == built.path


def test_a_secret_reaches_the_build_and_other_variables_do_not(world: World) -> None:
    world.switches.update(secrets={"TOKEN": "hunter2"})
    world.environ["SOME"] = "one"

    seen = told(world.get())["environ"]

    assert seen["TOKEN"] == "hunter2"
    assert "SOME" not in seen


def test_the_table_in_the_reference_has_every_row_and_no_other() -> None:
    documented = rows(section(REFERENCE / "key.md", "What makes another build"))
    assert [tuple(row) for row in documented] == [*_published()]


def _published() -> Iterable[tuple[str, str, str]]:
    for row in IN_THE_KEY:
        yield row.input, f"`{row.part}`", "miss"
    for row in NOT_IN_THE_KEY:
        yield row.input, "", "hit"


def _part(inputs: Any, part: str) -> object:
    for name in part.split("."):
        inputs = inputs[name]
    return inputs
