"""What is built, of what is wanted: by default what upstream has no wheel for that fits."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell.errors import ConfigurationError
from wheelwell.fit import tags_of
from wheelwell.request import is_name, normalize

ALL, NONE = ":all:", ":none:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Which projects are built though upstream has a wheel, and which never are.

    As with pip, a project's name on one side counts more than `:all:` on the other.
    """

    built: frozenset[str] = frozenset()
    """Projects that are built in any case, normalized (PEP 503); `:all:` for all."""

    never_built: frozenset[str] = frozenset()
    """Projects that are not built in any case; `:all:` for all."""

    def must_build(self, project: str) -> bool:
        """Say whether a project is built though upstream may have a wheel."""
        is_named = project in self.built
        return is_named or (ALL in self.built and project not in self.never_built)

    def may_build(self, project: str) -> bool:
        """Say whether a project may be built at all."""
        is_refused = ALL in self.never_built and project not in self.built
        return not is_refused and project not in self.never_built


def projects(values: list[str], switch: str) -> frozenset[str]:
    """Read what pip's `--no-binary` and `--only-binary` take: names, `:all:`, `:none:`.

    `:none:` takes back what came before. Raises `ConfigurationError`.
    """
    found: set[str] = set()
    for each in (part.strip() for value in values for part in value.split(",")):
        if each == NONE:
            found.clear()
        elif each == ALL or is_name(each):
            found.add(each if each == ALL else normalize(each))
        else:
            raise ConfigurationError(f"{switch} takes a project's name, {ALL} or {NONE}: {each!r}")
    return frozenset(found)


def has_fitting(filenames: tuple[str, ...], tags: tuple[str, ...]) -> bool:
    """Say whether a wheel of these names can run where these tags can."""
    wanted = set(tags)
    return any(wanted.intersection(tags_of(each)) for each in filenames)
