"""The table of flaws names every test of this directory, and no other; each flaw has its proof."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docs.markdown import read, rows

HERE = Path(__file__).parent
TABLE = HERE / "README.md"


def test_the_table_names_every_test_here_and_no_other() -> None:
    named = re.findall(r"`(test_\w+)`", read(TABLE))
    defined = {
        item.name
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for item in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")
    }
    assert {*named} == defined


def test_every_flaw_has_a_proof_or_says_where_it_will_be_proved() -> None:
    for flaw, proof in rows(read(TABLE)):
        assert re.match(r"`test_|with the |not tried: ", proof), flaw


def test_no_number_of_pips_flaws_is_left_out() -> None:
    numbers = [flaw.split()[0] for flaw, _ in rows(read(TABLE))]
    assert [int(number) for number in numbers if number.isdigit()] == [*range(1, 30)]
