"""The configuration's reference is complete: every setting and every variable, and no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

import wheelwell
from docs.markdown import REFERENCE, SOURCES, Block, blocks, read, rows, section, spans
from wheelwell import config
from wheelwell.options import Reuse
from wheelwell.pip_settings import TRUE

KINDS = {"text": str, "list": list, "true or false": bool, "seconds": float, "table": dict}
KINDS["tables"] = Mapping
KINDS["`fit` or `exact`"] = Reuse
KINDS["`no` or `group`"] = config.Shared


def test_every_setting_is_in_the_reference_with_variable_kind_and_who_may_set_it() -> None:
    told = {
        spans(name)[0]: (spans(variable), KINDS[kind], of_projects)
        for name, variable, kind, of_projects, _ in rows(
            section(REFERENCE / "configuration.md", "Settings")
        )
    }
    assert told == {
        name: (
            [] if kind in {dict, Mapping} else [f"WHEELWELL_{name.upper().replace('-', '_')}"],
            kind,
            "yes" if name in config._OF_PROJECTS else "no",
        )
        for name, kind in config._KINDS.items()
    }


def test_every_setting_of_a_projects_table_is_in_the_reference() -> None:
    told = {
        spans(name)[0]: (KINDS[kind], of_projects)
        for name, kind, of_projects, _ in rows(
            section(REFERENCE / "configuration.md", "Tables of projects")
        )
    }
    assert told == {
        name: (kind, "no" if name == "secret-env" else "yes")
        for name, kind in config._OF_PACKAGES.items()
    }


def test_every_word_for_true_and_false_is_in_the_reference_and_no_other() -> None:
    text = section(REFERENCE / "configuration.md", "Settings")
    true, false = re.search(r"true is (.*?), false is (.*?)\. ", text).groups()  # type: ignore[union-attr]
    assert {*spans(true)} == TRUE
    assert {*spans(false)} == config._FALSE - {""}


def test_every_variable_that_wheelwell_looks_at_is_in_the_reference() -> None:
    told = {*spans(read(REFERENCE / "configuration.md"))}
    looked_at = {name for path in SOURCES for name in _looked_at(path)}
    assert {"WHEELWELL_CONFIG_FILE", "PIP_CONFIG_FILE", "PYENV_ROOT", "NO_COLOR"} <= looked_at
    assert looked_at <= told


def _looked_at(path: Path) -> set[str]:
    """Return the names in `environ.get("NAME")`, and in the tuples of such names."""
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"environ(?:\.get\(|\[)f?\"([A-Z_]+)\"", text))
    for listed in re.findall(
        r"^(?:_SHIM_VARIABLES|COMPILER_CACHES) = \((.*?)\)", text, re.MULTILINE
    ):
        found |= set(re.findall(r"\"(\w+)\"", listed))
    return found


def _toml_blocks() -> list[Block]:
    return [block for block in blocks(REFERENCE / "configuration.md") if block.language == "toml"]


@pytest.mark.parametrize("block", _toml_blocks(), ids=lambda block: block.text.splitlines()[0])
def test_the_configuration_files_that_are_shown_can_be_read(block: Block, tmp_path: Path) -> None:
    name = block.text.splitlines()[0].removeprefix("# ")
    (tmp_path / name).write_text(block.text)
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
    if name == "wheelwell.toml":
        environ["WHEELWELL_CONFIG_FILE"] = str(tmp_path / name)
    found = wheelwell.load_configuration(environ=environ, directory=str(tmp_path))
    table = tomllib.loads(block.text)
    assert found.timeout == table.get("tool", {}).get("wheelwell", table)["timeout"]
    assert found.settings.config
    assert found.packages
    assert not found.warnings
