"""`pylock.toml`: the lock file that is the same for every tool (PEP 751), read by `packaging`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.pylock import Package, Pylock, PylockValidationError

from wheelwell.lists.files import filename_of, pinned
from wheelwell.lists.toml import Unreadable
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import parse_request


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted: what always is, and the groups and extras that were chosen.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    try:
        pylock = Pylock.from_dict(lock)
    except PylockValidationError as error:
        raise Unreadable(str(error)) from error
    choice.check(path, extras=pylock.extras or (), groups=pylock.dependency_groups or ())
    groups = [*(pylock.default_groups or ()), *choice.groups]
    environment: dict[str, Any] = {
        **choice.environment,
        "extras": frozenset(choice.extras),
        "dependency_groups": frozenset(groups),
    }
    for package in pylock.packages:
        if package.marker is None or package.marker.evaluate(environment, context="lock_file"):
            yield from _wanted(package, directory)


def _wanted(package: Package, directory: str) -> Iterator[Wanted]:
    if vcs := package.vcs:
        place = vcs.url or vcs.path
        if vcs.type != "git":
            raise Unreadable(f"{package.name} is in {vcs.type}, and Git is what is known")
        ending = f"#subdirectory={vcs.subdirectory}" if vcs.subdirectory else ""
        asked = f"{package.name} @ git+{place}@{vcs.commit_id}{ending}"
    elif package.directory:
        asked = _below(package.directory.path)
        if package.directory.subdirectory:
            asked += f"#subdirectory={package.directory.subdirectory}"
    elif package.archive:
        place = package.archive.url or _below(package.archive.path or "")
        is_url = bool(package.archive.url)
        asked = f"{package.name} @ {place}" if is_url else place
        if is_url and "sha256" in package.archive.hashes:
            asked += f"#sha256={package.archive.hashes['sha256']}"
    else:
        yield _at_index(package)
        return
    if not filename_of(asked).endswith(".whl"):
        yield Wanted(request=parse_request(asked, directory=directory))


def _at_index(package: Package) -> Wanted:
    if package.version is None:
        raise Unreadable(f"{package.name} has no version")
    files = [*(package.wheels or ()), *([package.sdist] if package.sdist else ())]
    return pinned(
        package.name,
        str(package.version),
        [
            (file.name or filename_of(file.url or file.path or ""), f"{kind}:{digest}")
            for file in files
            for kind, digest in file.hashes.items()
        ],
    )


def _below(path: str) -> str:
    return path if path.startswith("/") else f"./{path}"
