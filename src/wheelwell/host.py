"""The host: an interpreter, and what its machine gives of what one wheel needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wheelwell.interpreter import Interpreter


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What a wheel must fit."""

    interpreter: Interpreter

    libraries: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The symbol versions that each library defines, by the library's name. One that is not here
    is not in it; only those that the wheel needs are looked for."""

    cpu: frozenset[str] = frozenset()
    """The CPU's features; read only where the wheel needs some."""
