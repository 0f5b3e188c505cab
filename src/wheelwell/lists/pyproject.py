"""`pyproject.toml`: what a project depends on (PEP 621), and its dependency groups (PEP 735)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.dependency_groups import (
    CyclicDependencyGroup,
    DuplicateGroupNames,
    InvalidDependencyGroupObject,
    resolve_dependency_groups,
)
from packaging.requirements import InvalidRequirement

from wheelwell.lists.toml import Unreadable, table
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import normalize, parse_request


def select(data: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield the project's dependencies, and those of the extras and groups that were chosen.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    project = table(data.get("project", {}), "project")
    extras = table(project.get("optional-dependencies", {}), "optional-dependencies")
    groups = table(data.get("dependency-groups", {}), "dependency-groups")
    choice.check(path, extras=list(extras), groups=list(groups))
    if "dependencies" in project.get("dynamic", ()):
        raise Unreadable("its dependencies are dynamic: only its backend can tell them")
    texts = [*project.get("dependencies", ())]
    for extra in choice.extras:
        texts += next(found for name, found in extras.items() if _is_same(name, extra))
    try:
        texts += resolve_dependency_groups(dict(groups), *choice.groups)
    except _WRONG as error:
        raise Unreadable(f"its dependency groups mean nothing: {error}") from error
    for text in dict.fromkeys(map(str, texts)):
        request = parse_request(text, directory=directory)
        if choice.admits(request.marker):
            yield Wanted(request=request)


_WRONG = (
    *(CyclicDependencyGroup, DuplicateGroupNames, InvalidDependencyGroupObject),
    *(InvalidRequirement, LookupError, ValueError, TypeError, ExceptionGroup),
)


def _is_same(first: str, second: str) -> bool:
    return normalize(first) == normalize(second)
