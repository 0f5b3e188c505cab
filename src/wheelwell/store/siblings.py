"""Siblings: the records of all builds of one source, whatever their keys."""

from __future__ import annotations

import os

from wheelwell.record import Record
from wheelwell.source import Source
from wheelwell.store.layout import RECORD, Layout


def records_of(layout: Layout, project: str, source: Source) -> tuple[Record, ...]:
    """Return the records of a source's entries that can be read, in the order of their keys.

    Their wheels are not looked at.
    """
    directory = f"{layout.wheels}/{project}/{source.token}"
    try:
        keys = sorted(os.listdir(directory))
    except OSError:
        return ()
    found = (_read(f"{directory}/{key}/{RECORD}") for key in keys)
    return tuple(record for record in found if record is not None)


def _read(path: str) -> Record | None:
    try:
        with open(path, encoding="utf-8") as file:
            return Record.from_text(file.read())
    except (OSError, ValueError):
        return None
