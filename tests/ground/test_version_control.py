"""Whether a version comes from version control is read from the build files, or assumed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.version_control import tells_version

STATIC = '[project]\nname = "a"\nversion = "1"\n'
DYNAMIC = '[project]\nname = "a"\ndynamic = ["version"]\n'


@pytest.mark.parametrize(
    "requirement",
    """
    setuptools-scm setuptools_scm[toml]>=8 hatch-vcs versioningit poetry-dynamic-versioning
    versioneer[toml]==0.29 pbr>=2 setuptools-git-versioning flit-scm dunamai vcs-versioning
    uv-dynamic-versioning setuptools-git-version
    """.split(),
)
@pytest.mark.parametrize("project", [STATIC, DYNAMIC])
def test_build_requirement_tells(requirement: str, project: str) -> None:
    text = f'[build-system]\nrequires = ["setuptools", "{requirement}"]\n{project}'
    assert tells_version({"pyproject.toml": text})


@pytest.mark.parametrize(
    "table",
    [
        *("[tool.setuptools_scm]", "[tool.versioneer]", "[tool.poetry-dynamic-versioning]"),
        *('[tool.pdm.version]\nsource = "scm"', '[tool.hatch.version]\nsource = "vcs"'),
        *("[tool.pbr]", "[tool.versioningit]"),
    ],
)
def test_table_of_a_tool_tells(table: str) -> None:
    assert tells_version({"pyproject.toml": f"{DYNAMIC}{table}\n"})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.py", "setup(use_scm_version=True)"),
        ("setup.py", 'check_output(["git", "describe"])\nsetup(version="1")'),
        ("setup.py", "import versioneer"),
        ("setup.py", "setup(setup_requires=['pbr'], pbr=True)"),
        ("setup.py", "setup(version=compute())"),
        ("setup.cfg", "[options]\nsetup_requires = setuptools_scm"),
        ("cpp/CMakeLists.txt", "find_package(Git REQUIRED)"),
        ("meson.build", "vcs_tag(input: 'a', output: 'b')"),
    ],
)
def test_build_file_tells(path: str, text: str) -> None:
    assert tells_version({path: text})


def test_backend_in_the_tree_is_in_doubt() -> None:
    text = f'[build-system]\nrequires = []\nbackend-path = ["."]\n{DYNAMIC}'
    assert tells_version({"pyproject.toml": text})
    assert not tells_version({"pyproject.toml": text.replace('dynamic = ["', 'version = "1" # ')})


@pytest.mark.parametrize(
    "texts",
    [
        {"pyproject.toml": STATIC},
        {"pyproject.toml": DYNAMIC + '[tool.hatch.version]\npath = "a.py"\n'},
        {"pyproject.toml": DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "a.v"}\n'},
        {"pyproject.toml": '[tool.poetry]\nname = "a"\nversion = "1"\n'},
        {"setup.py": 'setup(name="a", version="1", url="https://github.com/a/b.git")'},
        {"setup.py": "setup()", "setup.cfg": "[metadata]\nversion = attr: a.v\n"},
        {"pyproject.toml": STATIC, "CMakeLists.txt": "project(a)"},
    ],
)
def test_version_that_is_told_elsewhere_is_not(texts: dict[str, str]) -> None:
    assert not tells_version(texts)


@settings(deadline=None)
@given(st.text(max_size=40) | st.sampled_from(["[project]\n", "project = 1", "tool = []"]))
def test_any_text_has_an_answer(text: str) -> None:
    assert tells_version({"pyproject.toml": text, "setup.py": text}) in {True, False}
