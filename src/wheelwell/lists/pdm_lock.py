"""`pdm.lock`: what PDM has locked, by group and marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wheelwell.lists.files import filename_of, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import normalize, parse_request

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
    known = [str(each) for each in metadata.get("groups", ()) if each != DEFAULT]
    choice.check(path, extras=known, groups=known)
    chosen = {DEFAULT, *map(normalize, (*choice.groups, *choice.extras))}
    seen = set()
    for package in tables(lock.get("package"), "package"):
        name = needed(package, "name", "a package")
        groups = {normalize(str(each)) for each in package.get("groups", [DEFAULT])}
        is_wanted = groups & chosen and choice.admits(text(package, "marker", name))
        for wanted in _wanted(package, name, directory) if is_wanted else ():
            if wanted.request not in seen:  # it comes once more for each of its extras
                seen.add(wanted.request)
                yield wanted


def _wanted(package: Mapping[str, Any], name: str, directory: str) -> Iterator[Wanted]:
    subdirectory = text(package, "subdirectory", name)
    ending = f"#subdirectory={subdirectory}" if subdirectory else ""
    if git := text(package, "git", name):
        asked = f"{name} @ git+{git}@{needed(package, 'revision', name)}{ending}"
    elif place := text(package, "path", name):
        asked = place
    elif url := text(package, "url", name):
        asked = f"{name} @ {url}{ending}"
    else:
        files = tables(package.get("files"), name)
        pairs = [(_filename(each, name), text(each, "hash", name)) for each in files]
        yield pinned(name, needed(package, "version", name), pairs)
        return
    if not filename_of(asked).endswith(".whl"):
        yield Wanted(request=parse_request(asked, directory=directory))


def _filename(file: Mapping[str, Any], name: str) -> str:
    return text(file, "file", name) or filename_of(text(file, "url", name))
