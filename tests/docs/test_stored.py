"""The references of key, record and disk layout are complete: what is stored is what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from docs.markdown import DOCS, REFERENCE, ROOT, blocks, firsts, read, rows, section, spans
from support.projects import materialise
from wheelwell import buckets, toolchain
from wheelwell.builder.environ import build_environ
from wheelwell.digest import canonical, sha256_text
from wheelwell.needs import Library, Needs
from wheelwell.record import Observed, Record, Stamp
from wheelwell.settings import KNOWN_PREFIXES, KNOWN_VARIABLES
from wheelwell.sources.left_out import LEFT_OUT
from wheelwell.store.layout import Layout


def test_every_known_build_variable_is_in_the_reference_and_no_other() -> None:
    told = [
        span
        for row in rows(section(REFERENCE / "key.md", "Variables that enter by themselves"))
        for span in spans(row[1])
    ]
    assert sorted(told) == sorted([*KNOWN_VARIABLES, *(f"{start}*" for start in KNOWN_PREFIXES)])


def test_every_variable_that_a_build_is_given_is_in_the_reference(tmp_path: Path) -> None:
    given = build_environ(
        environment=tmp_path,
        home=tmp_path,
        temporary=tmp_path,
        directories=(),
        epoch=0,
        variables={},
        environ={},
    )
    told = spans(section(REFERENCE / "key.md", "What a build has besides"))
    assert given.keys() <= {*told}
    assert {given["LANG"], given["TZ"], given["TERM"]} <= {*told}


def test_every_language_is_in_the_reference_with_the_roles_of_its_compilers() -> None:
    told = rows(section(REFERENCE / "key.md", "Compilers"))
    assert {spans(row[0])[0]: tuple(spans(row[1])) for row in told} == toolchain.ROLES


def test_every_name_that_a_directory_leaves_out_is_in_the_reference() -> None:
    assert {*spans(section(REFERENCE / "key.md", "Parts"))} >= LEFT_OUT


def test_the_key_that_is_shown_is_that_of_its_text() -> None:
    (block,) = (each for each in blocks(REFERENCE / "key.md") if each.language == "json")
    record = Record.from_text(_record_shown())
    assert block.text.strip() == canonical(record.inputs)
    assert sha256_text(block.text.strip()) in spans(read(REFERENCE / "key.md"))


def test_the_keys_that_are_shown_of_other_builds_are_those_of_their_texts() -> None:
    inputs: Any = Record.from_text(_record_shown()).inputs
    flags = {**inputs, "settings": {**inputs["settings"], "variables": {"CFLAGS": "-O1"}}}
    newer = {"implementation": "cpython", "soabi": "cpython-312-x86_64-linux-gnu"}
    later = {**inputs, "interpreter": {**newer, "version": "3.12"}}
    keys = [sha256_text(canonical(each)) for each in (inputs, flags, later)]
    tutorial = read(DOCS / "tutorial" / "first-hit.md")
    assert all(f"/{key}/" in tutorial for key in keys)
    assert f"\nkey {keys[1]}\n" in read(ROOT / "README.md")


def test_every_part_of_a_key_is_in_the_reference(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("c-extension", tmp_path)
    with wheelwell.open_cache(cache_dir) as cache:
        inputs = cache.plan(str(tree)).keyed.inputs()
    told = section(REFERENCE / "key.md", "Parts")
    assert {*firsts(told)} == inputs.keys()
    assert {*_names(inputs)} <= {*spans(told)}


def _names(value: object) -> Iterator[str]:
    """Return the names of all fields in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _record_shown() -> str:
    (block,) = (each for each in blocks(REFERENCE / "record.md") if each.language == "json")
    return block.text


def test_the_record_that_is_shown_is_one_word_for_word() -> None:
    assert Record.from_text(_record_shown()).to_text() == _record_shown()


def test_every_field_of_a_record_is_in_the_reference_and_no_other() -> None:
    names = {
        each.name for kind in (Record, Stamp, Observed, Needs, Library) for each in fields(kind)
    }
    assert {*firsts(read(REFERENCE / "record.md"))} == names | {"schema"}


def test_every_place_in_a_used_cache_is_in_the_reference(tmp_path: Path, cache_dir: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(materialise("c-extension", tmp_path)))
        with pytest.raises(wheelwell.WheelwellError):
            cache.get(str(materialise("backend-raises", tmp_path)))
    (drawing,) = (each.text for each in blocks(REFERENCE / "disk-layout.md"))
    told = set(re.findall(r"^  (\.?[\w.-]+)", drawing, re.MULTILINE))
    assert {path.name for path in cache_dir.iterdir()} <= told


def test_every_place_of_the_layout_is_in_the_reference_and_no_other() -> None:
    layout = Layout("")
    places = {
        getattr(layout, name).strip("/")
        for name, kind in vars(Layout).items()
        if isinstance(kind, property)
    }
    (drawing,) = (each.text for each in blocks(REFERENCE / "disk-layout.md"))
    told = set(re.findall(r"^  ([\w.-]+)/", drawing, re.MULTILINE))
    told_at_once = {name for name in told if f"{name}/<name>.json" in drawing}
    assert told - told_at_once == places
    assert told_at_once == {*buckets.FACTS}
