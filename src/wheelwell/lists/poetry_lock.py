"""`poetry.lock`: what Poetry has locked, by group and marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wheelwell.lists.files import at, in_git, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text, texts
from wheelwell.lists.wanted import Choice, File, Wanted
from wheelwell.request import normalize
from wheelwell.requires_python import admits

MAIN = "main"
"""The group of what the project itself needs."""


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted: the main group, the groups that were chosen, and extras.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    metadata = table(lock.get("metadata", {}), "metadata")
    version = text(metadata, "lock-version", "metadata")
    if version.partition(".")[0] not in {"1", "2"}:
        raise Unreadable(f"its lock-version is {version!r}, and 1 and 2 are what is known")
    choice.check_python(path, text(metadata, "python-versions", "metadata"))
    packages = tables(lock.get("package"), "package")
    extras = table(lock.get("extras", {}), "extras")
    groups = {group for package in packages for group in _groups(package)}
    choice.check(path, extras=list(extras), groups=sorted(groups - {MAIN}))
    chosen = {MAIN, *map(normalize, choice.groups)}
    in_extras = _in_extras(extras, choice)
    for package in packages:
        name = needed(package, "name", "a package")
        if not _is_told(package) and not _is_for(package, name, in_extras, choice):
            continue
        if any(_is_wanted(package, group, choice) for group in _groups(package) & chosen):
            yield _wanted(package, name, directory, metadata)


def indexes(lock: Mapping[str, Any]) -> list[str]:
    """Return the indexes that packages come from beside the default one. Raises `Unreadable`."""
    sources = (
        table(package.get("source", {}), "source")
        for package in tables(lock.get("package"), "package")
    )
    return [
        *dict.fromkeys(
            needed(each, "url", "a source") for each in sources if each.get("type") == "legacy"
        )
    ]


def _is_told(package: Mapping[str, Any]) -> bool:
    """Say whether a lock tells when a package is wanted: Poetry does since its version 2."""
    return "groups" in package


def _is_for(package: Mapping[str, Any], name: str, in_extras: set[str], choice: Choice) -> bool:
    """Say whether a package of an older lock may be wanted, which its own words do not tell."""
    if package.get("optional") is True and normalize(name) not in in_extras:
        return False
    version = choice.environment.get("python_full_version", "")
    return admits(text(package, "python-versions", name), version)


def _in_extras(extras: Mapping[str, Any], choice: Choice) -> set[str]:
    chosen = {normalize(each) for each in choice.extras}
    return {
        normalize(requirement.split("(")[0].split("[")[0].strip())
        for extra in extras
        if normalize(extra) in chosen
        for requirement in texts(extras, extra, "extras")
    }


def _groups(package: Mapping[str, Any]) -> set[str]:
    """Return the groups of a package: before Poetry 2 they were not locked, but for `category`."""
    name = needed(package, "name", "a package")
    found = texts(package, "groups", name) or [text(package, "category", name) or MAIN]
    return set(map(normalize, found))


def _is_wanted(package: Mapping[str, Any], group: str, choice: Choice) -> bool:
    markers = package.get("markers", "")
    marker = markers
    if not isinstance(markers, str):
        marker = text(table(markers, "markers"), group, "markers")
    return any(choice.admits(marker, extra=extra) for extra in ("", *choice.extras))


def _wanted(
    package: Mapping[str, Any], name: str, directory: str, metadata: Mapping[str, Any]
) -> Wanted:
    source = table(package.get("source", {}), "source")
    kind, url = text(source, "type", name), text(source, "url", name)
    inside = text(source, "subdirectory", name)
    of_old = table(metadata.get("files", {}), "files").get(name)  # before lock-version 2
    files = [
        File(name=text(each, "file", name), hashes=tuple(filter(None, [text(each, "hash", name)])))
        for each in tables(package.get("files", of_old), name)
    ]
    if kind == "git":
        commit = needed(source, "resolved_reference", name)
        return in_git(name, url, commit, directory, inside=inside)
    if kind in {"directory", "file", "url"}:
        hashes = [each for file in files for each in file.hashes]
        return at(name, needed(source, "url", name), directory, hashes=hashes, inside=inside)
    return pinned(name, needed(package, "version", name), files)
