"""Finding: all files of a project, at every index and place that the user named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wheelwell.errors import ConfigurationError, FetchError, NotInCache
from wheelwell.indexes import Indexes, Network, is_local
from wheelwell.request import ARCHIVE_SUFFIXES
from wheelwell.sources.fetch import Web, local_path
from wheelwell.sources.index import ACCEPT, IndexFile, UnreadablePage, link, parse_page
from wheelwell.sources.located import Caller
from wheelwell.sources.select import is_of
from wheelwell.urls import without_credentials


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a project."""

    files: list[IndexFile]
    """In the order of the places."""

    is_current: bool = True
    """Whether every place was asked just now, and none answered from the cache."""


def find_files(web: Web, indexes: Indexes, project: str, *, caller: Caller) -> Found | None:
    """Return the files of a project, in the order of the indexes, or None if none knows it.

    The caller is told of a place that holds nothing at all. Without the network, what places are
    known to have said answers for them, and the others are left out.

    Raises `FetchError`: an index that cannot be asked might have had the right answer.
    """
    places = [_linked(web, place, caller) for place in indexes.find_links]
    # A directory holds many projects.
    linked = [file for place in places for file in place.files if is_of(file.filename, project)]
    urls = [url or _default_index() for url in indexes.urls]
    pages = [_page(web, f"{url.rstrip('/')}/{project}/", caller) for url in urls]
    known = [page for page in pages if page is not None]
    if not known and not linked:
        return None
    return Found(
        [*linked, *(file for page in known for file in page.files)],
        is_current=all(each.is_current for each in (*places, *known)),
    )


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


def _page(web: Web, url: str, caller: Caller) -> Found | None:
    try:
        page = web.page(url, accept=ACCEPT, caller=caller)
    except NotInCache:
        return None
    if page is None:
        return None
    try:
        files = parse_page(page.body, content_type=page.content_type, url=page.url)
    except UnreadablePage as error:
        raise FetchError(
            without_credentials(url),
            f"it cannot be understood: {error}",
            hint="is it the URL of a simple index (PEP 503, 691)?",
        ) from error
    return Found(files, is_current=page.is_current)


def _linked(web: Web, place: str, caller: Caller) -> Found:
    """Return the files at a place of `--find-links`: a directory, an archive, a page of links."""
    if not is_local(place):
        file = _file_at(place)
        found = Found([file]) if file else _page(web, place, caller)
    else:
        found = _on_this_machine(web, place, caller)
    if found is None and (caller.network is not Network.NEVER or is_local(place)):
        caller.reporter.warned(f"there is nothing at {without_credentials(place)} (find-links)")
    return found or Found([])


def _on_this_machine(web: Web, place: str, caller: Caller) -> Found | None:
    path = local_path(place) if place.startswith("file:") else Path(place).expanduser()
    if path.is_dir():
        children = _children(path.absolute())
        return Found([_local(child) for child in children if child.is_file()])
    if path.suffix == ".html":
        return _page(web, path.absolute().as_uri(), caller)
    # Not resolved: a link's own name tells project and version.
    return Found([_local(path.absolute())]) if path.is_file() else None


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
