"""The records of a source's builds are found; what is no record is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.stored import publish
from support.values import PURE
from wheelwell.digest import Sha256
from wheelwell.settings import Settings
from wheelwell.source import Archive
from wheelwell.store.disk import Store
from wheelwell.store.siblings import records_of


def test_records_of_all_builds_of_a_source_are_found_and_no_others(store: Store) -> None:
    other = replace(PURE, settings=Settings(variables={"CC": "cc"}))
    foreign = replace(PURE, source=Archive(sha256=Sha256("cd" * 32)))
    published = {publish(store, keyed=keyed).record.key for keyed in (PURE, other)}
    publish(store, keyed=foreign)

    found = records_of(store.layout, PURE.name, PURE.source)

    assert {record.key for record in found} == published


def test_source_that_was_never_built_has_none(store: Store) -> None:
    assert records_of(store.layout, PURE.name, PURE.source) == ()


def test_what_is_damaged_is_left_out(store: Store) -> None:
    entry = publish(store)
    directory = Path(entry.path).parents[1]
    (directory / "record.json").write_text("{")
    (directory.parent / "a-file").write_text("")
    (directory.parent / "empty").mkdir()

    assert records_of(store.layout, PURE.name, PURE.source) == ()
