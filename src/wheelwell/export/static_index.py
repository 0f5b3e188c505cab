"""A static index: a tree of files that any web server can serve, and that grows with each export.

    <directory>/simple/index.html, index.json
    <directory>/simple/<project>/index.html, index.json
    <directory>/simple/<project>/<wheel>, <wheel>.metadata

A wheel is there before its page lists it, so a reader never meets a link to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from packaging.version import Version

from wheelwell.digest import sha256_chunks
from wheelwell.errors import ExportError
from wheelwell.export import pages
from wheelwell.export.copying import copy, write
from wheelwell.export.item import Exported, Item, exported
from wheelwell.export.metadata import metadata_of, requires_python
from wheelwell.export.pages import Listed
from wheelwell.export.taken import Taken
from wheelwell.instants import instant

LOCK = ".wheelwell.lock"
"""Held while the pages of a tree are written, so that two exports do not undo each other's."""

_PAGE = "index.json"


class StaticIndex:
    """An index in one directory. What it lists already stays listed."""

    def __init__(
        self,
        directory: str,
        *,
        exclusively: Callable[[str], AbstractContextManager[object]],
        is_forced: bool = False,
    ) -> None:
        self._directory = os.path.abspath(directory)
        self._simple = f"{self._directory}/simple"
        self._exclusively = exclusively
        self._is_forced = is_forced
        self._taken = Taken()
        self._listed: dict[str, dict[str, Listed]] = {}

    def put(self, item: Item) -> Exported:
        """Copy a wheel there, with its metadata beside it."""
        place = f"{self._simple}/{item.name}"
        path = f"{place}/{item.record.filename}"
        self._taken.take(path, item)
        os.makedirs(place, exist_ok=True)
        try:
            sha256 = item.record.sha256
            is_new = copy(item.wheel, path, sha256=sha256, is_forced=self._is_forced)
            metadata = metadata_of(path)
            write(f"{path}.metadata", metadata)
        except BaseException:
            self._taken.give_back(path, item)
            raise
        listed = _listed(item, metadata, size=os.path.getsize(path))
        self._listed.setdefault(item.name, {})[listed.filename] = listed
        return exported(item, path, is_new=is_new)

    def finish(self) -> None:
        """List what was put there, beside what was listed before."""
        if not self._listed:
            return
        with self._exclusively(f"{self._directory}/{LOCK}"):
            for project, added in self._listed.items():
                files = {**self._before(project), **added}.values()
                page = f"{self._simple}/{project}/index"
                _write(page, pages.project_html(project, files), pages.project_json(project, files))
            projects = self._projects()
            _write(f"{self._simple}/index", pages.root_html(projects), pages.root_json(projects))

    def abandon(self) -> None:
        """Do nothing: a wheel that no page lists is listed by the next export of it."""

    def _before(self, project: str) -> dict[str, Listed]:
        """Return what a project's page lists, as far as it is there."""
        path = f"{self._simple}/{project}/{_PAGE}"
        try:
            with open(path, encoding="utf-8") as file:
                files = pages.files_of(file.read())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            if self._is_forced:
                return {}
            raise ExportError(
                f"{path} is no page that wheelwell wrote: {error}",
                hint="export to another directory; --force writes the page anew",
            ) from error
        return {each.filename: each for each in files if self._is_there(project, each)}

    def _is_there(self, project: str, file: Listed) -> bool:
        try:
            status = os.lstat(f"{self._simple}/{project}/{file.filename}")
        except OSError:
            return False
        return status.st_size == file.size

    def _projects(self) -> list[str]:
        with os.scandir(self._simple) as found:
            return [each.name for each in found if os.path.exists(f"{each.path}/{_PAGE}")]


def _write(page: str, in_html: str, in_json: str) -> None:
    write(f"{page}.json", in_json.encode())
    write(f"{page}.html", in_html.encode())


def _listed(item: Item, metadata: bytes, *, size: int) -> Listed:
    return Listed(
        filename=item.record.filename,
        version=str(Version(item.record.filename.split("-")[1])),
        sha256=item.record.sha256,
        metadata=sha256_chunks([metadata]),
        requires_python=requires_python(metadata),
        size=size,
        uploaded=instant(item.record.observed.built_at),
    )
