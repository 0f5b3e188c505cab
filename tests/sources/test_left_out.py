"""Leftovers of builds are left out where it is certain that they are, and else they count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wheelwell.sources import directory

PROJECT = '[project]\nname = "a"\nversion = "1.0"\n'


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    (top / "src/pkg").mkdir(parents=True)
    (top / "pyproject.toml").write_text(PROJECT)
    (top / "setup.py").write_text("")
    (top / "src/pkg/__init__.py").write_text("x = 1\n")
    return top


def write(top: Path, *names: str, text: str = "") -> None:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


LEFT: dict[str, Callable[[Path], object]] = {
    "egg-info": lambda top: write(top, "a.egg-info/PKG-INFO", "a.egg-info/SOURCES.txt"),
    "egg-info in src": lambda top: write(
        top, "src/a.egg-info/PKG-INFO", "src/a.egg-info/SOURCES.txt"
    ),
    "build of a pure project": lambda top: write(
        top, "build/lib/pkg/__init__.py", "build/bdist.linux-x86_64/wheel/x"
    ),
    "build of an extension": lambda top: write(
        top, "build/lib.linux-x86_64-cpython-311/x.so", "build/temp.linux-x86_64-cpython-311/x.o"
    ),
    "wheels and sdists": lambda top: write(top, "dist/a-1.0-py3-none-any.whl", "dist/a-1.0.tar.gz"),
    "what ignores itself": lambda top: write(top, "out/.gitignore", "out/x.c", text="*\n"),
}


@pytest.mark.parametrize("kind", LEFT)
def test_leftovers_of_a_build_do_not_count(top: Path, tmp_path: Path, kind: str) -> None:
    before = directory.tree_hash(top)
    LEFT[kind](top)
    assert directory.tree_hash(top) == before
    directory.copy(top, tmp_path / "copy", tree=before)
    assert directory.tree_hash(tmp_path / "copy") == before


COUNTS: dict[str, Callable[[Path], object]] = {
    "egg-info of an sdist": lambda top: write(
        top, "PKG-INFO", "a.egg-info/PKG-INFO", "a.egg-info/SOURCES.txt", text="Name: a\n"
    ),
    "egg-info without a list": lambda top: write(top, "a.egg-info/PKG-INFO"),
    "build with sources in it": lambda top: write(
        top, "build/bdist.linux-x86_64/x", "build/rules.py"
    ),
    "build that may be a package": lambda top: write(top, "build/lib/x.py"),
    "build that is not at the top": lambda top: write(top, "src/build/temp.linux-x86_64/x.o"),
    "wheels that a package bundles": lambda top: write(
        top, "src/pkg/dist/pip-1.0-py3-none-any.whl"
    ),
    "dist with more in it": lambda top: write(top, "dist/a-1.0.tar.gz", "dist/index.js"),
    "what ignores some of itself": lambda top: write(
        top, "out/.gitignore", "out/x.c", text="*.o\n"
    ),
}


@pytest.mark.parametrize("kind", COUNTS)
def test_what_is_perhaps_a_source_counts(top: Path, kind: str) -> None:
    empty = directory.tree_hash(top)
    COUNTS[kind](top)
    assert directory.tree_hash(top) != empty


def test_files_that_are_named_count_whatever_they_are_called(top: Path, tmp_path: Path) -> None:
    write(top, "build/lib/x.py", ".vscode/settings.json", "more/y.py")
    names = ["pyproject.toml", "build/lib/x.py", ".vscode/settings.json", "gone.py"]
    tree = directory.tree_hash(top, names)
    directory.copy(top, tmp_path / "copy", names, tree=tree)
    copied = {p.relative_to(tmp_path / "copy").as_posix() for p in (tmp_path / "copy").rglob("*")}
    assert copied == {
        *("pyproject.toml", "build", "build/lib", "build/lib/x.py"),
        *(".vscode", ".vscode/settings.json"),
    }


def test_named_files_hash_as_a_walk_does(top: Path) -> None:
    write(top, "b/c", "b.d", "a/b/c", "Z")
    assert directory.tree_hash(top, directory.walked(top)) == directory.tree_hash(top)


def test_file_below_a_link_is_not_there(top: Path) -> None:
    write(top, "real/x.py")
    (top / "way").symlink_to("real")
    names = ["pyproject.toml", "way/x.py", "way"]
    assert directory.read(top, names).names == ("pyproject.toml", "way")
    assert directory.read(top, names[:2]).names == ("pyproject.toml",)
