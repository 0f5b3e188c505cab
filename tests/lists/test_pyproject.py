"""Of a project file, its dependencies are wanted, and the extras and groups that were chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.values import CPYTHON_313
from wheelwell.errors import ConfigurationError
from wheelwell.lists.reading import read
from wheelwell.lists.wanted import Choice

TEXT = """
[project]
name = "demo"
version = "1.0"
dependencies = ["one>=1", "two; sys_platform == 'win32'"]
[project.optional-dependencies]
More_Speed = ["three"]
[dependency-groups]
base = ["four"]
dev = ["five", {include-group = "base"}, "one>=1"]
"""


def texts(path: Path, text: str = TEXT, **chosen: tuple[str, ...]) -> list[str]:
    path = path / "pyproject.toml"
    path.write_text(text)
    listed = read(str(path))
    assert not listed.is_locked
    choice = Choice(environment=CPYTHON_313.markers, **chosen)
    return [each.request.text for each in listed.select(choice)]


def test_dependencies(tmp_path: Path) -> None:
    assert texts(tmp_path) == ["one>=1"]


def test_extras_and_groups_add_to_them_each_once(tmp_path: Path) -> None:
    assert texts(tmp_path, extras=("more-speed",)) == ["one>=1", "three"]
    assert texts(tmp_path, groups=("dev",)) == ["one>=1", "five", "four"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[build-system]\nrequires = []", r"no \[project\]"),
        ('[project]\ndependencies = "one"', "no list of texts"),
        ('[project]\nname = "a"\ndependencies = ["a[none]"]', "an extra that it does not have"),
        (
            '[dependency-groups]\ndev = [{include-group = "a"}]\na = [{include-group = "dev"}]',
            "mean",
        ),
        ('[dependency-groups]\ndev = "one"', "mean nothing"),
        ("[dependency-groups]\ndev = []\nDev = []", "mean nothing"),
        ('[project]\ndynamic = ["dependencies"]', "dynamic"),
        ('[dependency-groups]\ndev = [{include-group = "dev"}]', "mean nothing"),
        ('[dependency-groups]\ndev = [{include-group = "gone"}]', "mean nothing"),
        ("[dependency-groups]\ndev = [3]", "mean nothing"),
        ("[dependency-groups]\ndev = ['a b']", "mean nothing"),
        ("[project", "cannot be read"),
    ],
)
def test_what_means_nothing_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        texts(tmp_path, text, groups=("dev",) if "group" in text else ())


def test_an_extra_may_name_others_of_its_own_project(tmp_path: Path) -> None:
    text = """
    [project]
    name = "Some_Demo"
    dependencies = ["one"]
    [project.optional-dependencies]
    all = ["some-demo[gpu, Test]", "four"]
    gpu = ["two", "some.demo[all]"]
    test = ["three; sys_platform == 'linux'", "one"]
    """
    assert texts(tmp_path, text, extras=("all",)) == [
        *("one", "four", "two", "three; sys_platform == 'linux'")
    ]


def test_a_project_whose_extras_are_dynamic_is_told(tmp_path: Path) -> None:
    text = '[project]\nname = "a"\ndynamic = ["optional-dependencies"]\ndependencies = ["one"]'
    assert texts(tmp_path, text) == ["one"]
    with pytest.raises(ConfigurationError, match="dynamic"):
        texts(tmp_path, text, extras=("x",))
