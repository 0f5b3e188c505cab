"""The library's reference is complete: every public name, field and method, and no other."""

from __future__ import annotations

import re
import threading
from dataclasses import fields
from pathlib import Path

import pytest

import wheelwell
from docs.markdown import REFERENCE, SOURCES, firsts, read, section
from support.projects import materialise

LIBRARY = REFERENCE / "library.md"


def test_every_public_name_is_in_the_reference_and_no_other() -> None:
    head = read(LIBRARY).partition("\n## ")[0]
    assert sorted(firsts(head)) == sorted(wheelwell.__all__)


@pytest.mark.parametrize(
    "kind",
    [
        wheelwell.Options,
        wheelwell.Wheel,
        wheelwell.Plan,
        wheelwell.Explanation,
        wheelwell.Settings,
        wheelwell.Configuration,
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_field_of_a_public_value_is_in_the_reference_and_no_other(kind: type) -> None:
    told = [name.partition("(")[0] for name in firsts(section(LIBRARY, f"`{kind.__name__}`"))]
    others = {name for name in vars(kind) if name[0] != "_"} - {"is_cancelled", "inputs"}
    others -= {"for_backend"}
    assert {*told} == {each.name for each in fields(kind)} | others


@pytest.mark.parametrize(
    "kind", [wheelwell.Origin, wheelwell.Network, wheelwell.Reuse], ids=lambda k: k.__name__
)
def test_every_member_of_a_public_enumeration_is_in_the_reference(
    kind: type[wheelwell.Origin | wheelwell.Network | wheelwell.Reuse],
) -> None:
    told = firsts(section(LIBRARY, f"`{kind.__name__}`"))
    assert sorted(told) == sorted(member.name for member in kind)


@pytest.mark.parametrize("kind", [wheelwell.WheelCache], ids=lambda kind: kind.__name__)
def test_every_method_of_a_cache_is_in_the_reference_and_no_other(kind: type) -> None:
    told = [name.partition("(")[0] for name in firsts(section(LIBRARY, f"`{kind.__name__}`"))]
    assert sorted(told) == sorted(name for name in vars(kind) if name[0] != "_")


class _Listening(wheelwell.Reporter):
    def __init__(self) -> None:
        self.steps: set[str] = set()

    def began(self, step: str, subject: str) -> None:
        self.steps.add(step)


def test_every_method_of_a_reporter_and_every_step_is_in_the_reference_and_no_other() -> None:
    told = [name.partition("(")[0] for name in firsts(section(LIBRARY, "`Reporter`"))]
    methods = {name for name in vars(wheelwell.Reporter) if name[0] != "_"}
    called = {
        step
        for path in SOURCES
        for step in re.findall(r"\.began\(\s*\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert {*told} == methods | called
    assert "building" in called


def test_the_steps_of_a_build_come_by_the_names_in_the_reference(
    tmp_path: Path, cache_dir: Path
) -> None:
    listening = _Listening()
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(materialise("pure", tmp_path)), reporter=listening, cancel=threading.Event())
    assert listening.steps == {"identifying", "preparing", "building", "checking"}
