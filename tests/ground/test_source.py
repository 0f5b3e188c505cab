"""A source is named by its content, safely and uniquely."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.digest import Sha256
from wheelwell.source import Archive, Directory, Source

HASHES = st.text("0123456789abcdef", min_size=64, max_size=64).map(Sha256)
SOURCES: st.SearchStrategy[Source] = st.builds(
    Archive, sha256=HASHES, subdirectory=st.text(max_size=20)
) | st.builds(Directory, tree=HASHES)


@settings(deadline=None)
@given(SOURCES)
def test_token_is_safe_in_a_file_name(source: Source) -> None:
    assert re.fullmatch(r"[a-z]+(-[0-9a-f]+){1,2}", source.token)


@settings(deadline=None)
@given(SOURCES, SOURCES)
def test_different_sources_differ_in_token_and_key(first: Source, second: Source) -> None:
    assert (first.token == second.token) == (first == second)
    assert (first.inputs() == second.inputs()) == (first == second)


@settings(deadline=None)
@given(HASHES)
def test_archive_and_directory_of_one_hash_differ(sha256: Sha256) -> None:
    archive, directory = Archive(sha256=sha256), Directory(tree=sha256)
    assert archive.token != directory.token
    assert archive.inputs() != directory.inputs()
