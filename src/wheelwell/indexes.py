"""Indexes: where projects are looked for, and how to reach that."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from wheelwell.urls import without_credentials

DEFAULT = ""
"""The index where nothing else is set: pip's own default, which pip itself is asked for."""


class Network(enum.Enum):
    """What may be asked over the network."""

    AS_NEEDED = enum.auto()
    """What is not known yet."""

    REFRESH = enum.auto()
    """Everything, as if nothing were known."""

    NEVER = enum.auto()
    """Nothing: what is not known is `NotInCache`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Indexes:
    """Where projects are looked for, in the user's order."""

    urls: tuple[str, ...] = (DEFAULT,)
    """Simple indexes (PEP 503), perhaps with credentials."""

    find_links: tuple[str, ...] = ()
    """Directories of archives, pages of links to them, or archives themselves."""

    def __repr__(self) -> str:
        return f"Indexes({self.named()})"

    def local(self) -> Indexes:
        """Return those of them that are on this machine."""
        return Indexes(
            urls=tuple(filter(is_local, self.urls)),
            find_links=tuple(filter(is_local, self.find_links)),
        )

    def named(self) -> dict[str, list[str]]:
        """Return what names this set of indexes, without credentials."""
        return {
            "urls": [without_credentials(url) or "pip's default index" for url in self.urls],
            "find-links": [without_credentials(place) for place in self.find_links],
        }


def is_local(place: str) -> bool:
    """Say whether a URL or path is on this machine."""
    return place.startswith("file:") or (place != DEFAULT and "://" not in place)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How to reach indexes."""

    timeout: float = 15.0
    """How long, in seconds, a server may be silent."""

    certificates: str = ""
    """A file or directory of certificate authorities; empty for the environment's or the usual."""

    client_certificate: str = ""
    """A file with a client's certificate and key; empty for none."""

    proxy: str = field(default="", repr=False)
    """The URL of a proxy; empty for the environment's, or none."""

    trusted_hosts: tuple[str, ...] = ()
    """Hosts, perhaps with a port, whose certificates are not checked."""

    keyring: str = "auto"
    """Which keyring is asked once a server has refused: pip's `--keyring-provider`."""
