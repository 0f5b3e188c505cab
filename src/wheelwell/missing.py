"""What a build wants before it can begin: build requirements that no index has a wheel of."""

from __future__ import annotations

from wheelwell.key import Keyed


class RequirementsMissing(Exception):
    """Build requirements have to be built first. `WheelCache` answers it; nobody else sees it."""

    keyed: Keyed
    """The build that they are for."""

    def __init__(self, pins: tuple[str, ...], *, as_of: str) -> None:
        super().__init__(", ".join(pins))
        self.pins = pins
        """Each in one version, or with its URL, as in a requirements file."""

        self.as_of = as_of
        """The instant as of which they were resolved; empty for now."""

    @property
    def project(self) -> str:
        """Whose build requirements they are; empty where only its backend can tell."""
        return self.keyed.name
