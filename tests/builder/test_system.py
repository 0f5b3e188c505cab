"""The system looks otherwise once something that a compiler could find has come or gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from support.values import CPYTHON_313
from wheelwell.builder import system
from wheelwell.builder.system import system_digest
from wheelwell.settings import Settings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of a few files, at the root of which everything is looked for."""
    for directory in ("include/openssl", "lib/x86_64-linux-gnu/pkgconfig", "lib/python3/site"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "status").write_text("Package: libc6\n")
    monkeypatch.setattr(system, "PACKAGES", (str(tmp_path / "status"), str(tmp_path / "rpmdb")))
    directories = {str(tmp_path / name): 2 for name in ("include", "lib", "lib64")}
    monkeypatch.setattr(system, "DIRECTORIES", directories)
    _age(tmp_path)
    return tmp_path


def _age(machine: Path) -> None:
    """Let everything be old, so that each change shows however slow the clock of the disk is."""
    for path in [machine, *machine.rglob("*")]:
        os.utime(path, (1e9, 1e9))


def digest(**variables: str) -> str:
    return system_digest(CPYTHON_313, Settings(variables=variables))


def test_a_system_that_is_left_alone_looks_as_it_did(machine: Path) -> None:
    assert digest() == digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "status").write_text("Package: libc6\nPackage: libyaml-dev\n"),
        lambda root: (root / "rpmdb").touch(),
        lambda root: (root / "include" / "yaml.h").touch(),
        lambda root: (root / "include" / "openssl" / "ssl.h").touch(),
        lambda root: (root / "lib" / "x86_64-linux-gnu" / "libyaml.so").touch(),
        lambda root: (root / "lib" / "x86_64-linux-gnu" / "pkgconfig" / "yaml.pc").touch(),
        lambda root: (root / "lib64").mkdir(),
        lambda root: (root / "include" / "openssl").rmdir(),
    ],
    ids="package database header below library pkgconfig directory gone".split(),
)
def test_what_comes_or_goes_is_seen(change: Callable[[Path], object], machine: Path) -> None:
    before = digest()
    change(machine)
    assert digest() != before


def test_what_python_installs_is_no_concern_of_compilers(machine: Path) -> None:
    before = digest()
    (machine / "lib" / "python3" / "site" / "six.py").touch()
    os.utime(machine / "lib" / "python3", (2e9, 2e9))
    assert digest() == before


@pytest.mark.parametrize(
    "value",
    [
        "{}",
        "{}/opt",
        "{}/opt/include",
        "-O2 -I{}/opt/include -g",
        "-L{}/opt/include,-lfoo",
        "/nowhere:{}/opt/include",
        "--with-foo={}/opt/include",
    ],
)
def test_a_directory_that_a_setting_names_is_looked_at(value: str, machine: Path) -> None:
    (machine / "opt" / "include").mkdir(parents=True)
    _age(machine)
    text = value.format(machine)
    config = Settings(config={"setup-args": (text,)})
    before = digest(ANY=text), system_digest(CPYTHON_313, config)
    (machine / "opt" / "include" / "foo.h").touch()
    assert digest(ANY=text) != before[0]
    assert system_digest(CPYTHON_313, config) != before[1]


def test_a_directory_that_nothing_names_is_not_looked_at(machine: Path) -> None:
    (machine / "opt").mkdir()
    before = digest()
    (machine / "opt" / "foo.h").touch()
    assert digest() == before


def test_a_file_that_a_setting_names_is_looked_at(machine: Path) -> None:
    compiler = machine / "mycc"
    compiler.touch()
    os.utime(compiler, (1e9, 1e9))
    before = digest(CC=str(compiler))
    compiler.write_text("#!/bin/sh\n")
    assert digest(CC=str(compiler)) != before


def test_of_a_setting_that_names_very_much_a_part_is_looked_at(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "_MOST", 50)
    many = machine / "many"
    for number in range(100):
        (many / str(number)).mkdir(parents=True)
    assert len(system._times(str(many), 2)) == 50


def test_what_names_very_much_does_not_keep_others_from_being_looked_at(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "_MOST", 10)
    for number in range(20):
        (machine / "include" / str(number)).mkdir()
    (machine / "opt").mkdir()
    _age(machine)
    before = digest(CPATH=f"{machine}/opt")
    (machine / "opt" / "foo.h").touch()
    assert digest(CPATH=f"{machine}/opt") != before


def test_where_everybody_writes_is_not_looked_at(machine: Path) -> None:
    (machine / "opt").mkdir()
    before = digest(HOME=f"{machine}/opt")
    (machine / "opt" / "cache").touch()
    assert digest(HOME=f"{machine}/opt") == before
    (machine / "opt").chmod(0o1777)
    before = digest(ANY=f"{machine}/opt")
    (machine / "opt" / "something").touch()
    assert digest(ANY=f"{machine}/opt") == before


def test_links_in_a_circle_are_not_followed(machine: Path) -> None:
    (machine / "include" / "self").symlink_to(machine / "include")
    assert digest() == digest()
