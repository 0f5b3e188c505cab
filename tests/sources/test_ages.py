"""What was there before an instant is decided by what indexes tell, and never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wheelwell.errors import UnknownAge
from wheelwell.sources.ages import before, is_newer, page, uploads
from wheelwell.sources.index import JSON, IndexFile, parse_page

NOON = "2024-11-15T12:00:00Z"
OLD = IndexFile(
    filename="foo-1.0-py3-none-any.whl",
    url="https://files.example/foo-1.0-py3-none-any.whl",
    hashes={"sha256": "aa" * 32},
    upload_time="2024-11-15T11:59:59.999999Z",
)
NEW = IndexFile(
    filename="foo-2.0-py3-none-any.whl",
    url="https://files.example/foo-2.0-py3-none-any.whl",
    hashes={"sha256": "bb" * 32},
    upload_time=NOON,
)


def test_what_was_uploaded_before_counts_and_at_the_instant_or_after_does_not() -> None:
    assert before([OLD, NEW], NOON) == [OLD]
    assert before([OLD, NEW], "2024-11-15T12:00:01Z") == [OLD, NEW]
    assert before([OLD, NEW], "2024-11-15T11:59:59Z") == []


@pytest.mark.parametrize("told", ["", "yesterday", "2024-11-15T11:00:00", "2024-11-15"])
def test_a_file_whose_age_is_not_told_is_an_error_that_names_it(told: str) -> None:
    ageless = replace(NEW, upload_time=told, url="https://me:secret@files.example/x/foo-2.0.whl")
    with pytest.raises(UnknownAge) as caught:
        before([OLD, ageless], NOON)
    assert "foo-2.0-py3-none-any.whl at https://files.example/x" in caught.value.message
    assert "--build-index-url" in caught.value.hint
    assert "secret" not in caught.value.message


def test_a_copy_is_as_old_as_its_original() -> None:
    old_copy = replace(OLD, url="file:///links/foo", upload_time="")
    new_copy = replace(NEW, url="file:///links/foo", upload_time="")
    assert before([old_copy, new_copy, OLD, NEW], NOON) == [old_copy, OLD]


def test_of_two_upload_times_of_one_content_the_first_counts() -> None:
    later = replace(OLD, upload_time="2025-01-01T00:00:00Z")
    assert uploads([later, OLD, NEW]) == {"aa" * 32: "2024-11-15T11:59:59Z", "bb" * 32: NOON}


def test_page_says_all_that_the_index_said() -> None:
    files = [
        replace(
            OLD,
            requires_python=">=3.9",
            yanked="broken",
            size=12,
            metadata={"sha256": "cc" * 32},
        ),
        replace(NEW, yanked="", metadata={}),
    ]
    assert parse_page(page("foo", files), content_type=JSON, url="https://index.example/") == files


def test_a_version_is_newer_where_all_its_files_are() -> None:
    late_wheel = replace(NEW, filename="foo-1.0-py2-none-any.whl", hashes={"sha256": "dd" * 32})
    files = [OLD, late_wheel, NEW]
    than = "2024-11-15T11:59:59Z"
    assert not is_newer(files, name="foo", version="1.0", than=than)
    assert is_newer(files, name="foo", version="2.0", than=than)
    assert is_newer(files, name="foo", version="2", than=than), "it is the same version"
    assert is_newer(files, name="foo", version="", than=than), "one of its versions is"
    assert not is_newer(files, name="foo", version="", than=NOON)
    assert not is_newer(files, name="foo", version="3.0", than=than)


def test_a_version_of_unknown_age_is_not_said_to_be_newer() -> None:
    ageless = replace(NEW, upload_time="")
    assert not is_newer([ageless], name="foo", version="2.0", than="2000-01-01T00:00:00Z")
    mixed = [replace(NEW, filename="foo-2.0-py2-none-any.whl"), ageless]
    assert not is_newer(mixed, name="foo", version="2.0", than="2000-01-01T00:00:00Z")
