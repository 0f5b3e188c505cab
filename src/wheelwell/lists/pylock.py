"""`pylock.toml`: the lock file that is the same for every tool (PEP 751), read by `packaging`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock, PylockValidationError

from wheelwell.lists.files import as_uri, at, filename_of, in_git, pinned
from wheelwell.lists.toml import Unreadable
from wheelwell.lists.wanted import Choice, File, Wanted


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted: what always is, and the groups and extras that were chosen.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    try:
        pylock = Pylock.from_dict(lock)
    except PylockValidationError as error:
        raise Unreadable(str(error)) from error
    choice.check(path, extras=pylock.extras or (), groups=pylock.dependency_groups or ())
    choice.check_python(path, str(pylock.requires_python or ""))
    if pylock.environments and not any(choice.admits(str(each)) for each in pylock.environments):
        raise Unreadable("it was locked for other environments than that of this Python")
    groups = [*(pylock.default_groups or ()), *choice.groups]
    environment: dict[str, Any] = {
        **choice.environment,
        "extras": frozenset(choice.extras),
        "dependency_groups": frozenset(groups),
    }
    for package in pylock.packages:
        if _is_wanted(package, environment):
            yield _wanted(package, directory)


def _is_wanted(package: Package, environment: Mapping[str, Any]) -> bool:
    if package.marker is None:
        return True
    try:
        return package.marker.evaluate(dict(environment), context="lock_file")
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError, KeyError) as error:
        told = f"the marker {str(package.marker)!r} means nothing: {error}"
        raise Unreadable(told) from error


def _wanted(package: Package, directory: str) -> Wanted:
    name = package.name
    if vcs := package.vcs:
        if vcs.type != "git":
            raise Unreadable(f"{name} is in {vcs.type}, and Git is what is known")
        place, inside = vcs.url or vcs.path or "", vcs.subdirectory or ""
        return in_git(name, place, vcs.commit_id, directory, inside=inside)
    if package.directory:
        inside = package.directory.subdirectory or ""
        return at(name, package.directory.path, directory, inside=inside)
    if archive := package.archive:
        place, inside = archive.url or archive.path or "", archive.subdirectory or ""
        return at(name, place, directory, hashes=_hashes(archive.hashes), inside=inside)
    if package.version is None:
        raise Unreadable(f"{name} has no version")
    files = [*(package.wheels or ()), *([package.sdist] if package.sdist else ())]
    return pinned(name, str(package.version), [_file(each, directory) for each in files])


def _file(file: PackageWheel | PackageSdist, directory: str) -> File:
    place = file.url or file.path or ""
    return File(
        name=file.name or filename_of(place),
        hashes=_hashes(file.hashes),
        url=file.url or (as_uri(directory, place) if place else ""),
    )


def _hashes(told: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{kind}:{digest}" for kind, digest in told.items())
