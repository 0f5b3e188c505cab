"""What is built, of what is wanted: by default what upstream has no wheel for that fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wheelwell.fit import tags_of
from wheelwell.opposites import Opposites, names_in

_SIDES = {"--no-binary": True, "--only-binary": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Which projects are built though upstream has a wheel, and which never are.

    As with pip, a project's name on one side counts more than `:all:` on the other.
    """

    built: frozenset[str] = frozenset()
    """Projects that are built in any case, normalized (PEP 503); `:all:` for all not named."""

    never_built: frozenset[str] = frozenset()
    """Projects that are not built in any case; `:all:` for all not named."""

    def must_build(self, project: str) -> bool:
        """Say whether a project is built though upstream may have a wheel."""
        return self._side_of(project) is True

    def may_build(self, project: str) -> bool:
        """Say whether a project may be built at all."""
        return self._side_of(project) is not False

    def _side_of(self, project: str) -> bool | None:
        return Opposites(yes=self.built, no=self.never_built).side_of(project)


def policy_of(rules: Iterable[tuple[str, str]]) -> Policy:
    """Return the policy that `--no-binary` and `--only-binary` make, each with its value.

    As with pip a later one takes a project from an earlier one. Other switches are passed over.
    Raises `ConfigurationError`.
    """
    sides = Opposites()
    for switch, value in rules:
        if switch in _SIDES:
            sides = sides.put(names_in(value, switch), side=_SIDES[switch])
    return Policy(built=sides.yes, never_built=sides.no)


def has_fitting(filenames: tuple[str, ...], tags: tuple[str, ...]) -> bool:
    """Say whether a wheel of these names can run where these tags can."""
    wanted = set(tags)
    return any(wanted.intersection(tags_of(each)) for each in filenames)
