"""A download that breaks off goes on where it was, and never gives half a file or a mixed one."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from support.origin import Origin
from wheelwell.errors import FetchError, HashMismatch
from wheelwell.indexes import Connection
from wheelwell.sources.fetch import Web

BODY = random.Random(0).randbytes(10_000)
OTHER = random.Random(1).randbytes(9_000)
STRONG = {"ETag": '"one"'}

pytestmark = pytest.mark.usefixtures("_no_pauses")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def download(url: str, into: Path, *hashes: str) -> bytes:
    fetched = Web(Connection(), agent="wheelwell/test").download(url, into, hashes=hashes)
    assert fetched.path is not None
    body = fetched.path.read_bytes()
    assert fetched.sha256 == hashlib.sha256(body).hexdigest()
    return body


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        (STRONG, '"one"'),
        ({"Last-Modified": formatdate(1e9, usegmt=True)}, formatdate(1e9, usegmt=True)),
    ],
    ids=["tag", "time"],
)
def test_download_goes_on_where_it_broke_off(
    origin: Origin, tmp_path: Path, headers: dict[str, str], validator: str
) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=headers, breaks=[4000, 1000])
    assert download(url, tmp_path) == BODY
    rest = [f"Range: bytes={start}-; If-Range: {validator}" for start in (4000, 5000)]
    assert origin.asked() == ["", *rest]


@pytest.mark.parametrize(
    "headers",
    # A time is made when it is needed: the tests before this one may take minutes.
    [dict, lambda: {"ETag": 'W/"one"'}, lambda: {"Last-Modified": formatdate(usegmt=True)}],
    ids=["none", "weak", "recent"],
)
def test_download_without_a_strong_validator_starts_anew(
    origin: Origin, tmp_path: Path, headers: Callable[[], dict[str, str]]
) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=headers(), breaks=[4000])
    assert download(url, tmp_path) == BODY
    assert origin.asked() == ["", ""]


def test_file_that_changed_meanwhile_starts_anew(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000])
    resource = origin.resources["/a.tar.gz"]

    class Changing(list[int]):
        def pop(self, place: object = 0) -> int:
            origin.put("/a.tar.gz", OTHER, headers={"ETag": '"two"'})
            return 4000

    resource.breaks = Changing([0])
    assert download(url, tmp_path) == OTHER
    assert origin.asked() == ["", 'Range: bytes=4000-; If-Range: "one"']


def test_server_that_knows_no_ranges_is_asked_for_all(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000], ranges=False)
    assert download(url, tmp_path) == BODY
    assert len(origin.requests) == 2


@pytest.mark.parametrize(
    "span",
    ["bytes 3999-9999/10000", "bytes 4000-9999/20000", "lines 4000-9999/10000", ""],
    ids=["place", "length", "unit", "untold"],
)
def test_rest_that_is_not_the_rest_is_not_taken(origin: Origin, tmp_path: Path, span: str) -> None:
    told = {**STRONG, "Content-Range": span}
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000])
    origin.resources["/a.tar.gz"].partial = told
    assert download(url, tmp_path) == BODY
    assert origin.asked() == ["", 'Range: bytes=4000-; If-Range: "one"', ""]


def test_rest_that_is_not_all_of_it_is_gone_on_from(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000])
    origin.resources["/a.tar.gz"].most = 2500  # of each partial answer, and said so
    assert download(url, tmp_path) == BODY
    starts = [f'Range: bytes={start}-; If-Range: "one"' for start in (4000, 6500, 9000)]
    assert origin.asked() == ["", *starts]


def test_file_that_never_comes_whole_is_refused(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[10] * 100)
    with pytest.raises(FetchError, match="broke off") as raised:
        download(url, tmp_path)
    assert raised.value.hint
    assert len(origin.requests) == 5


def test_download_that_gains_much_each_time_is_not_given_up(origin: Origin, tmp_path: Path) -> None:
    body = bytes(9 << 20)
    url = origin.put("/a.tar.gz", body, headers=STRONG, breaks=[1 << 20] * 8)
    assert download(url, tmp_path) == body


def test_promise_holds_for_what_came_in_parts(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000])
    assert download(url, tmp_path, f"sha512:{hashlib.sha512(BODY).hexdigest()}") == BODY
    origin.put("/b.tar.gz", BODY, headers=STRONG, breaks=[4000])
    with pytest.raises(HashMismatch):
        download(f"{origin.url}/b.tar.gz", tmp_path, f"sha512:{hashlib.sha512(OTHER).hexdigest()}")


def test_refusal_of_the_rest_is_told(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/a.tar.gz", BODY, headers=STRONG, breaks=[4000])
    resource = origin.resources["/a.tar.gz"]

    class Closing(list[int]):
        def pop(self, place: object = 0) -> int:
            origin.put("/a.tar.gz", b"", status=403)
            return 4000

    resource.breaks = Closing([0])
    with pytest.raises(FetchError, match="403"):
        download(url, tmp_path)
