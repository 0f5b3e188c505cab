"""What happens is written down whole, by however many at once, and never counted twice or lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.stored import TESTS
from wheelwell.statistics import summed
from wheelwell.store import atomic
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import Layout

NOW = 1_800_000_000.0
DAY = 86400.0

APPEND = """
import sys
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import Layout

journal = DiskJournal(Layout(sys.argv[1]))
for _ in range(500):
    journal.note("hit", project="p" * 200, seconds=1.5, size=10)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    os.makedirs(tmp_path / "cache")
    return Layout(str(tmp_path / "cache"))


def test_what_is_noted_is_read_back(layout: Layout) -> None:
    journal = DiskJournal(layout)
    journal.note("build", project="foo", seconds=2.25, size=7)
    journal.note("removal", count=3, size=9)
    build, removal = journal.events()
    assert (build.event, build.project, build.seconds, build.size) == ("build", "foo", 2.25, 7)
    assert (removal.count, removal.size) == (3, 9)
    assert abs(build.at - time.time()) < 60


def test_lines_of_many_processes_and_threads_are_whole(layout: Layout) -> None:
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", APPEND, layout.root]
    processes = [subprocess.Popen(command, env=environ) for _ in range(4)]
    journal = DiskJournal(layout)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: journal.note("hit", project="t"), range(500)))
    assert [process.wait() for process in processes] == [0] * 4
    assert summed(journal.events()).total.hits == 4 * 500 + 500


def test_a_forked_process_writes_by_itself(layout: Layout) -> None:
    journal = DiskJournal(layout)
    journal.note("hit")
    if (child := os.fork()) == 0:
        journal.note("hit")
        os._exit(0)
    os.waitpid(child, 0)
    journal.note("hit")
    assert summed(journal.events()).total.hits == 3


def test_a_journal_that_was_purged_begins_anew(layout: Layout) -> None:
    journal = DiskJournal(layout)
    journal.note("hit")
    for path in Path(layout.journal).iterdir():
        path.unlink()
    os.rmdir(layout.journal)
    journal.note("hit")
    assert len(list(journal.events())) == 1


def test_a_journal_that_cannot_be_written_says_nothing(layout: Layout) -> None:
    Path(layout.journal).touch()
    journal = DiskJournal(layout)
    journal.note("hit")
    assert list(journal.events()) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        '{"at": 1}',
        '{"at": "x", "event": "hit"}',
        '{"at": -1, "event": "hit"}',
        '{"at": NaN, "event": "hit"}',
        '{"at": 1, "event": "of a later version"}',
        '{"at": 1, "event": "hit", "bytes": 1e400}',
        '{"at": 1800000000, "event": "hi',
        "[" * 100_000,
    ],
    ids=[*map(str, range(12))],
)
def test_a_line_that_means_nothing_is_left_out(layout: Layout, line: str) -> None:
    journal = DiskJournal(layout)
    journal.note("hit")
    [path] = Path(layout.journal).iterdir()
    with path.open("a") as file:
        file.write(line + "\n")
    journal.note("hit")
    assert summed(journal.events()).total.hits == 2


def test_fields_of_later_versions_are_ignored(layout: Layout) -> None:
    os.makedirs(layout.journal)
    line = '{"at": 1800000000, "event": "hit", "of": {"a": "later version"}}\n'
    Path(layout.journal, "2027-01-15.jsonl").write_text(line)
    assert summed(DiskJournal(layout).events()).total.hits == 1


def test_rolling_up_changes_no_sum_and_is_done_once(layout: Layout) -> None:
    write_days(layout, days=5)
    journal = DiskJournal(layout)
    before = summed(journal.events())
    journal.roll_up(now=NOW)
    sizes = [path.stat().st_size for path in sorted(Path(layout.journal).iterdir())]
    journal.roll_up(now=NOW)
    assert summed(journal.events()) == before
    assert sizes == [path.stat().st_size for path in sorted(Path(layout.journal).iterdir())]
    assert sizes[0] < sizes[-1]  # the last days may still be written into


def test_days_of_long_ago_are_forgotten(layout: Layout) -> None:
    write_days(layout, days=1, at=NOW - 402 * DAY)
    write_days(layout, days=1, at=NOW - 399 * DAY)
    DiskJournal(layout).roll_up(now=NOW)
    assert len(os.listdir(layout.journal)) == 1


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_whoever_dies_while_rolling_up_loses_and_doubles_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write_days(layout, days=4)
    journal = DiskJournal(layout)
    before = summed(journal.events())

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, call, die)
        with pytest.raises(Killed):
            journal.roll_up(now=NOW)
    assert summed(journal.events()) == before


def write_days(layout: Layout, *, days: int, at: float = NOW) -> None:
    """Write a few events of each of the last days."""
    os.makedirs(layout.journal, exist_ok=True)
    for day in range(days):
        then = at - day * DAY
        lines = [
            f'{{"at":{then},"event":"{event}","project":"{project}","seconds":1.5,"bytes":10}}\n'
            for event in ("hit", "build")
            for project in ("foo", "bar") * 5
        ]
        name = time.strftime("%Y-%m-%d", time.gmtime(then))
        atomic.write(
            f"{layout.journal}/{name}.jsonl", "".join(lines).encode(), layout=layout, durable=False
        )
