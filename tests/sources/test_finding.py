"""All places that the user named are asked, and one that cannot be asked is an error."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from support.index import JSON_V1, IndexServer
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.errors import FetchError
from wheelwell.indexes import Connection, Indexes
from wheelwell.options import Options
from wheelwell.protocols import Reporter
from wheelwell.sources.fetch import Web
from wheelwell.sources.finding import find_files
from wheelwell.sources.index import IndexFile


class Warned(Reporter):
    """Keeps what it is warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def web() -> Web:
    return Web(Connection(), agent="wheelwell/test")


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return make_sdist(materialise("pure", tmp_path / "trees"), tmp_path / "sdists")


def find(
    web: Web, *urls: str, links: tuple[str, ...] = (), project: str = "pure"
) -> list[IndexFile] | None:
    """Find a project's files where nothing is to be warned of."""
    told = Warned()
    indexes = Indexes(urls=urls, find_links=links)
    found = find_files(web, indexes, project, caller=Options(reporter=told))
    assert told.warnings == []
    return None if found is None else found.files


def names(files: list[IndexFile] | None) -> list[str]:
    assert files is not None
    return [file.filename for file in files]


@pytest.mark.parametrize("html_only", [True, False])
def test_index_of_either_kind_tells_its_files(web: Web, sdist: Path, html_only: bool) -> None:
    with IndexServer(html_only=html_only) as index:
        added = index.add(sdist, requires_python=">=3.8", yanked="why")
        (found,) = find(web, index.url) or []
    assert found.filename == sdist.name
    assert found.url == index.file_url(sdist.name)
    assert found.hashes == {"sha256": added.sha256}
    assert (found.requires_python, found.yanked) == (">=3.8", "why")


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_index_url_may_end_in_a_slash_or_not(
    index: IndexServer, web: Web, sdist: Path, ending: str
) -> None:
    index.add(sdist)
    assert names(find(web, index.url.rstrip("/") + ending)) == [sdist.name]
    assert [request.path for request in index.requests] == ["/simple/pure/"]


def test_indexes_are_merged_in_the_users_order(web: Web, sdist: Path, tmp_path: Path) -> None:
    newer = make_sdist(tmp_path / "trees" / "pure", tmp_path / "newer", version="2.0")
    with IndexServer() as first, IndexServer(html_only=True) as second:
        first.add(newer)
        first.add(sdist)
        second.add(sdist)
        found = find(web, second.url, first.url)
    assert found is not None
    assert [file.url for file in found] == [
        second.file_url(sdist.name),
        first.file_url(newer.name),
        first.file_url(sdist.name),
    ]


def test_index_that_lacks_the_project_is_passed_over(web: Web, sdist: Path) -> None:
    with IndexServer() as first, IndexServer() as second:
        second.add(sdist)
        assert names(find(web, first.url, second.url)) == [sdist.name]
        assert first.asked("/simple/pure/") == 1


def test_project_that_no_index_knows_is_none(index: IndexServer, web: Web) -> None:
    assert find(web, index.url) is None
    assert find(web) is None


def test_project_that_an_index_lists_without_files_is_known(index: IndexServer, web: Web) -> None:
    body = b'{"meta": {"api-version": "1.0"}, "name": "pure", "files": []}'
    index.answer("/simple/pure/", status=200, headers={"Content-Type": JSON_V1}, body=body)
    assert find(web, index.url) == []


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_index_that_cannot_be_asked_is_an_error_even_where_another_answers(
    web: Web, sdist: Path, status: int
) -> None:
    with IndexServer() as first, IndexServer() as second:
        first.add(sdist)
        second.answer("/simple/pure/", status=status)
        with pytest.raises(FetchError, match=second.host):
            find(web, first.url, second.url)


@pytest.mark.usefixtures("_no_pauses")
def test_index_that_is_down_is_an_error_even_where_another_answers(web: Web, sdist: Path) -> None:
    with IndexServer() as first, IndexServer() as second:
        second.add(sdist)
        first.stop()
        with pytest.raises(FetchError, match=first.host):
            find(web, first.url, second.url)


def test_page_that_cannot_be_understood_is_an_error(index: IndexServer, web: Web) -> None:
    kind = {"Content-Type": JSON_V1}
    index.answer("/simple/pure/", status=200, headers=kind, body=b"<html></html>")
    with pytest.raises(FetchError, match="cannot be understood") as raised:
        find(web, index.url)
    assert raised.value.url == f"{index.url}pure/"


def test_files_are_fetched_with_the_credentials_of_their_index(web: Web, tmp_path: Path) -> None:
    with IndexServer(credentials=("user", "secret")) as index:
        sdist = make_sdist(materialise("pure", tmp_path / "trees"), tmp_path)
        added = index.add(sdist)
        told = {"filename": sdist.name, "url": index.file_url(sdist.name), "hashes": {}}
        page = json.dumps({"meta": {"api-version": "1.0"}, "files": [told]})
        for absolute in (False, True):
            if absolute:
                kind = {"Content-Type": JSON_V1}
                index.answer("/simple/pure/", headers=kind, body=page.encode())
            (found,) = find(web, index.url_with_credentials) or []
            into = tmp_path / f"got-{absolute}"
            into.mkdir()
            got = web.download(found.url, into, hashes=()).sha256
            assert got == added.sha256


def test_index_may_be_a_directory_of_this_machine(web: Web, sdist: Path, tmp_path: Path) -> None:
    page = tmp_path / "simple" / "pure" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../sdists/{sdist.name}#sha256=00">x</a>')
    (found,) = find(web, f"{tmp_path.as_uri()}/simple/") or []
    assert (found.url, found.hashes) == (sdist.as_uri(), {"sha256": "00"})
    assert find(web, f"{tmp_path.as_uri()}/simple", project="other") is None


@pytest.mark.parametrize("as_url", [True, False])
def test_links_may_be_a_directory_of_many_projects(
    web: Web, sdist: Path, tmp_path: Path, as_url: bool
) -> None:
    wheel = make_wheel(sdist.parent, "pure", "2.0")
    make_wheel(sdist.parent, "other", "1.0")
    (sdist.parent / "notes.txt").touch()
    (sdist.parent / "pure-3.0.tar.gz").mkdir()
    place = sdist.parent.as_uri() if as_url else str(sdist.parent)
    found = find(web, links=(place,))
    assert names(found) == [sdist.name, wheel.name]
    assert found is not None
    assert found[0].url == sdist.as_uri()
    assert find(web, links=(place,), project="absent") is None


def test_links_may_be_below_the_home_directory(
    web: Web, sdist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(sdist.parent.parent))
    assert names(find(web, links=(f"~/{sdist.parent.name}",))) == [sdist.name]


@pytest.mark.parametrize("as_url", [True, False])
def test_links_may_be_one_archive(web: Web, sdist: Path, as_url: bool) -> None:
    (found,) = find(web, links=(sdist.as_uri() if as_url else str(sdist),)) or []
    assert (found.filename, found.url) == (sdist.name, sdist.as_uri())


def test_links_may_be_symbolic_ones_and_keep_their_names(
    web: Web, sdist: Path, tmp_path: Path
) -> None:
    kept = sdist.rename(tmp_path / "0123abcd")
    sdist.symlink_to(kept)
    assert names(find(web, links=(str(sdist),))) == [sdist.name]
    assert names(find(web, links=(str(sdist.parent),))) == [sdist.name]


@pytest.mark.parametrize("as_url", [True, False])
def test_links_may_be_a_page_of_this_machine(
    web: Web, sdist: Path, tmp_path: Path, as_url: bool
) -> None:
    page = tmp_path / "links.html"
    page.write_text(f'<a href="sdists/{sdist.name}">pure</a><a href="other-1.0.zip">other</a>')
    (found,) = find(web, links=(page.as_uri() if as_url else str(page),)) or []
    assert found.url == sdist.as_uri()


def test_links_may_be_a_page_of_a_server(index: IndexServer, web: Web, sdist: Path) -> None:
    index.add(sdist)
    kind = {"Content-Type": "text/html"}
    body = f'<a href="/files/{sdist.name}">pure</a><a href="other-1.0.zip">other</a>'.encode()
    index.answer("/links", status=200, headers=kind, body=body)
    (found,) = find(web, links=(f"http://{index.host}/links",)) or []
    assert found.url == index.file_url(sdist.name)


def test_links_may_be_one_archive_of_a_server_with_its_hash(
    index: IndexServer, web: Web, sdist: Path
) -> None:
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    plain = index.file_url(sdist.name)
    for place, hashes in ((plain, {}), (f"{plain}#sha256={digest}", {"sha256": digest})):
        (found,) = find(web, links=(place,)) or []
        assert (found.filename, found.url, found.hashes) == (sdist.name, plain, hashes)
    assert index.requests == []


def test_links_that_are_no_url_are_an_error_without_credentials(web: Web) -> None:
    with pytest.raises(FetchError) as raised:
        find(web, links=("http://user:secret@[host/a-1.zip",))
    assert "secret" not in str(raised.value)


@pytest.mark.usefixtures("_no_pauses")
def test_links_that_cannot_be_asked_for_are_an_error(index: IndexServer, web: Web) -> None:
    index.stop()
    with pytest.raises(FetchError):
        find(web, links=(f"http://{index.host}/links",))


def test_links_that_are_not_there_offer_nothing(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    places = (str(tmp_path / "none"), str(tmp_path / "none.html"), f"http://{index.host}/none")
    told = Warned()
    indexes = Indexes(urls=(index.url,), find_links=places)
    found = find_files(web, indexes, "pure", caller=Options(reporter=told))
    assert found is not None
    assert names(found.files) == [sdist.name]
    assert len(told.warnings) == len(places)


def test_linked_files_come_before_those_of_indexes(
    index: IndexServer, web: Web, sdist: Path
) -> None:
    index.add(sdist)
    found = find(web, index.url, links=(str(sdist),))
    assert found is not None
    assert [file.url for file in found] == [sdist.as_uri(), index.file_url(sdist.name)]


def test_repr_of_indexes_holds_no_credentials() -> None:
    indexes = Indexes(
        urls=("https://user:secret@index.example/simple/",),
        find_links=("https://host.example/links?token=secret",),
    )
    assert "index.example" in repr(indexes)
    assert "secret" not in repr(indexes)


@pytest.mark.parametrize("name", ["absent", "absent.html", "absent-1.0.tar.gz"])
def test_place_that_holds_nothing_is_warned_of(web: Web, tmp_path: Path, name: str) -> None:
    told = Warned()
    indexes = Indexes(urls=(), find_links=(str(tmp_path / name),))
    assert find_files(web, indexes, "pure", caller=Options(reporter=told)) is None
    assert [name in warning for warning in told.warnings] == [True]
