"""Every place in the cache directory is where the design says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.values import PURE
from wheelwell.digest import Sha256
from wheelwell.source import Archive, Directory, Source
from wheelwell.store.layout import Layout

LAYOUT = Layout("/cache")
KEY = PURE.key()
HASH = Sha256("ab" * 32)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (LAYOUT.wheels, "/cache/wheels-v1"),
        (LAYOUT.sources, "/cache/sources-v1"),
        (LAYOUT.environments, "/cache/environments-v1"),
        (LAYOUT.slots, "/cache/slots"),
        (LAYOUT.leases, "/cache/leases"),
        (LAYOUT.staging, "/cache/staging"),
        (LAYOUT.failures, "/cache/failures"),
        (LAYOUT.quarantine, "/cache/quarantine"),
        (LAYOUT.fact("interpreters-v1", "x"), "/cache/interpreters-v1/x.json"),
        (LAYOUT.lease("slot-foo-0"), "/cache/leases/slot-foo-0.lock"),
    ],
)
def test_place_is_the_published_one(place: str, path: str) -> None:
    assert place == path


@pytest.mark.parametrize(
    ("source", "token"),
    [
        (Archive(sha256=HASH), f"archive-{HASH}"),
        (Archive(sha256=HASH, subdirectory="a/b"), f"archive-{HASH}-c14cddc033f64b9d"),
        (Directory(tree=HASH), f"directory-{HASH}"),
    ],
)
def test_entry_is_below_its_project_and_its_source(source: Source, token: str) -> None:
    assert LAYOUT.entry("foo", source, KEY) == f"/cache/wheels-v1/foo/{token}/{KEY}"


def test_builds_of_one_source_lie_side_by_side() -> None:
    other = replace(PURE, interpreter=replace(PURE.interpreter, soabi="other")).key()
    first = LAYOUT.entry("foo", PURE.source, KEY)
    second = LAYOUT.entry("foo", PURE.source, other)
    assert first != second
    assert first.rpartition("/")[0] == second.rpartition("/")[0]
