"""Whether constraints have a say: they have none about what is pinned as they want it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wheelwell.request import Request


def undecided(requests: Iterable[Request], constraints: Sequence[Request]) -> list[Request]:
    """Return the requests about which constraints say more than the requests themselves.

    Whether a constraint's own marker holds is not asked: who resolves will.
    """
    return [
        request
        for request in requests
        if any(
            constraint.name == request.name and not _admits(constraint, request)
            for constraint in constraints
        )
    ]


def _admits(constraint: Request, request: Request) -> bool:
    """Say whether a request's one version is known to be what a constraint asks for."""
    if constraint.path or constraint.url or not request.pin:
        return (constraint.path, constraint.url) == (request.path, request.url) != ("", "")
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(constraint.specifier).contains(request.pin, prereleases=True)
    except InvalidVersion:
        return False
