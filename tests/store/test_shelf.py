"""A source archive is kept by its content, once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.store.layout import Layout
from wheelwell.store.shelf import DiskShelf

CONTENT = b"an archive"
SHA256 = sha256_chunks([CONTENT])


@pytest.fixture
def shelf(layout: Layout) -> DiskShelf:
    return DiskShelf(layout)


def put(shelf: DiskShelf, name: str, content: bytes = CONTENT) -> Path:
    staged = shelf.reserve() / name
    staged.write_bytes(content)
    return shelf.put(staged, SHA256)


def test_what_was_never_put_is_not_found(shelf: DiskShelf) -> None:
    assert shelf.find(SHA256) is None


def test_archive_is_found_by_its_content(shelf: DiskShelf, layout: Layout) -> None:
    path = put(shelf, "foo-1.0.tar.gz")
    assert path == Path(layout.sources, SHA256, "foo-1.0.tar.gz")
    assert path.read_bytes() == CONTENT
    assert shelf.find(SHA256) == path
    assert shelf.find(Sha256("00" * 32)) is None


def test_reserved_directories_are_empty_and_differ(shelf: DiskShelf, layout: Layout) -> None:
    first, second = shelf.reserve(), shelf.reserve()
    assert first != second
    assert not any(first.iterdir())
    assert Path(layout.staging) in first.parents  # one file system with the shelf


def test_nothing_is_left_in_the_staging_area(shelf: DiskShelf, layout: Layout) -> None:
    put(shelf, "foo-1.0.tar.gz")
    reserved = shelf.reserve()
    (reserved / "half").write_bytes(b"an arch")
    shelf.discard(reserved)
    shelf.discard(reserved)
    assert os.listdir(layout.staging) == []


def test_new_copy_takes_the_place_of_one_that_may_be_damaged(shelf: DiskShelf) -> None:
    path = put(shelf, "foo-1.0.tar.gz")
    path.write_bytes(b"damaged")
    assert put(shelf, "foo-1.0.tar.gz") == path
    assert path.read_bytes() == CONTENT


def test_one_content_is_one_file_whatever_mirrors_call_it(shelf: DiskShelf) -> None:
    put(shelf, "foo-1.0.tar.gz", b"damaged")
    path = put(shelf, "renamed.tar.gz")
    assert shelf.find(SHA256) == path
    assert os.listdir(path.parent) == ["foo-1.0.tar.gz"]
    assert path.read_bytes() == CONTENT


def test_directory_without_a_file_is_a_miss(shelf: DiskShelf, layout: Layout) -> None:
    os.makedirs(f"{layout.sources}/{SHA256}")
    assert shelf.find(SHA256) is None
