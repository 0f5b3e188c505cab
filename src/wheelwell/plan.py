"""The plan of a request: all that is known of it before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelwell.key import Key, Keyed
from wheelwell.request import Request
from wheelwell.settings import Settings

if TYPE_CHECKING:
    from wheelwell.identity import Identity
    from wheelwell.interpreter import Interpreter
    from wheelwell.sources.located import Located


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that is known about a request before anything is built."""

    request: Request
    located: Located
    identity: Identity
    interpreter: Interpreter
    settings: Settings
    keyed: Keyed
    key: Key
