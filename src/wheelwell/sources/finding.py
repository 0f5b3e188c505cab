"""Finding: all files of a project, at every index and place that the user named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wheelwell.errors import ConfigurationError, FetchError
from wheelwell.indexes import Indexes, is_local
from wheelwell.request import ARCHIVE_SUFFIXES
from wheelwell.sources.fetch import Web, local_path
from wheelwell.sources.index import ACCEPT, IndexFile, UnreadablePage, link, parse_page
from wheelwell.sources.select import is_of
from wheelwell.urls import without_credentials


def find_files(
    web: Web, indexes: Indexes, project: str, *, warned: Callable[[str], None]
) -> list[IndexFile] | None:
    """Return the files of a project, in the order of the indexes, or None if none knows it.

    `warned` is told of a place that holds nothing at all.

    Raises `FetchError`: an index that cannot be asked might have had the right answer.
    """
    linked = [
        file
        for place in indexes.find_links
        for file in _linked(web, place, warned)
        if is_of(file.filename, project)  # a directory holds many projects
    ]
    urls = [url or _default_index() for url in indexes.urls]
    pages = [_page(web, f"{url.rstrip('/')}/{project}/") for url in urls]
    if all(page is None for page in pages) and not linked:
        return None
    return [*linked, *(file for page in pages if page is not None for file in page)]


def _default_index() -> str:
    """Return the index that pip asks where nothing is set. Raises `ConfigurationError`."""
    try:
        from pip._internal.models.index import PyPI
    except ImportError as error:
        raise ConfigurationError(
            "no index is set, and there is no pip that could name its default",
            hint="--index-url URL, or PIP_INDEX_URL",
        ) from error
    return str(PyPI.simple_url)


def _page(web: Web, url: str) -> list[IndexFile] | None:
    page = web.page(url, accept=ACCEPT)
    if page is None:
        return None
    try:
        return parse_page(page.body, content_type=page.content_type, url=page.url)
    except UnreadablePage as error:
        raise FetchError(
            without_credentials(url),
            f"it cannot be understood: {error}",
            hint="is it the URL of a simple index (PEP 503, 691)?",
        ) from error


def _linked(web: Web, place: str, warned: Callable[[str], None]) -> list[IndexFile]:
    """Return the files at a place of `--find-links`: a directory, an archive, a page of links."""
    if not is_local(place):
        file = _file_at(place)
        found = [file] if file else _page(web, place)
    else:
        found = _on_this_machine(web, place)
    if found is None:
        warned(f"there is nothing at {without_credentials(place)} (find-links)")
    return found or []


def _on_this_machine(web: Web, place: str) -> list[IndexFile] | None:
    path = local_path(place) if place.startswith("file:") else Path(place).expanduser()
    if path.is_dir():
        return [_local(child) for child in _children(path.absolute()) if child.is_file()]
    if path.suffix == ".html":
        return _page(web, path.absolute().as_uri())
    # Not resolved: a link's own name tells project and version.
    return [_local(path.absolute())] if path.is_file() else None


def _file_at(place: str) -> IndexFile | None:
    """Return the file that a link names by itself, or None where it names a page."""
    try:
        file = link(place)
    except ValueError as error:
        raise FetchError(without_credentials(place), "it is no URL") from error
    if file and file.filename.lower().endswith((*ARCHIVE_SUFFIXES, ".whl")):
        return file
    return None


def _children(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError as error:
        raise FetchError(str(directory), error.strerror or "it cannot be read") from error


def _local(path: Path) -> IndexFile:
    return IndexFile(filename=path.name, url=path.as_uri())
