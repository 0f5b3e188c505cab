"""The index speaks as real ones do, and misbehaves as told."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from support.index import HTML, HTML_V1, JSON_V1, IndexServer
from support.projects import make_sdist, make_wheel, materialise

PIP_ACCEPT = f"{JSON_V1}, {HTML_V1}; q=0.1, text/html; q=0.01"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "Some.Name", "1.0")


class Anchors(HTMLParser):
    """The attributes of a page's links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs))


def page(index: IndexServer, accept: str = PIP_ACCEPT) -> requests.Response:
    return requests.get(f"{index.url}some-name/", headers={"Accept": accept}, timeout=30)


def test_json_page_tells_all_that_is_known(index: IndexServer, wheel: Path) -> None:
    added = index.add(
        wheel,
        yanked="broken",
        requires_python=">=3.8",
        upload_time="2024-01-01T00:00:00Z",
        metadata=b"Name: x\n",
    )
    told = page(index).json()
    assert (told["name"], told["versions"]) == ("some-name", ["1.0"])
    assert told["files"] == [
        {
            "filename": wheel.name,
            "url": f"../../files/{wheel.name}",
            "hashes": {"sha256": added.sha256},
            "requires-python": ">=3.8",
            "yanked": "broken",
            "size": len(wheel.read_bytes()),
            "upload-time": "2024-01-01T00:00:00Z",
            "core-metadata": {"sha256": hashlib.sha256(b"Name: x\n").hexdigest()},
        }
    ]


def test_json_page_tells_no_more_than_asked(index: IndexServer, wheel: Path) -> None:
    index.add(wheel, hashes=False, size=False, yanked="")
    assert page(index).json()["files"] == [
        {
            "filename": wheel.name,
            "url": f"../../files/{wheel.name}",
            "hashes": {},
            "yanked": True,
        }
    ]


def test_html_page_is_escaped_and_tells_the_same(index: IndexServer, wheel: Path) -> None:
    added = index.add(wheel, yanked='"<b>"', requires_python="<4,>=3")
    text = page(index, "text/html").text
    assert "<4" not in text
    assert Anchors(text).found == [
        {
            "href": f"../../files/{wheel.name}#sha256={added.sha256}",
            "data-requires-python": "<4,>=3",
            "data-yanked": '"<b>"',
        }
    ]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (PIP_ACCEPT, JSON_V1),
        ("text/html", HTML),
        (HTML_V1, HTML_V1),
        ("*/*", HTML),
        (f"{JSON_V1};q=0.1, text/html", HTML),
    ],
)
def test_content_is_negotiated(accept: str, kind: str, index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    assert page(index, accept).headers["Content-Type"] == kind


def test_index_may_know_only_one_format(wheel: Path) -> None:
    with IndexServer(html_only=True) as old, IndexServer(json_only=True) as new:
        old.add(wheel)
        new.add(wheel)
        assert page(old).headers["Content-Type"] == HTML
        assert page(new).headers["Content-Type"] == JSON_V1
        assert page(new, "text/html").status_code == 406


def test_other_spellings_are_redirected_and_unknown_names_are_not_found(
    index: IndexServer, wheel: Path
) -> None:
    index.add(wheel)
    accept = {"Accept": PIP_ACCEPT}
    moved = requests.get(f"{index.url}Some.Name", headers=accept, timeout=30)
    assert (moved.url, moved.status_code) == (f"{index.url}some-name/", 200)
    assert requests.get(f"{index.url}other/", headers=accept, timeout=30).status_code == 404
    listed = requests.get(index.url, headers=accept, timeout=30).json()
    assert listed["projects"] == [{"name": "some-name"}]


def test_unchanged_page_is_answered_304(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    headers = {"Accept": PIP_ACCEPT, "If-None-Match": page(index).headers["ETag"]}
    again = requests.get(f"{index.url}some-name/", headers=headers, timeout=30)
    assert (again.status_code, again.content) == (304, b"")


def test_files_and_their_metadata_are_served(index: IndexServer, wheel: Path) -> None:
    index.add(wheel, metadata=b"the metadata")
    url = index.file_url(wheel.name)
    assert requests.get(url, timeout=30).content == wheel.read_bytes()
    assert requests.get(url + ".metadata", timeout=30).content == b"the metadata"
    assert int(requests.head(url, timeout=30).headers["Content-Length"]) == len(wheel.read_bytes())


def test_requests_are_logged(index: IndexServer) -> None:
    requests.get(f"{index.url}x/?q", headers={"User-Agent": "me"}, timeout=30)
    method, path, headers = index.requests[0]
    assert (method, path, headers["user-agent"]) == ("GET", "/simple/x/?q", "me")
    assert index.asked("/simple/x/?q") == 1


def test_answer_can_be_replaced_for_a_while(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    headers = {"Retry-After": "1"}
    index.answer("/simple/some-name/", status=503, headers=headers, body=b"no", times=2)
    first = page(index)
    assert (first.status_code, first.content, first.headers["Retry-After"]) == (503, b"no", "1")
    assert [page(index).status_code for _ in range(2)] == [503, 200]


def test_true_answer_can_break_off(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    index.answer(f"/files/{wheel.name}", truncated=True, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(index.file_url(wheel.name), timeout=30)
    assert requests.get(index.file_url(wheel.name), timeout=30).content == wheel.read_bytes()


def test_answer_can_be_late(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    index.answer("/simple/some-name/", delay=0.05, times=1)
    start = time.monotonic()
    assert page(index).status_code == 200
    assert time.monotonic() - start >= 0.05


def test_answer_can_be_held_back(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    gate = threading.Event()
    index.answer("/simple/some-name/", until=gate)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{index.url}some-name/", timeout=0.05)
    gate.set()
    assert page(index).status_code == 200


def test_credentials_are_asked_for(wheel: Path) -> None:
    with IndexServer(credentials=("me", "s3cr/t")) as index:
        index.add(wheel)
        assert page(index).status_code == 401
        url = f"{index.url_with_credentials}some-name/"
        assert requests.get(url, timeout=30).status_code == 200


def test_stopped_index_closes_connections_that_were_kept(wheel: Path) -> None:
    with IndexServer() as index, requests.Session() as session:
        session.get(f"{index.url}x/", timeout=30)
        index.stop()
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get(f"{index.url}x/", timeout=30)


def test_removed_file_is_gone(index: IndexServer, wheel: Path) -> None:
    index.add(wheel)
    index.remove(wheel.name)
    assert page(index).status_code == 404


def test_pip_downloads_what_the_index_offers(index: IndexServer, tmp_path: Path) -> None:
    sdist = make_sdist(materialise("pure", tmp_path), tmp_path)
    index.add(sdist, requires_python=">=3")
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
    out = tmp_path / "out"
    command = [*pip, "--index-url", index.url, "-d", str(out), "pure"]
    subprocess.run(command, check=True, capture_output=True)
    assert (out / sdist.name).read_bytes() == sdist.read_bytes()
