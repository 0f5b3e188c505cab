"""What is being written is nobody else's; what a dead writer left is known, and only that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.stored import child
from wheelwell.store import lease, staging
from wheelwell.store.layout import Layout

WRITE = """
import sys
from wheelwell.store.layout import Layout
from wheelwell.store.staging import staged

with staged(Layout(sys.argv[1])) as directory:
    open(f"{directory}/half", "w").close()
    print(directory, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


def test_nothing_is_left_of_a_directory_when_its_block_is(layout: Layout) -> None:
    def fail() -> None:
        with staging.staged(layout) as directory:
            Path(directory, "half").touch()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert os.listdir(layout.staging) == []


def test_what_a_living_process_writes_is_no_leftover_and_what_a_killed_one_wrote_is(
    layout: Layout,
) -> None:
    with child(WRITE, layout.root) as writer:
        assert writer.stdout is not None
        directory = writer.stdout.readline().strip()
        assert list(staging.leftovers(layout)) == []

        writer.kill()
        writer.wait()
        assert list(staging.leftovers(layout)) == [directory]
        assert Path(directory, "half").exists()


def test_what_this_very_process_writes_is_no_leftover(layout: Layout) -> None:
    with staging.staged(layout):
        assert list(staging.leftovers(layout)) == []


def test_a_file_that_nobody_writes_is_a_leftover(layout: Layout) -> None:
    os.makedirs(layout.staging)
    Path(layout.staging, "stray").touch()
    assert list(staging.leftovers(layout)) == [f"{layout.staging}/stray"]


def test_a_writer_takes_another_directory_where_a_collector_has_its_first_already(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir
    taken: list[tuple[str, object]] = []

    def mkdir(path: str, mode: int = 0o777) -> None:
        make(path, mode)
        if not taken and path.startswith(f"{layout.staging}/"):
            taken.append((path, lease.try_acquire(f"{path}/lock")))

    monkeypatch.setattr(os, "mkdir", mkdir)
    with staging.staged(layout) as directory:
        assert directory != taken[0][0]
