"""`uv.lock`: what uv has locked, walked from the projects of the workspace."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wheelwell.lists.files import filename_of, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text
from wheelwell.lists.wanted import Choice, Wanted
from wheelwell.request import normalize, parse_request

_Package = Mapping[str, Any]


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted; the workspace's own projects are not.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    if lock.get("version") != 1:
        raise Unreadable(f"its version is {lock.get('version')!r}, and 1 is what is known")
    packages = tables(lock.get("package"), "package")
    roots = _roots(lock, packages)
    choice.check(
        path,
        extras=[each for root in roots for each in _part(root, "optional-dependencies")],
        groups=[each for root in roots for each in _part(root, "dev-dependencies")],
    )
    left = [(root, extra) for root in roots for extra in ("", *choice.extras)]
    for root, group in itertools.product(roots, choice.groups):
        found = _named(_part(root, "dev-dependencies"), group)
        left += _followed(found, packages, choice)
    seen: set[tuple[int, str]] = set()
    given = {id(root) for root in roots}
    while left:
        package, extra = left.pop()
        if (id(package), extra) in seen:
            continue
        seen.add((id(package), extra))
        if id(package) not in given:
            given.add(id(package))
            yield from _wanted(package, directory)
        found = _named(_part(package, "optional-dependencies"), extra)
        left += _followed(found if extra else package.get("dependencies"), packages, choice)


def _roots(lock: Mapping[str, Any], packages: list[_Package]) -> list[_Package]:
    members = table(lock.get("manifest", {}), "manifest").get("members")
    if members:
        return [each for each in packages if each.get("name") in members]
    return [each for each in packages if "." in _source(each).values()]


def _followed(
    dependencies: Any, packages: list[_Package], choice: Choice
) -> Iterator[tuple[_Package, str]]:
    """Yield the packages that dependencies name, each once for every extra, and once without."""
    for dependency in tables(dependencies, "dependencies"):
        if not choice.admits(text(dependency, "marker", "a dependency")):
            continue
        package = _found(dependency, packages)
        yield package, ""
        for extra in dependency.get("extra", ()):
            yield package, str(extra)


def _found(dependency: Mapping[str, Any], packages: list[_Package]) -> _Package:
    name = needed(dependency, "name", "a dependency")
    for package in packages:
        is_version = dependency.get("version", package.get("version")) == package.get("version")
        is_source = dependency.get("source", package.get("source")) == package.get("source")
        if package.get("name") == name and is_version and is_source:
            return package
    raise Unreadable(f"a dependency on {name} leads nowhere")


def _wanted(package: _Package, directory: str) -> Iterator[Wanted]:
    name = needed(package, "name", "a package")
    source = _source(package)
    kind, place = next(iter(source.items()), ("", ""))
    subdirectory = text(source, "subdirectory", name)
    ending = f"#subdirectory={subdirectory}" if subdirectory else ""
    if kind == "registry":
        files = [*tables(package.get("wheels"), name)]
        if "sdist" in package:
            files.append(table(package["sdist"], name))
        yield pinned(
            name,
            needed(package, "version", name),
            [(_filename(each), text(each, "hash", name)) for each in files],
        )
    elif kind == "git":
        parts = urlsplit(str(place))
        asked = parse_qs(parts.query)
        ending = f"#subdirectory={asked['subdirectory'][0]}" if "subdirectory" in asked else ending
        bare = parts._replace(query="", fragment="").geturl()
        yield _at(f"{name} @ git+{bare}@{parts.fragment}{ending}", directory)
    elif kind in {"url", "path"} and filename_of(str(place)).endswith(".whl"):
        return  # it is a wheel already
    elif kind == "url":
        hashed = text(table(package.get("sdist", {}), name), "hash", name)
        both = "&".join(filter(None, [hashed.replace(":", "=", 1), ending.removeprefix("#")]))
        yield _at(f"{name} @ {place}{'#' if both else ''}{both}", directory)
    elif kind in {"path", "directory", "editable"}:
        yield _at(f"./{place}{ending}" if not str(place).startswith("/") else str(place), directory)
    elif kind != "virtual":
        raise Unreadable(f"the source of {name} is of no known kind")


def _at(asked: str, directory: str) -> Wanted:
    return Wanted(request=parse_request(asked, directory=directory))


def _filename(file: Mapping[str, Any]) -> str:
    return next(
        (filename_of(str(file[name])) for name in ("filename", "url", "path") if name in file), ""
    )


def _source(package: _Package) -> Mapping[str, Any]:
    return table(package.get("source", {}), "source")


def _part(package: _Package, name: str) -> Mapping[str, Any]:
    return table(package.get(name, {}), name)


def _named(part: Mapping[str, Any], name: str) -> Any:
    """Return the entry of a table whose name is compared as projects' names are."""
    return next((part[each] for each in part if normalize(each) == normalize(name)), None)
