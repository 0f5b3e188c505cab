"""What a list that is not locked resolves to is what its own switches let uv and pip choose."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.errors import ConfigurationError
from wheelwell.lists.reading import read
from wheelwell.opposites import ALL, Opposites
from wheelwell.warm.listed import Listing
from wheelwell.warm.policy import policy_of

pytestmark = pytest.mark.slow

SHA = "ab" * 32


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with a wheel that is older than a source, and a pre-release."""
    with IndexServer() as server:
        server.add(make_wheel(tmp_path, "some", "1.0"))
        for version in ("2.0", "3.0rc1"):
            into = tmp_path / version
            tree = materialise("pure", into, project={"name": "some", "version": version})
            server.add(make_sdist(tree, into))
        server.add(make_wheel(tmp_path, "needy", "1.0", project={"dependencies": ["some"]}))
        yield server


def requests(
    index: IndexServer, directory: Path, text: str, *, releases: Opposites | None = None
) -> list[str]:
    """Return what a requirements file comes to."""
    path = directory / "r.txt"
    path.write_text(text)
    listed = read(str(path))
    configuration = wheelwell.load_configuration({"index-url": index.url})
    if releases:
        configuration = dataclasses.replace(configuration, releases=releases)
    with wheelwell.open_cache(directory / "cache", configuration=configuration) as cache:
        listing = Listing(
            cache=cache,
            policy=policy_of(listed.listed.rules),
            prefers_binary=listed.listed.prefers_binary,
        )
        tasks = listing.tasks([listed], [sys.executable])
        return sorted(task.wanted.request.text for task in tasks)


def test_formats_and_releases_decide_what_is_chosen(index: IndexServer, tmp_path: Path) -> None:
    assert requests(index, tmp_path, "needy") == ["needy==1.0", "some==2.0"]
    assert requests(index, tmp_path, "needy\n--only-binary :all:") == ["needy==1.0", "some==1.0"]
    every = Opposites(yes=frozenset({ALL}))
    assert requests(index, tmp_path, "needy", releases=every) == ["needy==1.0", "some==3.0rc1"]


def test_what_uv_cannot_be_told_pip_is(index: IndexServer, tmp_path: Path) -> None:
    assert requests(index, tmp_path, "needy\n--prefer-binary") == ["needy==1.0", "some==1.0"]
    one = Opposites(yes=frozenset({"some"}))
    assert requests(index, tmp_path, "needy", releases=one) == ["needy==1.0", "some==3.0rc1"]


def test_a_list_of_pins_is_resolved_where_constraints_want_something_else(
    index: IndexServer, tmp_path: Path
) -> None:
    (tmp_path / "c.txt").write_text("some<2\n")
    assert requests(index, tmp_path, "some==1.0\n-c c.txt") == ["some==1.0"]
    with pytest.raises(wheelwell.WheelwellError, match="no versions that go together"):
        requests(index, tmp_path, "some==2.0\n-c c.txt")
    with pytest.raises(ConfigurationError, match=r"constraints do not admit some==2\.0"):
        requests(index, tmp_path, f"some==2.0 --hash=sha256:{SHA}\n-c c.txt")


def test_a_list_with_hashes_is_taken_as_it_is(index: IndexServer, tmp_path: Path) -> None:
    assert requests(index, tmp_path, f"needy==1.0 --hash=sha256:{SHA}") == ["needy==1.0"]
    assert not index.requests
