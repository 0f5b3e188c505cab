"""Real version tools tell in a build what they tell in the user's tree."""

from __future__ import annotations

from pathlib import Path

import pytest

import wheelwell
from support.repositories import Repository
from wheelwell.wheel import Origin

PROJECT = """
[build-system]
requires = {requires}
build-backend = "{backend}"

[project]
name = "told"
dynamic = ["version"]

{tables}
"""
SETUPTOOLS = '[tool.setuptools]\npackages = ["told"]\n'
TOOLS = {
    "setuptools-scm": (
        ["setuptools>=77", "setuptools-scm>=8"],
        "setuptools.build_meta",
        f"[tool.setuptools_scm]\n{SETUPTOOLS}",
    ),
    "hatch-vcs": (
        ["hatchling", "hatch-vcs"],
        "hatchling.build",
        '[tool.hatch.version]\nsource="vcs"',
    ),
    "pdm": (["pdm-backend"], "pdm.backend", '[tool.pdm.version]\nsource = "scm"'),
    "versioningit": (
        ["setuptools>=77", "versioningit"],
        "setuptools.build_meta",
        f"[tool.versioningit]\n{SETUPTOOLS}",
    ),
    "setuptools-git-versioning": (
        ["setuptools>=77", "setuptools-git-versioning"],
        "setuptools.build_meta",
        f"[tool.setuptools-git-versioning]\nenabled = true\n{SETUPTOOLS}",
    ),
}


@pytest.mark.network
@pytest.mark.parametrize("tool", TOOLS)
def test_version_is_that_of_the_tag_and_then_another(
    tool: str, tmp_path: Path, cache_dir: Path
) -> None:
    requires, backend, tables = TOOLS[tool]
    made = Repository(tmp_path / "work")
    text = PROJECT.format(requires=requires, backend=backend, tables=tables)
    ignored = "*.egg-info/\nbuild/\n__pycache__/\n"
    made.commit({"pyproject.toml": text, "told/__init__.py": "", ".gitignore": ignored})
    made.tag("v1.2")
    with wheelwell.open_cache(cache_dir) as cache:
        assert cache.get(str(made.path)).version == "1.2"
        assert cache.get(f"{made.uri}@v1.2").version == "1.2"
        made.commit({"told/more.py": ""})
        after = cache.get(str(made.path))
        assert after.version != "1.2"
        assert cache.get(made.uri).version == after.version
        assert cache.get(str(made.path)).origin is Origin.LOCAL
    assert made.git("status", "--short", "--ignored") == ""
