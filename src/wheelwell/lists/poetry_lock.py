"""`poetry.lock`: what Poetry has locked, by group and marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wheelwell.lists.files import filename_of, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import normalize, parse_request

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
    packages = tables(lock.get("package"), "package")
    extras = table(lock.get("extras", {}), "extras")
    groups = {group for package in packages for group in _groups(package)}
    choice.check(path, extras=list(extras), groups=sorted(groups - {MAIN}))
    chosen = {MAIN, *map(normalize, choice.groups)}
    in_extras = _in_extras(extras, choice)
    for package in packages:
        name = needed(package, "name", "a package")
        is_optional = package.get("optional") is True
        if is_optional and "groups" not in package and normalize(name) not in in_extras:
            continue
        if any(_is_wanted(package, group, choice) for group in _groups(package) & chosen):
            yield from _wanted(package, name, directory, metadata)


def _in_extras(extras: Mapping[str, Any], choice: Choice) -> set[str]:
    chosen = {normalize(each) for each in choice.extras}
    return {
        normalize(str(requirement).split()[0].split("[")[0])
        for extra, requirements in extras.items()
        if normalize(extra) in chosen
        for requirement in requirements
    }


def _groups(package: Mapping[str, Any]) -> set[str]:
    """Return the groups of a package: before Poetry 2 they were not locked, but for `category`."""
    found = package.get("groups", [package.get("category", MAIN)])
    return {normalize(str(each)) for each in found}


def _is_wanted(package: Mapping[str, Any], group: str, choice: Choice) -> bool:
    markers = package.get("markers", "")
    marker = markers if isinstance(markers, str) else table(markers, "markers").get(group, "")
    return any(choice.admits(marker, extra=extra) for extra in ("", *choice.extras))


def _wanted(
    package: Mapping[str, Any], name: str, directory: str, metadata: Mapping[str, Any]
) -> Iterator[Wanted]:
    source = table(package.get("source", {}), "source")
    kind, url = text(source, "type", name), text(source, "url", name)
    subdirectory = text(source, "subdirectory", name)
    ending = f"#subdirectory={subdirectory}" if subdirectory else ""
    if kind == "git":
        commit = needed(source, "resolved_reference", name)
        asked = f"{name} @ git+{url}@{commit}{ending}"
    elif kind in {"directory", "file"}:
        asked = url if url.startswith(("/", ".")) else f"./{url}"
    elif kind == "url":
        asked = f"{name} @ {url}{ending}"
    else:
        of_old = table(metadata.get("files", {}), "files").get(name)  # before lock-version 2
        files = tables(package.get("files", of_old), name)
        pairs = [(text(each, "file", name), text(each, "hash", name)) for each in files]
        yield pinned(name, needed(package, "version", name), pairs)
        return
    if not filename_of(asked).endswith(".whl"):
        yield Wanted(request=parse_request(asked, directory=directory))
