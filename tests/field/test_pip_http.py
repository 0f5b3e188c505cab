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


def test_an_answer_that_cannot_be_read_is_said_once_and_replaced(
    user: User, fresh: IndexServer
) -> None:
    """pip #5250, #13979: `Cache entry deserialization failed, entry ignored`, page after page."""
    user.get("pure>=1", "--index-url", fresh.url)
    for kept in user.cache_dir.glob("http-v1/*"):
        kept.write_bytes(b"\0nothing that was ever written")
    again = user.get("pure>=1", "--index-url", fresh.url)

    assert again["stderr"].count("warning") == 1
    assert "warning" not in user.get("pure>=1", "--index-url", fresh.url)["stderr"]


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
