"""`uv.lock`: what uv has locked, walked from the projects of the workspace."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wheelwell.lists.files import as_uri, at, filename_of, in_git, pinned
from wheelwell.lists.toml import Unreadable, needed, table, tables, text, texts
from wheelwell.lists.wanted import Choice, File, Wanted
from wheelwell.request import normalize

_Package = Mapping[str, Any]

_EXTRA = re.compile(r"""\bextra\s*(==|!=)\s*(["'])([^"']*)\2""")
"""A part of a marker: uv writes chosen extras and groups of conflicts that way."""

_TRUE, _FALSE = "python_version >= '0'", "python_version < '0'"


def select(lock: Mapping[str, Any], path: str, directory: str, choice: Choice) -> Iterator[Wanted]:
    """Yield what is wanted; the workspace's own projects are not.

    Raises `Unreadable`, `ConfigurationError` and `InvalidRequest`.
    """
    if lock.get("version") != 1:
        raise Unreadable(f"its version is {lock.get('version')!r}, and 1 is what is known")
    choice.check_python(path, text(lock, "requires-python", "it"))
    packages = tables(lock.get("package"), "package")
    manifest = table(lock.get("manifest", {}), "manifest")
    roots = _roots(manifest, packages)
    groups = [
        table(manifest.get("dependency-groups", {}), "dependency-groups"),
        *(_part(root, "dev-dependencies") for root in roots),
    ]
    choice.check(
        path,
        extras=[each for root in roots for each in _part(root, "optional-dependencies")],
        groups=[each for each_of in groups for each in each_of],
    )
    _check_conflicts(lock, choice)
    walk = _Walk(_by_name(packages), choice, frozenset(_active(roots, choice)))
    left = [(root, extra) for root in roots for extra in ("", *choice.extras)]
    left += walk.followed(manifest.get("requirements"))
    for part in groups:
        for group in choice.groups:
            left += walk.followed(_named(part, group))
    for package in walk.reached(left):
        if all(package is not root for root in roots):
            yield from _wanted(package, directory)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk along dependencies."""

    packages: Mapping[str, list[_Package]]
    choice: Choice
    active: frozenset[str]
    """The extras and groups that were chosen, as uv writes them into markers."""

    def reached(self, left: list[tuple[_Package, str]]) -> Iterator[_Package]:
        """Yield the packages that are reached, each once."""
        seen: set[tuple[int, str]] = set()
        given: set[int] = set()
        while left:
            package, extra = left.pop()
            if (id(package), extra) in seen:
                continue
            seen.add((id(package), extra))
            if id(package) not in given:
                given.add(id(package))
                yield package
            found = _named(_part(package, "optional-dependencies"), extra)
            left += self.followed(found if extra else package.get("dependencies"))

    def followed(self, dependencies: Any) -> Iterator[tuple[_Package, str]]:
        """Yield the packages that dependencies name, each for every extra, and once without."""
        for dependency in tables(dependencies, "dependencies"):
            if not self._admits(text(dependency, "marker", "a dependency")):
                continue
            package = self._found(dependency)
            yield package, ""
            for extra in texts(dependency, "extra", "a dependency"):
                yield package, extra

    def _admits(self, marker: str) -> bool:
        def settled(found: re.Match[str]) -> str:
            return _TRUE if (found[3] in self.active) == (found[1] == "==") else _FALSE

        return self.choice.admits(_EXTRA.sub(settled, marker))

    def _found(self, dependency: Mapping[str, Any]) -> _Package:
        name = needed(dependency, "name", "a dependency")
        for package in self.packages.get(name, ()):
            if all(dependency.get(each, package.get(each)) == package.get(each) for each in _WHICH):
                return package
        raise Unreadable(f"a dependency on {name} leads nowhere")


_WHICH = ("version", "source")
"""What tells packages of one name apart."""


def _by_name(packages: list[_Package]) -> Mapping[str, list[_Package]]:
    found: dict[str, list[_Package]] = defaultdict(list)
    for package in packages:
        found[needed(package, "name", "a package")].append(package)
    return found


def _roots(manifest: Mapping[str, Any], packages: list[_Package]) -> list[_Package]:
    members = texts(manifest, "members", "manifest")
    if members:
        return [each for each in packages if each.get("name") in members]
    return [each for each in packages if "." in _source(each).values()]


def _check_conflicts(lock: Mapping[str, Any], choice: Choice) -> None:
    """Raise `Unreadable` where extras or groups are chosen that the lock keeps apart."""
    sets = lock.get("conflicts", [])
    for each in sets if isinstance(sets, list) else [sets]:
        found = [
            f"{kind} {item[kind]}"
            for item in tables(each, "conflicts")
            for kind, chosen in (("extra", choice.extras), ("group", choice.groups))
            if kind in item and normalize(text(item, kind, "conflicts")) in map(normalize, chosen)
        ]
        if len(found) > 1:
            raise Unreadable(f"it keeps {' and '.join(found)} apart: choose one of them")


def _active(roots: list[_Package], choice: Choice) -> Iterator[str]:
    for root in roots:
        name = needed(root, "name", "a package")
        for kind, chosen in (("extra", choice.extras), ("group", choice.groups)):
            for each in chosen:
                yield f"{kind}-{len(name)}-{name}-{normalize(each)}"


def _wanted(package: _Package, directory: str) -> Iterator[Wanted]:
    name = needed(package, "name", "a package")
    source = _source(package)
    kind = next((each for each in source if each in _KINDS), "")
    place, inside = text(source, kind, name) if kind else "", text(source, "subdirectory", name)
    if kind == "registry":
        files = [*_files(package, place, directory)]
        yield pinned(name, needed(package, "version", name), files)
    elif kind == "git":
        yield _git(name, place, directory, inside)
    elif kind in {"url", "path"}:
        hashes = [each for file in _files(package, "", directory) for each in file.hashes]
        yield at(name, place, directory, hashes=tuple(hashes), inside=inside)
    elif kind in {"directory", "editable"}:
        yield at(name, place, directory, inside=inside)
    elif kind != "virtual":
        raise Unreadable(f"the source of {name} is of no known kind")


_KINDS = frozenset({"registry", "git", "url", "path", "directory", "editable", "virtual"})


def _git(name: str, place: str, directory: str, inside: str) -> Wanted:
    """Return what is wanted of `git = "URL?rev=REF&subdirectory=PLACE#COMMIT"`."""
    try:
        parts = urlsplit(place)
    except ValueError as error:
        raise Unreadable(f"the source of {name} is no URL: {error}") from error
    inside = inside or parse_qs(parts.query).get("subdirectory", [""])[0]
    if not parts.fragment:
        raise Unreadable(f"the source of {name} names no commit")
    bare = parts._replace(query="", fragment="").geturl()
    return in_git(name, bare, parts.fragment, directory, inside=inside)


def _files(package: _Package, registry: str, directory: str) -> Iterator[File]:
    name = needed(package, "name", "a package")
    files = tables(package.get("wheels"), name)
    if "sdist" in package:
        files.append(table(package["sdist"], name))
    for file in files:
        url, path = text(file, "url", name), text(file, "path", name)
        if path:
            url = url or as_uri(directory, registry.removeprefix("file://"), path)
        hashed = text(file, "hash", name)
        yield File(
            name=text(file, "filename", name) or filename_of(path or url),
            hashes=(hashed,) if hashed else (),
            url=url,
        )


def _source(package: _Package) -> Mapping[str, Any]:
    return table(package.get("source", {}), "source")


def _part(package: _Package, name: str) -> Mapping[str, Any]:
    return table(package.get(name, {}), name)


def _named(part: Mapping[str, Any], name: str) -> Any:
    """Return the entry of a table whose name is compared as projects' names are."""
    return next((part[each] for each in part if normalize(each) == normalize(name)), None)
