"""What is remembered is told again, or forgotten: never half of it, never an error."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.stored import child, let_clock_tick
from wheelwell.store.layout import Layout
from wheelwell.store.memory import DiskMemory

FACT = {"name": "foo", "versions": ["1.0", "2.0"], "size": 3}

# Remembers one of two long values, again and again.
REMEMBER = """
import sys
from wheelwell.store.layout import Layout
from wheelwell.store.memory import DiskMemory

memory = DiskMemory(Layout(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    memory.remember("facts-v1", "one", {"value": sys.argv[2] * 50_000})
    if number == 0:
        print("began", flush=True)
"""


@pytest.fixture
def memory(layout: Layout) -> DiskMemory:
    return DiskMemory(layout)


def test_nothing_is_recalled_of_what_was_never_remembered(memory: DiskMemory) -> None:
    assert memory.recall("facts-v1", "one") is None


def test_fact_is_recalled_here_and_by_others(memory: DiskMemory, layout: Layout) -> None:
    memory.remember("facts-v1", "one", FACT)
    assert memory.recall("facts-v1", "one") == FACT
    assert DiskMemory(layout).recall("facts-v1", "one") == FACT
    assert memory.recall("facts-v1", "another") is None
    assert memory.recall("facts-v2", "one") is None


def test_last_fact_counts_here_and_for_others(memory: DiskMemory, layout: Layout) -> None:
    other = DiskMemory(layout)
    for number in range(20):
        memory.remember("facts-v1", "one", {"number": number})
        assert memory.recall("facts-v1", "one") == {"number": number}
        assert other.recall("facts-v1", "one") == {"number": number}


def test_fact_that_did_not_change_is_read_once(memory: DiskMemory) -> None:
    memory.remember("facts-v1", "one", FACT)
    assert memory.recall("facts-v1", "one") is memory.recall("facts-v1", "one")


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"name": "fo', b"\xff", b"[" * 100_000, b'{"a": 1} x']
)
def test_damaged_fact_is_none(memory: DiskMemory, layout: Layout, data: bytes) -> None:
    memory.remember("facts-v1", "one", FACT)
    memory.recall("facts-v1", "one")
    let_clock_tick(Path(layout.fact("facts-v1", "one")))
    Path(layout.fact("facts-v1", "one")).write_bytes(data)
    assert memory.recall("facts-v1", "one") is None
    memory.remember("facts-v1", "one", FACT)
    assert memory.recall("facts-v1", "one") == FACT


def test_what_cannot_be_kept_is_quietly_forgotten(memory: DiskMemory, layout: Layout) -> None:
    Path(layout.root, "facts-v1").touch()  # where a directory should be
    memory.remember("facts-v1", "one", FACT)
    assert memory.recall("facts-v1", "one") is None
    assert os.listdir(layout.staging) == []


def test_path_that_is_not_text_is_remembered(memory: DiskMemory, layout: Layout) -> None:
    fact = {"path": os.fsdecode(b"/opt/\xff/python")}
    memory.remember("facts-v1", "one", fact)
    assert DiskMemory(layout).recall("facts-v1", "one") == fact


def test_reader_sees_whole_facts_while_two_processes_write_the_same(layout: Layout) -> None:
    memory = DiskMemory(layout)
    with ExitStack() as stack:
        processes = [stack.enter_context(child(REMEMBER, layout.root, value)) for value in "ab"]
        for line in ("ready\n", "began\n"):
            for process in processes:
                assert process.stdout is not None
                assert process.stdin is not None
                assert process.stdout.readline() == line
                process.stdin.write("\n")
                process.stdin.flush()
        whole = [{"value": value * 50_000} for value in "ab"]
        while any(process.poll() is None for process in processes):
            assert memory.recall("facts-v1", "one") in whole
        assert [process.returncode for process in processes] == [0, 0]
    assert os.listdir(layout.staging) == []
