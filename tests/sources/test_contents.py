"""A source tells its identity by what it declares, or that only its backend can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.errors import InvalidSource
from wheelwell.identity import Identity
from wheelwell.sources.contents import Contents, identify

PKG_INFO = "Metadata-Version: 2.2\nName: Some.Name\nVersion: 1.0\nRequires-Python: >=3.8\n"
PROJECT = '[project]\nname = "Some.Name"\nversion = "1.0"\nrequires-python = ">=3.8"\n'
DYNAMIC = '[project]\nname = "some-name"\ndynamic = ["version"]\n'
TOLD = Identity(name="some-name", version="1.0", requires_python=">=3.8")


def contents(texts: Mapping[str, str], *names: str) -> Contents:
    return Contents(names=tuple(sorted({*texts, *names})), texts=texts)


def told(texts: Mapping[str, str], *names: str, is_distribution: bool = True) -> Identity:
    found = identify(contents(texts, *names), is_distribution=is_distribution)
    return replace(found, is_declarative=False)  # a question of its own


def test_identity_says_whether_the_source_only_declares() -> None:
    def ask(texts: Mapping[str, str], *names: str, is_distribution: bool = True) -> bool:
        found = identify(contents(texts, *names), is_distribution=is_distribution)
        return found.is_declarative

    assert ask({"pyproject.toml": PROJECT, "PKG-INFO": PKG_INFO})
    assert not ask({"pyproject.toml": PROJECT}, "setup.py")
    assert not ask({"PKG-INFO": PKG_INFO}, "setup.py")
    dynamic = {"pyproject.toml": PROJECT, "PKG-INFO": f"{PKG_INFO}Dynamic: Requires-Dist\n"}
    assert not ask(dynamic)
    # What an old build left in a directory says nothing.
    assert ask(dynamic, is_distribution=False)
    assert not ask({"pyproject.toml": PROJECT}, "meson.build")
    assert not ask({"pyproject.toml": PROJECT}, "meson.build", "a.c")


def test_static_project_table_is_enough() -> None:
    assert told({"pyproject.toml": PROJECT}) == TOLD
    assert told({"pyproject.toml": PROJECT}, is_distribution=False) == TOLD


def test_pkg_info_of_a_distribution_is_enough() -> None:
    assert told({"PKG-INFO": PKG_INFO}, "setup.py") == TOLD
    assert told({"PKG-INFO": PKG_INFO, "pyproject.toml": DYNAMIC}) == TOLD


def test_pkg_info_of_a_directory_does_not_count() -> None:
    assert not told({"PKG-INFO": PKG_INFO}, "setup.py", is_distribution=False).is_complete
    texts = {"PKG-INFO": PKG_INFO, "pyproject.toml": PROJECT.replace("1.0", "2.0")}
    assert told(texts, is_distribution=False).version == "2.0"


def test_pkg_info_of_a_distribution_counts_more_than_its_project_table() -> None:
    texts = {"PKG-INFO": PKG_INFO, "pyproject.toml": PROJECT.replace("1.0", "2.0")}
    assert told(texts).version == "1.0"


@pytest.mark.parametrize(
    "pkg_info",
    [
        "",
        "Name: some-name\n",
        "Name: some-name\nVersion: UNKNOWN\n",
        "Name: \nVersion: 1.0\n",
        "no headers at all",
    ],
)
def test_pkg_info_that_is_incomplete_gives_way_to_the_project_table(pkg_info: str) -> None:
    assert told({"PKG-INFO": pkg_info, "pyproject.toml": PROJECT}) == TOLD
    assert not told({"PKG-INFO": pkg_info}, "setup.py").is_complete


@pytest.mark.parametrize(
    "pyproject",
    [
        "",
        "[build-system]\nrequires = []\n",
        '[project]\nversion = "1.0"\n',
        '[project]\nname = 3\nversion = "1.0"\n',
        '[project]\nname = "a"\nversion = 1.0\n',
        '[project]\nname = "a b"\nversion = "1.0"\n',
        '[project]\nname = "../a"\nversion = "1.0"\n',
        '[project]\nname = ["a"]\nversion = "1.0"\n',
    ],
)
def test_what_is_not_declared_well_is_left_to_the_backend(pyproject: str) -> None:
    identity = told({"pyproject.toml": pyproject})
    assert not identity.is_complete
    assert (identity.name, identity.version) == ("", "")


@pytest.mark.parametrize(
    ("pyproject", "name"),
    [
        (DYNAMIC, "some-name"),
        ('[project]\nname = "a"\n', "a"),
        ('[project]\nname = "a"\nversion = "one"\n', "a"),
    ],
)
def test_a_name_is_known_where_only_the_backend_can_tell_the_version(
    pyproject: str, name: str
) -> None:
    identity = told({"pyproject.toml": pyproject})
    assert not identity.is_complete
    assert (identity.name, identity.version) == (name, "")


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("A.B_c--D", "1.0", ("a-b-c-d", "1.0")),
        ("a", "1.0.0-RC.1", ("a", "1.0.0rc1")),
        ("a", "v1!2.0+Ubuntu-1", ("a", "1!2.0+ubuntu.1")),
        ("a", "01.002", ("a", "1.2")),
        (" a ", " 1.0 ", ("a", "1.0")),
    ],
)
def test_name_and_version_are_told_in_their_canonical_spelling(
    name: str, version: str, expected: tuple[str, str]
) -> None:
    pyproject = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    for identity in (
        told({"pyproject.toml": pyproject}),
        told({"PKG-INFO": f"Name: {name}\nVersion: {version}\n"}, "setup.py"),
    ):
        assert (identity.name, identity.version) == expected


@pytest.mark.parametrize("names", [(), ("README",), ("x/pyproject.toml",), ("PKG-INFO",)])
def test_source_without_a_project_is_refused_with_a_hint(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidSource, match="no Python project") as raised:
        told({}, *names)
    assert "subdirectory" in raised.value.hint


@pytest.mark.parametrize(
    "pyproject",
    ["[project", "a = ", "\0", "project = 3", f"x = {'[' * 5000}", f"x = 1{'0' * 5000}"],
    ids=range(6),
)
def test_broken_pyproject_is_told(pyproject: str) -> None:
    with pytest.raises(InvalidSource, match=r"pyproject\.toml"):
        told({"pyproject.toml": pyproject})


def test_languages_are_those_of_all_files_and_build_files_sorted() -> None:
    texts = {"pyproject.toml": PROJECT, "x/CMakeLists.txt": "project(x LANGUAGES Fortran)"}
    assert told(texts, "x/a.rs", "b.c").languages == ("c", "fortran", "rust")
    assert told({"pyproject.toml": PROJECT}, "a.py").languages == ()


def test_subdirectory_is_seen_as_if_it_were_the_top() -> None:
    whole = contents({"a/pyproject.toml": PROJECT, "pyproject.toml": ""}, "a/x.c", "ab/y.rs")
    below = whole.below("a")
    assert below.names == ("pyproject.toml", "x.c")
    assert identify(below, is_distribution=True).name == "some-name"
    assert identify(below, is_distribution=True).languages == ("c",)
    assert whole.below("") is whole


@pytest.mark.parametrize("subdirectory", ["b", "a/..", "..", "pyproject.toml", "a/x"])
def test_subdirectory_that_is_not_there_is_refused(subdirectory: str) -> None:
    with pytest.raises(InvalidSource, match="no directory"):
        contents({"a/pyproject.toml": PROJECT}, "pyproject.toml").below(subdirectory)


PIECES = ["[project]\n", 'name = "a"\n', "version = ", '"1"\n', "= 1\n", "[", "]", "{", "\n", "'''"]


@settings(deadline=None)
@given(
    pyproject=st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join),
    pkg_info=st.lists(st.sampled_from(["Name: ", "Version: ", "a", "1", "\n"]) | st.text()).map(
        "".join
    ),
)
def test_no_text_raises_anything_but_invalid_source(pyproject: str, pkg_info: str) -> None:
    try:
        identity = told({"pyproject.toml": pyproject, "PKG-INFO": pkg_info})
    except InvalidSource:
        return
    assert identity.name or not identity.version
