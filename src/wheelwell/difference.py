"""Differences: where the parts of two keys are not the same, and in what words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One part of a key that two builds do not share."""

    field: str
    """Where in the key it is, as in `settings.variables.CFLAGS`."""

    wanted: Any
    """What was asked for, as a JSON value; None where it has no such part."""

    found: Any
    """What the other build has there; None where it has no such part."""

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {"field": self.field, "wanted": self.wanted, "found": self.found}

    def __str__(self) -> str:
        return f"{named(self.field)}: wanted {shown(self.wanted)}, found {shown(self.found)}"


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return every part in which the inputs of two keys differ, in the key's order."""
    here, there = flat(wanted), flat(found)
    return tuple(
        Difference(field=name, wanted=here.get(name), found=there.get(name))
        for name in dict.fromkeys((*here, *there))
        if here.get(name) != there.get(name)
    )


def distance(found: Iterable[Difference]) -> tuple[int, int]:
    """Return how far two builds are from each other: in how many parts, and in how many fields."""
    fields = [each.field for each in found]
    return len({field.partition(".")[0] for field in fields}), len(fields)


def flat(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a key by field: a source, a compiler or a list is one of them."""
    fields: dict[str, Any] = {}
    for part, value in inputs.items():
        if part in _WHOLE:
            fields[part] = value
        elif part == "toolchain":
            fields |= {f"toolchain.{each['role']}": each for each in value}
        else:
            fields |= _flat(part, value)
    return fields


def _flat(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    return {
        field: each
        for key, inner in value.items()
        for field, each in _flat(f"{name}.{key}", inner).items()
    }


_WHOLE = frozenset({"source"})
"""Parts whose fields mean nothing by themselves."""


def named(field: str) -> str:
    """Return a field in words."""
    if field in _WORDS:
        return _WORDS[field]
    for start, words in _STARTS.items():
        if field.startswith(start):
            return f"{words} {field.removeprefix(start)}"
    return field


_WORDS: Mapping[str, str] = {
    "schema": "the form of the key",
    "name": "the project",
    "version": "the version",
    "source": "the source",
    "interpreter.implementation": "the implementation of Python",
    "interpreter.version": "the version of Python",
    "interpreter.soabi": "the ABI of Python",
    "platform.tag": "the platform",
    "platform.machine": "the architecture",
    "platform.libc": "the C library",
    "settings.as_of": "the date of build requirements",
    "settings.constraints": "the build constraints",
    "settings.isolation": "isolation",
    "settings.requirements": "the extra build requirements",
}

_STARTS: Mapping[str, str] = {
    "settings.config.": "the config setting",
    "settings.installed.": "the installed distribution",
    "settings.variables.": "the variable",
    "settings.": "the setting",
    "toolchain.": "the compiler",
}


def shown(value: Any) -> str:
    """Return the value of a field as people read it."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, dict) and "role" in value:
        return _compiler(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items() if each)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _compiler(value: Mapping[str, str]) -> str:
    if not value["identity"]:
        return "none"
    target = f" for {value['target']}" if value["target"] else ""
    version = value["version"]
    name = "" if version.startswith(value["identity"]) else f"{value['identity']} "
    return f"{name}{version}{target}"
