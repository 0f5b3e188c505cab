"""Wheels that a backend should not have made: told with all that is wrong, and never stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.projects import materialise
from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "name": ("wrong-name", {}, "it is a wheel of"),
    "version": ("wrong-version", {}, "it is of version"),
    "tag": ("wrong-tag", {}, "does not fit the Python"),
    "record": ("bad-record", {}, "its RECORD: "),
    "record-lacks": ("missing-record-entry", {}, "its RECORD: "),
    "record-ghost": ("pure", {"ghost_record_entry": True}, "its RECORD lists ghost.py"),
    "metadata-name": ("pure", {"metadata_name": "other"}, "its METADATA is of other"),
    "metadata-version": ("pure", {"metadata_version": "9"}, "its METADATA is of version 9"),
    "inner-tag": ("pure", {"inner_tag": "py2-none-any"}, "tell different tags"),
    "two": ("backend-two-wheels", {}, "a build gives one wheel (PEP 517)"),
}


@pytest.mark.parametrize(("project", "knobs", "says"), BAD.values(), ids=BAD)
def test_wheel_that_is_not_what_it_should_be(
    cache: Cache, tmp_path: Path, project: str, knobs: dict[str, Any], says: str
) -> None:
    tree = materialise(project, tmp_path, **knobs)
    cache.refuses(tree, says=[f"error: {tree}: the backend made ", says, "--keep"])
    assert cache.entries() == []


def test_no_wheel(cache: Cache, tmp_path: Path) -> None:
    tree = materialise("backend-no-wheel", tmp_path)
    says = ["the backend said that it built a wheel, but there is none", "try: "]
    cache.refuses(tree, says=says)
    assert cache.entries() == []


def test_bad_wheel_does_not_take_the_place_of_a_good_one(cache: Cache, tmp_path: Path) -> None:
    switch = tmp_path / "bad"
    tree = materialise("pure", tmp_path)
    backend = tree / "tinybackend.py"
    twice = 'spoiled = number == 0 and bool(knobs.get("bad-record"))'
    assert twice in backend.read_text()
    backend.write_text(
        backend.read_text().replace(twice, f"spoiled = Path({str(switch)!r}).exists()")
    )
    good = cache.get(tree)
    before = [path.read_bytes() for path in cache.entries()]
    switch.touch()
    cache.refuses(tree, "--rebuild", says=["its RECORD: "])
    assert [path.read_bytes() for path in cache.entries()] == before
    assert cache.get(tree).stdout == good.stdout != ""
