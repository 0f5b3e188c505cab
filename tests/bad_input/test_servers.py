"""Servers that refuse, fail, hang, trickle, lie, or lead nowhere: what a user is told then."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.index import JSON_V1, IndexServer
from support.projects import make_sdist, make_wheel, materialise
from support.rawserver import Answer, RawServer
from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

# Servers are asked again where that may help: not often here, and not long.
IMPATIENT = {"PIP_DEFAULT_TIMEOUT": "0.3", "PIP_RETRIES": "1"}
PAGE = "/simple/pure/"
FILE = "/files/pure-1.0.tar.gz"


def test_no_such_project(cache: Cache, index: IndexServer) -> None:
    says = [f"error: pure==1.0: no project pure at {index.url}", "try: is the name right"]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


def test_no_such_version(cache: Cache, index: IndexServer, sdist: Path) -> None:
    index.add(sdist)
    says = ["error: pure==2.0: no version with a source matches ==2.0; there are: 1.0"]
    cache.refuses("pure==2.0", "--index-url", index.url, says=says)


def test_only_wheels(cache: Cache, index: IndexServer, tmp_path: Path) -> None:
    index.add(make_wheel(tmp_path, "pure", "1.0"))
    says = ["pure: it has wheels only (up to 1.0), and no source", "try: --prefer-binary"]
    cache.refuses("pure", "--index-url", index.url, says=says)


def test_version_that_has_only_wheels(
    cache: Cache, index: IndexServer, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    index.add(make_wheel(tmp_path, "pure", "2.0"))
    says = ["pure==2.0: 2.0 has wheels only;", "there are: 1.0", "try: --prefer-binary"]
    cache.refuses("pure==2.0", "--index-url", index.url, says=says)


def test_not_for_this_python(cache: Cache, index: IndexServer, sdist: Path) -> None:
    index.add(sdist, requires_python=">=4")
    says = ["are not for Python 3.", "(it says: Python >=4)", "try: "]
    cache.refuses("pure", "--index-url", index.url, says=says)


@pytest.mark.parametrize(
    "told",
    [
        (401, "the server wants other credentials"),
        (403, "the server wants other credentials"),
        (429, "try again later"),
        (500, "try again later"),
        (418, "is it the right URL"),
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["page", "file"])
def test_status(
    cache: Cache,
    index: IndexServer,
    sdist: Path,
    told: tuple[int, str],
    where: str,
) -> None:
    status, hint = told
    index.add(sdist)
    path = PAGE if where == "page" else FILE
    index.answer(path, status=status)
    where = f"http://{index.host}{path}"
    says = [f"error: pure==1.0: {where} could not be fetched: the server answered {status}", hint]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says, environ=IMPATIENT)


def test_file_that_is_gone(cache: Cache, index: IndexServer, sdist: Path) -> None:
    index.add(sdist)
    index.answer(FILE, status=404)
    says = [f"{FILE} could not be fetched: the server answered 404", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


def test_url_that_is_gone(cache: Cache, index: IndexServer) -> None:
    url = index.file_url("pure-1.0.tar.gz")
    cache.refuses(url, says=[f"error: {url} could not be fetched: the server answered 404"])


def test_hash_that_does_not_match(cache: Cache, index: IndexServer, sdist: Path) -> None:
    added = index.add(sdist)
    index.answer(FILE, body=b"something else")
    says = ["pure-1.0.tar.gz is not the file that was promised", f"expected sha256:{added.sha256}"]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


def test_hash_in_a_url_that_does_not_match(cache: Cache, index: IndexServer, sdist: Path) -> None:
    index.add(sdist)
    url = f"{index.file_url('pure-1.0.tar.gz')}#sha256={'0' * 64}"
    says = ["pure-1.0.tar.gz is not the file that was promised", f"expected sha256:{'0' * 64}"]
    cache.refuses(url, says=says)


@pytest.mark.parametrize("where", ["page", "file"])
def test_transfer_that_breaks_off(
    cache: Cache, index: IndexServer, sdist: Path, where: str
) -> None:
    index.add(sdist)
    index.answer(PAGE if where == "page" else FILE, truncated=True)
    says = ["could not be fetched: the connection broke off before the end", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says, environ=IMPATIENT)


@pytest.mark.parametrize("where", ["page", "file"])
def test_redirects_in_a_circle(cache: Cache, index: IndexServer, sdist: Path, where: str) -> None:
    index.add(sdist)
    path = PAGE if where == "page" else FILE
    other = f"{path}?again"
    index.answer(path, status=302, headers={"Location": other})
    index.answer(other, status=302, headers={"Location": path})
    says = [f"{path} could not be fetched: the server redirects in a circle", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http://[::1/", "//"]
)
def test_redirect_to_what_is_no_web_page(
    cache: Cache, index: IndexServer, sdist: Path, location: str
) -> None:
    index.add(sdist)
    index.answer(PAGE, status=302, headers={"Location": location})
    says = [f"{PAGE} could not be fetched: ", "try: "]
    told = cache.refuses("pure==1.0", "--index-url", index.url, says=says, environ=IMPATIENT)
    assert "root:" not in told


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": JSON_V1}, b"<!DOCTYPE html><a href='pure-1.0.tar.gz'>x</a>"),
        ({"Content-Type": JSON_V1}, b""),
        ({"Content-Type": JSON_V1}, b"[]"),
        ({"Content-Type": JSON_V1}, b'{"meta": {"api-version": "2.0"}, "files": []}'),
        ({"Content-Type": JSON_V1}, b"[" * 100_000),
        ({"Content-Type": JSON_V1}, b'{"meta": {"api-version": "1.0"}, "files": [{}]}'),
        ({"Content-Type": JSON_V1, "Content-Encoding": "gzip"}, b"this is no gzip"),
    ],
)
def test_page_that_is_not_what_it_is_called(
    cache: Cache, index: IndexServer, headers: Mapping[str, str], body: bytes
) -> None:
    index.answer(PAGE, headers=headers, body=body, status=200)
    says = [f"error: pure==1.0: http://{index.host}{PAGE} could not be fetched: ", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says, environ=IMPATIENT)


@pytest.mark.parametrize("body", [b"<html>Please log in</html>", b"", b"\xff\xfe\x00"])
def test_page_without_links_is_a_project_without_sources(
    cache: Cache, index: IndexServer, body: bytes
) -> None:
    index.answer(PAGE, headers={"Content-Type": "text/html"}, body=body, status=200)
    says = ["error: pure==1.0: it has no source archive", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


def _never(over: threading.Event) -> Iterator[bytes]:
    over.wait()
    yield b""


def _half_a_head(over: threading.Event) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Ty"
    over.wait()


def _half_a_body(over: threading.Event) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>"
    over.wait()


def _trickle(over: threading.Event) -> Iterator[bytes]:
    """Never silent as long as a client waits, and never done."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n"
    while not over.wait(0.05):
        yield b" "


def _trickling_head(over: threading.Event) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    while not over.wait(0.05):
        yield b"x"


def _endless_head(over: threading.Event) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while not over.is_set():
        yield b"X-Again: and again\r\n" * 100


def _nonsense(_: threading.Event) -> Iterator[bytes]:
    yield b"SSH-2.0-OpenSSH_9.2p1\r\n"


def _nothing(_: threading.Event) -> Iterator[bytes]:
    yield b""


SILENT = "could not be fetched: no answer within 0.3 s"
SLOW = "could not be fetched: fewer than 1024 bytes came in 1.2 s"
BROKEN = "could not be fetched: "


@pytest.mark.parametrize(
    ("where", "answer", "says"),
    [
        ("page", _never, SILENT),
        ("page", _half_a_head, SILENT),
        ("page", _half_a_body, SILENT),
        ("file", _half_a_body, SILENT),
        ("page", _trickle, SLOW),
        ("file", _trickle, SLOW),
        ("page", _trickling_head, SLOW),
        ("page", _endless_head, BROKEN),
        ("page", _nonsense, BROKEN),
        ("page", _nothing, BROKEN),
    ],
    ids=lambda value: getattr(value, "__name__", value).strip("_")[:8],
)
def test_server_that_does_not_get_done(cache: Cache, where: str, answer: Answer, says: str) -> None:
    with RawServer(answer) as server:
        what = ["pure", "--index-url", server.url]
        if where == "file":
            what = [f"{server.url}pure-1.0.tar.gz"]
        cache.refuses(*what, says=[says, "try: "], environ=IMPATIENT, limit=60)
        assert server.asked > 0


def test_server_that_is_not_there(cache: Cache, index: IndexServer) -> None:
    index.stop()
    says = ["could not be fetched: no connection", "try: is the server up"]
    cache.refuses("pure", "--index-url", index.url, says=says, environ=IMPATIENT)


def test_host_that_is_not_there(cache: Cache) -> None:
    says = ["could not be fetched: the host's name is not known", "try: is there a network"]
    url = "http://no-such-host.invalid/simple/"
    cache.refuses("pure", "--index-url", url, says=says, environ=IMPATIENT)


def test_archive_of_another_project_at_the_index(
    cache: Cache, index: IndexServer, tmp_path: Path
) -> None:
    other = make_sdist(materialise("c-extension", tmp_path), tmp_path, filename="pure-1.0.tar.gz")
    index.add(other)
    says = ["leads to a source of c-extension, not of pure", "try: "]
    cache.refuses("pure==1.0", "--index-url", index.url, says=says)


@pytest.mark.parametrize("kind", ["empty", "not-utf-8", "deep"])
def test_build_requirement_from_an_index_that_speaks_nonsense(
    cache: Cache, index: IndexServer, tmp_path: Path, kind: str
) -> None:
    bodies = {"empty": b"", "not-utf-8": b"\xff\xfe", "deep": b"[" * 10_000}
    index.answer(
        "/simple/tinyreq/", headers={"Content-Type": JSON_V1}, body=bodies[kind], status=200
    )
    tree = materialise("pure", tmp_path, build_system={"requires": ["tinyreq"]})
    says = ["the build requirements could not be installed: tinyreq", "  | "]
    cache.refuses(tree, "--index-url", index.url, says=says, environ=IMPATIENT)
