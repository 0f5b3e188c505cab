"""`pdm.lock`: what PDM has locked, by group and marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wheelwell.lists.files import at, filename_of, in_git, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text, texts
from wheelwell.lists.wanted import Choice, File, Wanted
from wheelwell.request import normalize
from wheelwell.requires_python import admits

DEFAULT = "default"
"""The group of what the project itself needs."""


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted: the default group, and the groups and extras that were chosen.

    PDM calls both groups. Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    metadata = table(lock.get("metadata", {}), "metadata")
    version = text(metadata, "lock_version", "metadata")
    if version.partition(".")[0] != "4":
        raise Unreadable(f"its lock_version is {version!r}, and 4 is what is known")
    choice.check_python(path, text(metadata, "requires_python", "metadata"))
    known = [each for each in texts(metadata, "groups", "metadata") if each != DEFAULT]
    choice.check(path, extras=known, groups=known)
    chosen = {DEFAULT, *map(normalize, (*choice.groups, *choice.extras))}
    seen = set()
    for package in tables(lock.get("package"), "package"):
        name = needed(package, "name", "a package")
        if not _is_wanted(package, name, chosen, choice):
            continue
        wanted = _wanted(package, name, directory)
        if wanted.request not in seen:  # it comes once more for each of its extras
            seen.add(wanted.request)
            yield wanted


def _is_wanted(package: Mapping[str, Any], name: str, chosen: set[str], choice: Choice) -> bool:
    groups = {normalize(each) for each in texts(package, "groups", name) or [DEFAULT]}
    if not groups & chosen or not choice.admits(text(package, "marker", name)):
        return False
    # Where markers are not inherited, versions for other Pythons are told by this alone.
    version = choice.environment.get("python_full_version", "")
    return admits(text(package, "requires_python", name), version)


def _wanted(package: Mapping[str, Any], name: str, directory: str) -> Wanted:
    inside = text(package, "subdirectory", name)
    files = [_file(each, name) for each in tables(package.get("files"), name)]
    if git := text(package, "git", name):
        commit = needed(package, "revision", name)
        return in_git(name, git, commit, directory, inside=inside)
    if place := text(package, "path", name) or text(package, "url", name):
        hashes = [each for file in files for each in file.hashes]
        return at(name, place, directory, hashes=hashes, inside=inside)
    return pinned(name, needed(package, "version", name), files)


def _file(file: Mapping[str, Any], name: str) -> File:
    url, hashed = text(file, "url", name), text(file, "hash", name)
    return File(
        name=text(file, "file", name) or filename_of(url),
        hashes=(hashed,) if hashed else (),
        url=url,
    )
