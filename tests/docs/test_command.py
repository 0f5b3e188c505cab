"""The command's reference is complete: every switch, every field, every exit code, and no other."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator

import pytest

import wheelwell
from docs.markdown import REFERENCE, ROOT, firsts, read, rows, section, spans
from wheelwell.cli import exits
from wheelwell.cli.parser import parser


def _commands() -> dict[str, argparse.ArgumentParser]:
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("there are no commands")


def _switches(of: argparse.ArgumentParser) -> Iterator[tuple[list[str], str]]:
    """Return a parser's switches: all spellings, and what follows them."""
    for action in of._actions:
        if action.option_strings and action.dest != "help":
            takes = action.nargs != 0
            yield sorted(action.option_strings), str(action.metavar) if takes else ""


def _documented(cell: str) -> tuple[list[str], str]:
    """Read the switch in a cell: the last of its spellings has what follows it."""
    *others, last = spans(cell)
    spelling, _, metavar = last.partition(" ")
    return sorted([*others, spelling]), metavar


COMMANDS = _commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_switch_of_a_command_is_in_the_reference_and_no_other(name: str) -> None:
    text = section(REFERENCE / "command.md", f"`wheelwell {name}`")
    told = [_documented(row[0]) for row in rows(text) if row[0].startswith("`-")]
    assert sorted(told) == sorted(_switches(COMMANDS[name]))


def test_every_command_is_in_the_reference_and_no_other() -> None:
    found = re.findall(r"^## `wheelwell (\w+)`$", read(REFERENCE / "command.md"), re.MULTILINE)
    assert found == [*COMMANDS]


def test_the_switches_without_a_command_are_in_the_reference() -> None:
    head = read(REFERENCE / "command.md").partition("\n## ")[0]
    told = {span for span in spans(head) if span.startswith("-")}
    assert told == {text for action in parser()._actions for text in action.option_strings}


def test_every_json_field_and_origin_is_in_the_reference_and_no_other() -> None:
    told = firsts(section(REFERENCE / "command.md", "JSON"))
    names = _keys("wheel.py", "to_json")
    origins = {origin.value for origin in wheelwell.Origin} | {"failed"}
    assert {*told} == names | origins


def test_every_field_of_info_is_in_the_reference() -> None:
    told = spans(section(REFERENCE / "command.md", "`wheelwell info`"))
    assert _keys("cli/place.py", "_facts") <= {*told}
    assert _keys("cli/place.py", "_held") <= {*told}


def _keys(path: str, function: str) -> set[str]:
    """Return the keys of the dictionary that a function of the source returns."""
    tree = ast.parse((ROOT / "src" / "wheelwell" / path).read_text(encoding="utf-8"))
    (found,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    return {
        str(key.value)
        for node in ast.walk(found)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }


def test_every_exit_code_is_in_the_reference_and_no_other() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper() and name[0] != "_"}
    told = [int(row[0]) for row in rows(read(REFERENCE / "exit-codes.md"))]
    assert told == sorted(codes)


def test_the_help_tells_no_exit_code_that_the_reference_does_not() -> None:
    epilog = parser().epilog or ""
    helped = {int(code) for code in re.findall(r"\b(\d{1,3})(?=  |:)", epilog)}
    assert helped <= {int(row[0]) for row in rows(read(REFERENCE / "exit-codes.md"))}
    assert helped
