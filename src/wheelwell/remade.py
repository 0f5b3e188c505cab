"""Building again: what to ask for so that a record's build comes about once more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wheelwell.record import Record
from wheelwell.settings import Settings


def requests_of(record: Record) -> Iterator[str]:
    """Yield what may lead to a record's source, the most exact first."""
    source: dict[str, Any] = dict(record.inputs["source"])
    name, origin = record.inputs["name"], record.observed.origin
    fragments = [f"subdirectory={source['subdirectory']}"] if source.get("subdirectory") else []
    if source["kind"] == "archive":
        fragments.insert(0, f"sha256={source['sha256']}")
    if origin.startswith("file:") and source["kind"] == "directory":
        yield origin.removeprefix("file://")
    elif origin:
        yield f"{name} @ {origin}{'#' if fragments else ''}{'&'.join(fragments)}"
    if source["kind"] == "archive" and not fragments[1:]:
        yield f"{name}=={record.inputs['version']}"


def settings_of(record: Record) -> Settings:
    """Return the settings of a record's build; its secrets were never stored."""
    told: dict[str, Any] = dict(record.inputs["settings"])
    return Settings(
        config={name: tuple(values) for name, values in told["config"].items()},
        variables=dict(told["variables"]),
        constraints=tuple(told["constraints"]),
        requirements=tuple(told["requirements"]),
        as_of=told["as_of"],
        is_isolated=told["isolation"] == "on",
    )
