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

from wheelwell.lists.toml import Unreadable, table, text, texts
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import normalize, parse_request


def select(data: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield the project's dependencies, and those of the extras and groups that were chosen.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    project = table(data.get("project", {}), "project")
    if not project and not choice.groups:
        raise Unreadable("it has no [project], and no --group of it was chosen")
    dynamic = texts(project, "dynamic", "project")
    if "dependencies" in dynamic or ("optional-dependencies" in dynamic and choice.extras):
        raise Unreadable("its dependencies are dynamic: only its backend can tell them")
    extras = table(project.get("optional-dependencies", {}), "optional-dependencies")
    groups = table(data.get("dependency-groups", {}), "dependency-groups")
    choice.check(path, extras=list(extras), groups=list(groups))
    choice.check_python(path, text(project, "requires-python", "project"))
    wanted = [
        *texts(project, "dependencies", "project"),
        *(each for extra in choice.extras for each in texts(extras, _key(extras, extra), "extras")),
        *_of_groups(groups, choice),
    ]
    own = normalize(text(project, "name", "project"))
    seen: set[str] = set()
    while wanted:
        told = wanted.pop(0)
        if told in seen:
            continue
        seen.add(told)
        request = parse_request(told, directory=directory, may_be_wheel=True)
        if not choice.admits(request.marker):
            continue
        if not own or request.name != own:
            yield Wanted(request=request)
            continue
        for extra in request.extras:  # an extra may name others of its own project
            if extra not in map(normalize, extras):
                raise Unreadable(f"{told} names an extra that it does not have")
            wanted += texts(extras, _key(extras, extra), "extras")


def _of_groups(groups: Mapping[str, Any], choice: Choice) -> Iterator[str]:
    try:
        yield from resolve_dependency_groups(dict(groups), *choice.groups)
    except _WRONG as error:
        raise Unreadable(f"its dependency groups mean nothing: {error}") from error


_WRONG = (
    *(CyclicDependencyGroup, DuplicateGroupNames, InvalidDependencyGroupObject, RecursionError),
    *(InvalidRequirement, LookupError, ValueError, TypeError, AttributeError, ExceptionGroup),
)


def _key(extras: Mapping[str, Any], wanted: str) -> str:
    return next(extra for extra in extras if normalize(extra) == normalize(wanted))
