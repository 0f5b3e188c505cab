"""The record: what stands beside a stored wheel and says what it is and how it came to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from wheelwell.digest import Sha256, canonical, is_sha256, sha256_text
from wheelwell.key import Key
from wheelwell.needs import Needs

SCHEMA = 1
"""The version of the record's form. Fields may be added to it without a new number."""


class LaterRecord(ValueError):
    """A record is one of a later version, and not for this one to judge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What a file's status says at no cost; a change of it is a sign of damage."""

    size: int
    """In bytes."""

    mtime_ns: int
    """Of the last change of its content."""

    ctime_ns: int
    """Of the last change of its content, owner, mode or links."""

    inode: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """What no key can hold, noted while the wheel was built."""

    python: str
    """The full version of the interpreter."""

    libc: str
    """Family and version, as in `glibc 2.36`."""

    requirements: Mapping[str, str] = field(default_factory=dict)
    """The distributions in the build environment, name and version."""

    wheelwell: str = ""
    """The version of wheelwell."""

    frontend: str = ""
    """What called the hooks and what filled the environment, with their versions."""

    origin: str = ""
    """Where the source was fetched from, without credentials."""

    built_at: str = ""
    """When, in UTC (RFC 3339)."""

    seconds: float = 0.0
    """How long the hooks took, in seconds of wall time."""

    cpu_seconds: float = 0.0
    """How long the hooks computed, over all their processes."""

    peak_memory: int = 0
    """The resident size of the largest process, in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The contents of `record.json`."""

    key: Key
    inputs: Mapping[str, Any]
    """Every part of the key, so that a miss can be explained."""

    build: str
    """The directory, beside the record, of the build that it names."""

    filename: str
    """Of the wheel."""

    sha256: Sha256
    """Of the wheel."""

    stamp: Stamp
    """Of the wheel, as it was stored."""

    native: tuple[str, ...] = ()
    """The extension modules and libraries in the wheel."""

    needs: Needs | None = None
    """What its native code needs of a machine; None where that could not be learned."""

    degraded: str = "no"
    """Whether it has less than its source can give: `yes`, `no` or `unknown`."""

    evidence: tuple[str, ...] = ()
    """Lines that say why, in our words or the log's."""

    system: str = ""
    """Of a degraded wheel, a digest of how the system looked to its build."""

    observed: Observed

    def to_text(self) -> str:
        """Return the text of `record.json`."""
        value = asdict(self) | {"schema": SCHEMA}
        # In ASCII, which can also say what is not a character (a variable may hold any bytes).
        return json.dumps(value, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Record:
        """Read a record; raise `ValueError` where it is not one, or not one that can be true.

        Fields that this version does not know are ignored.
        """
        try:
            return cls._from_json(json.loads(text))
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a record: {error!r}") from error

    @classmethod
    def _from_json(cls, value: Mapping[str, Any]) -> Record:
        if isinstance(value["schema"], int) and value["schema"] > SCHEMA:
            raise LaterRecord(f"a record of schema {value['schema']}, of a later version")
        if value["schema"] != SCHEMA:
            raise ValueError(f"a record of schema {value['schema']!r}")
        inputs = value["inputs"]
        if not isinstance(inputs, dict) or sha256_text(canonical(inputs)) != value["key"]:
            raise ValueError("the key is not that of the inputs")
        if not is_sha256(value["sha256"]):
            raise ValueError("no SHA-256 of the wheel")
        return cls(
            key=Key(value["key"]),
            inputs=inputs,
            build=_component(value["build"]),
            filename=_wheel_name(value["filename"]),
            sha256=Sha256(value["sha256"]),
            stamp=Stamp(**{name: int(value["stamp"][name]) for name in Stamp.__slots__}),
            native=tuple(map(str, value["native"])),
            needs=None if value.get("needs") is None else Needs.from_json(value["needs"]),
            degraded=_degraded(value.get("degraded", "no")),
            evidence=tuple(map(str, value.get("evidence", ()))),
            system=str(value.get("system", "")),
            observed=_observed(value["observed"]),
        )


def _degraded(value: object) -> str:
    if value not in ("yes", "no", "unknown"):
        raise ValueError(f"degraded is {value!r}")
    return str(value)


def _observed(value: Mapping[str, Any]) -> Observed:
    known = {field.name: value[field.name] for field in fields(Observed) if field.name in value}
    observed = Observed(**known)
    for name, found in known.items():
        if not isinstance(found, _KINDS.get(name, str)):
            raise TypeError(f"observed {name} is {found!r}")
    return observed


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "requirements": dict,
    "seconds": (int, float),
    "cpu_seconds": (int, float),
    "peak_memory": int,
}
"""The types of what is observed, where it is not text."""


def _wheel_name(name: object) -> str:
    """Let only a wheel's file name pass: with name, version and three tags (PEP 427)."""
    filename = _component(name)
    if not filename.endswith(".whl") or filename.count("-") not in {4, 5}:
        raise ValueError(f"not the file name of a wheel: {filename!r}")
    return filename


def _component(name: object) -> str:
    """Let only a plain file name pass: a record must not lead out of its directory."""
    if not isinstance(name, str) or not name or name in {".", ".."} or {"/", "\\", "\0"} & {*name}:
        raise ValueError(f"not a file name: {name!r}")
    name.encode(errors="surrogateescape")  # UnicodeEncodeError, which is a ValueError
    return name
