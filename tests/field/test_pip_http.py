"""pip's HTTP cache: promises that its documentation makes, and warnings that came in storms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from field.conftest import User
from support.index import IndexServer

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@pytest.fixture
def fresh(user: User) -> Iterator[IndexServer]:
    """An index whose pages stay fresh for an hour."""
    with IndexServer(cache_control="max-age=3600") as index:
        index.add(user.sdist("pure"))
        yield index


def test_a_fresh_page_is_not_asked_for_again(user: User, fresh: IndexServer) -> None:
    """What pip's documentation promised long before it was so."""
    for _ in range(2):
        user.get("pure>=1", "--index-url", fresh.url)

    assert fresh.asked("/simple/pure/") == 1


def test_a_refresh_asks_all_the_same(user: User, fresh: IndexServer) -> None:
    """pip had no way to, but for `--no-cache-dir`."""
    user.get("pure>=1", "--index-url", fresh.url)
    user.get("pure>=1", "--index-url", fresh.url, "--refresh")

    assert fresh.asked("/simple/pure/") == 2


@pytest.mark.parametrize("damage", [b"", b"\0nothing that was ever written", b"{}\n"])
def test_answers_that_cannot_be_read_are_said_once_and_replaced(
    user: User, fresh: IndexServer, damage: bytes
) -> None:
    """pip #5250, #13979: `Cache entry deserialization failed, entry ignored`, page after page."""
    fresh.add(user.sdist("environ-shown"))
    asked = ["pure>=1", "environ-shown>=0.1", "--index-url", fresh.url]
    user.get(*asked)
    pages = [path for path in user.cache_dir.glob("http-v1/**/*") if path.is_file()]
    for page in pages:
        page.write_bytes(damage)
    again = user.get(*asked)

    assert len(pages) == 2
    assert again["stderr"].count("warning") == 1
    assert "warning" not in user.get(*asked)["stderr"]


def test_a_stale_page_is_asked_for_with_a_condition(user: User) -> None:
    """What pip gets right: a page that has not changed is not sent again."""
    with IndexServer(cache_control="max-age=0") as index:
        index.add(user.sdist("pure"))
        for _ in range(2):
            user.get("pure>=1", "--index-url", index.url)
        first, second = (each.headers for each in index.requests if each.path == "/simple/pure/")

    assert first["If-None-Match"] is None
    assert second["If-None-Match"]


def test_a_download_that_breaks_off_is_not_kept(user: User, index: IndexServer) -> None:
    """pip #12361: an empty body was kept, and its hash was an error from then on."""
    added = index.add(user.sdist("pure"))
    index.answer(f"/files/{added.name}", truncated=True, times=1)
    told = user.get("pure==1.0", "--index-url", index.url)
    (kept,) = user.cache_dir.glob("sources-v1/*/*")

    assert told["source"] == f"archive-{added.sha256}"
    assert kept.read_bytes() == added.content


def test_a_wheel_that_is_there_needs_neither_page_nor_archive_of_a_file_with_its_hash(
    user: User, fresh: IndexServer, tmp_path: Path
) -> None:
    """pip #12361: what the cache holds of an archive is hashed wrongly in a race of two files."""
    archive = next(tmp_path.glob("project-*/*.tar.gz"))
    told = user.get(archive)
    asked = len(fresh.requests)
    url = fresh.file_url(archive.name)
    again = user.get(f"{url}#sha256={told['source'].removeprefix('archive-')}")

    assert (again["origin"], len(fresh.requests)) == ("local", asked)
