"""The table of flaws names every test of this directory, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent


def test_the_table_names_every_test_here_and_no_other() -> None:
    named = re.findall(r"`(test_\w+)`", (HERE / "README.md").read_text(encoding="utf-8"))
    defined = {
        item.name
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for item in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")
    }
    assert {*named} == defined
