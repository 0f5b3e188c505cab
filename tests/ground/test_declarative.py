"""A source is declarative where a known backend reads what is written down, and runs nothing."""

from __future__ import annotations

import pytest

from wheelwell.declarative import is_declarative

FLIT = """
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "foo"
version = "1.0"
dependencies = ["bar; python_version < '3.12'"]
"""
HATCH = FLIT.replace("flit_core>=3.2,<4", "hatchling", 1).replace(
    "flit_core.buildapi", "hatchling.build"
)
SETUPTOOLS = FLIT.replace("flit_core>=3.2,<4", "setuptools>=61").replace(
    "flit_core.buildapi", "setuptools.build_meta"
)
PDM = FLIT.replace("flit_core>=3.2,<4", "pdm-backend").replace("flit_core.buildapi", "pdm.backend")
POETRY = """
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
[tool.poetry]
name = "foo"
version = "1.0"
"""
PKG_INFO = "Metadata-Version: 2.3\nName: foo\nVersion: 1.0\n"


def ask(pyproject: str = FLIT, *names: str, **files: str) -> bool:
    named = {"PKG_INFO": "PKG-INFO", "setup_cfg": "setup.cfg"}
    texts = {named[name]: text for name, text in files.items()}
    texts["pyproject.toml"] = pyproject
    return is_declarative([*texts, "foo/__init__.py", *names], texts)


@pytest.mark.parametrize(
    "pyproject",
    [
        FLIT,
        HATCH,
        SETUPTOOLS,
        PDM,
        HATCH + '[tool.hatch.build.hooks.vcs]\nversion-file = "foo/_version.py"',
        HATCH.replace('version = "1.0"', 'dynamic = ["version"]'),
        HATCH.replace('["hatchling"]', '["hatchling", "Hatch_VCS"]'),
        FLIT.partition("[project]")[0] + "[project]\nname='foo'\nversion='1'",
        "[project]\nname = 'foo'\nversion = '1'",  # no build-system: setuptools (PEP 518)
    ],
)
def test_source_that_only_declares_is_declarative(pyproject: str) -> None:
    assert ask(pyproject)


@pytest.mark.parametrize(
    "pyproject",
    [
        "not toml",
        "build-system = 1",
        "[build-system]\nrequires = 1\n[project]\nname = 'foo'",
        FLIT.replace("[project]", 'backend-path = ["."]\n[project]'),
        FLIT.replace("flit_core.buildapi", "own.backend"),
        SETUPTOOLS.replace('"setuptools>=61"', '"setuptools", "versioneer"'),
        SETUPTOOLS.replace('"setuptools>=61"', '"setuptools", "numpy"'),
        FLIT.replace("dependencies = [", 'dynamic = ["dependencies"]\nx = ['),
        FLIT.replace("dependencies = [", 'dynamic = ["optional-dependencies"]\nx = ['),
        FLIT.replace("dependencies = [", 'dynamic = ["requires-python"]\nx = ['),
        HATCH + "[tool.hatch.build.hooks.custom]",
        HATCH + "[tool.hatch.build.hooks.mypyc]",
        HATCH + "[tool.hatch.build.targets.wheel.hooks.custom]",
        HATCH + "[tool.hatch.metadata.hooks.custom]",
        SETUPTOOLS + "[tool.setuptools.cmdclass]\nbuild_py = 'own.build'",
        PDM + "[tool.pdm.build]\ncustom-hook = 'hook.py'",
        PDM + "[tool.pdm.build]\nrun-setuptools = true",
        POETRY + 'build = "build_it.py"',
        POETRY + '[tool.poetry.build]\nscript = "build_it.py"',
    ],
)
def test_source_with_code_of_its_own_or_of_an_unknown_backend_is_not(pyproject: str) -> None:
    assert not ask(pyproject, PKG_INFO=PKG_INFO)


@pytest.mark.parametrize("name", ["setup.py", "hatch.toml", "hatch_build.py", "pdm_build.py"])
def test_source_with_a_program_at_its_top_is_not(name: str) -> None:
    assert not ask(FLIT, name)
    assert ask(FLIT, f"tests/{name}")


def test_source_whose_setup_cfg_names_commands_is_not() -> None:
    assert ask(SETUPTOOLS, setup_cfg="[options]\nzip_safe = no")
    assert not ask(SETUPTOOLS, setup_cfg="[options]\ncmdclass = build_py = own.Build")
    assert not ask(SETUPTOOLS, setup_cfg="[options]\nsetup_requires = pbr")


def test_source_with_dynamic_dependencies_in_its_metadata_is_not() -> None:
    assert ask(FLIT, PKG_INFO=PKG_INFO)
    assert ask(FLIT, PKG_INFO=f"{PKG_INFO}Dynamic: license-file\n")
    assert not ask(FLIT, PKG_INFO=f"{PKG_INFO}Dynamic: Requires-Dist\n")


def test_source_without_a_project_table_needs_metadata_that_says_what_is_dynamic() -> None:
    assert ask(POETRY, PKG_INFO=PKG_INFO)
    assert not ask(POETRY)
    assert not ask(POETRY, PKG_INFO=PKG_INFO.replace("2.3", "2.1"))
    assert not ask(POETRY, PKG_INFO=f"{PKG_INFO}Dynamic: requires-dist\n")


@pytest.mark.parametrize("name", ["CMakeLists.txt", "sub/meson.build", "rust/build.rs"])
def test_source_with_a_build_script_that_may_ask_which_python_it_is_is_not(name: str) -> None:
    assert not ask(FLIT, name)


@pytest.mark.parametrize(
    "requirement",
    ["setuptools-scm; python_version >= '3.12'", "setuptools @ https://files.example/fork.zip"],
)
def test_source_whose_build_requirements_are_not_the_same_for_all_is_not(requirement: str) -> None:
    assert not ask(SETUPTOOLS.replace('"setuptools>=61"', f'"setuptools", "{requirement}"'))


@pytest.mark.parametrize("section", ["build_py", "build", "install_lib", "global", "aliases"])
def test_source_whose_settings_of_commands_may_add_byte_code_is_not(section: str) -> None:
    assert not ask(SETUPTOOLS, setup_cfg=f"[metadata]\nname = foo\n[{section}]\ncompile = 1\n")
    assert not ask(f"{SETUPTOOLS}[tool.distutils.{section}]\ncompile = 1")


def test_settings_of_commands_that_leave_the_content_alone_are_let_pass() -> None:
    assert ask(SETUPTOOLS, setup_cfg="[egg_info]\ntag_build =\n[bdist_wheel]\nuniversal = 1\n")
    assert ask(f"{SETUPTOOLS}[tool.distutils.bdist_wheel]\nuniversal = true")
