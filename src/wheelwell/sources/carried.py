"""What is remembered of a source, in a form that another cache can check and take over.

With it, a request whose wheel was carried there is a hit without a network: its pin is known, and
what its source is called. Nothing is said of a project or a version but the entry's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from wheelwell.buckets import IDENTITIES, RESOLUTIONS, UPLOADS
from wheelwell.digest import is_sha256, sha256_of
from wheelwell.identity import Identity
from wheelwell.indexes import Indexes
from wheelwell.instants import instant
from wheelwell.protocols import Memory
from wheelwell.request import Request
from wheelwell.source import Archive, Source
from wheelwell.sources.resolve import resolution_parts

_KNOWN = ("filename", "sha256", "requires_python", "origin", "note")


def carried(
    memory: Memory,
    indexes: Indexes,
    *,
    source: Source,
    inputs: Mapping[str, Any],
    request: Request | None = None,
) -> dict[str, Any]:
    """Return what is remembered of an entry's source, and of its pin at these indexes."""
    told = {
        "identity": memory.recall(IDENTITIES, source.token),
        "told": memory.recall(IDENTITIES, _told_as(inputs)),
    }
    if isinstance(source, Archive):
        told["uploaded"] = (memory.recall(UPLOADS, source.sha256) or {}).get("uploaded")
        told["resolutions"] = _resolutions(memory, indexes, source, inputs, request)
    return {name: value for name, value in told.items() if value}


def learn(
    memory: Memory, facts: Mapping[str, Any], *, source: Source, inputs: Mapping[str, Any]
) -> str:
    """Remember what came with an entry; return what of it was not believed, and why, or nothing."""
    problems = []
    for name, take in _TAKERS.items():
        if name in facts:
            try:
                take(memory, facts[name], source, inputs)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problems.append(f"{name}: {error}")
    return "; ".join(problems)


def _resolutions(
    memory: Memory,
    indexes: Indexes,
    source: Archive,
    inputs: Mapping[str, Any],
    request: Request | None,
) -> list[dict[str, Any]]:
    """Return what these indexes said of the pin, as it was asked for, and as one usually asks."""
    usual = Request(text="", name=inputs["name"], specifier=f"=={inputs['version']}")
    asked = [request] if request is not None and request.pin and not request.url else []
    found = []
    for each in (usual, *(one for one in asked if one.specifier != usual.specifier or one.hashes)):
        parts = resolution_parts(indexes, each)
        fact = memory.recall(RESOLUTIONS, sha256_of(parts))
        if isinstance(fact, dict) and fact.get("sha256") == source.sha256:
            found.append({"asked": parts, "found": {name: fact.get(name) for name in _KNOWN}})
    return found


def _take_identity(memory: Memory, value: Any, source: Source, inputs: Mapping[str, Any]) -> None:
    identity = _identity(value, inputs)
    memory.remember(IDENTITIES, source.token, identity.to_json())


def _take_told(memory: Memory, value: Any, _source: Source, inputs: Mapping[str, Any]) -> None:
    identity = _identity(value, inputs)
    if not identity.is_complete:
        raise ValueError("it tells no name or no version")
    memory.remember(IDENTITIES, _told_as(inputs), identity.to_json())


def _take_uploaded(memory: Memory, value: Any, source: Source, _: Mapping[str, Any]) -> None:
    told = instant(str(value))
    if not isinstance(source, Archive) or not told:
        raise ValueError("it is no instant")
    memory.remember(UPLOADS, source.sha256, {"uploaded": told})


def _take_resolutions(
    memory: Memory, value: Any, source: Source, inputs: Mapping[str, Any]
) -> None:
    for each in value:
        asked, found = each["asked"], each["found"]
        _check_asked(asked, inputs)
        if not isinstance(source, Archive) or source.subdirectory:
            raise ValueError("an index has no such source")
        if found["sha256"] != source.sha256 or not _are_texts(found[name] for name in _KNOWN):
            raise ValueError("it leads to another source")
        if {"/", "\\", "\0"} & {*found["filename"]} or found["filename"] in {"", ".", ".."}:
            raise ValueError("it names no file")
        memory.remember(RESOLUTIONS, sha256_of(asked), {name: found[name] for name in _KNOWN})


_TAKERS = {
    "identity": _take_identity,
    "told": _take_told,
    "uploaded": _take_uploaded,
    "resolutions": _take_resolutions,
}


def _check_asked(asked: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Check that a pin is of the entry's own project and version."""
    if asked.keys() != {"indexes", "name", "version", "hashes", "queries"}:
        raise ValueError("it does not say what was asked")
    pinned = asked["version"].removeprefix("=").removeprefix("=").removeprefix("=")
    if asked["name"] != inputs["name"] or Version(pinned) != Version(inputs["version"]):
        raise ValueError("it is of another project or version")
    if asked["queries"] and not is_sha256(asked["queries"]):
        raise ValueError("it does not say what was asked")


def _identity(value: Any, inputs: Mapping[str, Any]) -> Identity:
    identity = Identity.from_json(value)
    if identity.name not in {"", inputs["name"]} or identity.version not in {
        "",
        inputs["version"],
    }:
        raise ValueError("it is of another project or version")
    return identity


def _told_as(inputs: Mapping[str, Any]) -> str:
    """Return what `identities` remembers under for a build: it has the same parts of a key."""
    return sha256_of([inputs["source"], inputs["interpreter"], inputs["settings"]])


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)
