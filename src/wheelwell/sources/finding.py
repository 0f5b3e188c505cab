"""Finding: all files of a project, at every index and place that the user named."""

from __future__ import annotations

from pathlib import Path

from wheelwell.errors import FetchError
from wheelwell.indexes import Indexes
from wheelwell.request import ARCHIVE_SUFFIXES
from wheelwell.sources.fetch import Web, filename_of, local_path
from wheelwell.sources.index import ACCEPT, IndexFile, UnreadablePage, parse_page
from wheelwell.sources.select import is_of
from wheelwell.urls import without_credentials


def find_files(web: Web, indexes: Indexes, project: str) -> list[IndexFile] | None:
    """Return the files of a project, in the order of the indexes, or None if none knows it.

    Raises `FetchError`: an index that cannot be asked might have had the right answer.
    """
    linked = [
        file
        for place in indexes.find_links
        for file in _linked(web, place)
        if is_of(file.filename, project)  # a directory holds many projects
    ]
    pages = [_page(web, f"{url.rstrip('/')}/{project}/") for url in indexes.urls]
    if all(page is None for page in pages) and not linked:
        return None
    return [*linked, *(file for page in pages if page is not None for file in page)]


def _page(web: Web, url: str) -> list[IndexFile] | None:
    page = web.page(url, accept=ACCEPT)
    if page is None:
        return None
    try:
        return parse_page(page.body, content_type=page.content_type, url=page.url)
    except UnreadablePage as error:
        raise FetchError(without_credentials(url), f"it cannot be understood: {error}") from error


def _linked(web: Web, place: str) -> list[IndexFile]:
    """Return the files at a place of `--find-links`: a directory, an archive, a page of links."""
    path = local_path(place) if place.startswith("file:") else Path(place).expanduser()
    if "://" in place and not place.startswith("file:"):
        if place.endswith((*ARCHIVE_SUFFIXES, ".whl")):
            return [IndexFile(filename=filename_of(place), url=place)]
        return _page(web, place) or []
    if path.is_dir():
        return [_local(child) for child in sorted(path.resolve().iterdir()) if child.is_file()]
    if path.suffix == ".html":
        return _page(web, path.resolve().as_uri()) or []
    return [_local(path.resolve())] if path.is_file() else []


def _local(path: Path) -> IndexFile:
    return IndexFile(filename=path.name, url=path.as_uri())
