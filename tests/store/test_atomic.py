"""A file is replaced whole, or stays as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from support.processes import needs_proc
from wheelwell.store import atomic
from wheelwell.store.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


@pytest.mark.parametrize("durable", [False, True])
def test_write_makes_and_replaces(tmp_path: Path, layout: Layout, durable: bool) -> None:
    target = tmp_path / "file"
    for data in (b"one", b"another"):
        atomic.write(str(target), data, layout=layout, durable=durable)
        assert target.read_bytes() == data
    assert os.listdir(layout.staging) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failed_write_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        atomic.write(str(target), b"new", layout=layout, durable=True)
    assert target.read_bytes() == b"old"
    assert os.listdir(layout.staging) == []


@needs_proc
def test_durable_write_syncs_the_file_before_its_name_and_the_name_after(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = trace(monkeypatch)
    atomic.write(str(tmp_path / "file"), b"new", layout=layout, durable=True)
    staged = calls[0].removeprefix("sync ")
    assert Path(staged).parents[1] == Path(layout.staging)
    assert calls == [f"sync {staged}", f"name {tmp_path}/file", f"sync {tmp_path}"]


def test_tokens_differ() -> None:
    assert len({atomic.token() for _ in range(1000)}) == 1000


def trace(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is synced and what is named, in order."""
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_sync(descriptor: int) -> None:
        calls.append("sync " + os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def note_name(source: str, target: str) -> None:
        calls.append(f"name {target}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_name)
    return calls
