"""An entry appears whole: wherever the machine stops, a reader sees the old one or the new."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path

import pytest

from support.processes import needs_proc
from support.stored import child, place_of, publish
from support.values import PURE
from wheelwell.digest import sha256_chunks
from wheelwell.store.disk import Store, open_store

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

OLD, NEW = b"the old wheel", b"the new wheel, which is longer"

# Publishes into one copy of the cache after the other, and is killed one line later in each.
KILLED_AT_EACH_LINE = """
import os, shutil, signal, sys
from support.stored import publish
from wheelwell.store import atomic, disk, publish as _

base, new = sys.argv[1], sys.argv[2].encode()
ours = os.path.dirname(atomic.__file__)
number, left = 0, 0


def trace(frame, event, argument):
    global left
    if not frame.f_code.co_filename.startswith(ours):
        return None
    if event == "line":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace


while True:
    root = f"{base}/{number}"
    shutil.copytree(f"{base}/template", root)
    store = disk.open_store(root, warn=print)
    process = os.fork()
    if process == 0:
        left = number
        sys.settrace(trace)
        publish(store, new)
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    number += 1
print(number)
"""


@pytest.mark.parametrize("has_old", [False, True], ids=["first-build", "rebuild"])
def test_killed_at_any_line_a_reader_sees_the_old_entry_or_the_new(
    tmp_path: Path, has_old: bool
) -> None:
    template = open_store(str(tmp_path / "template"), warn=pytest.fail)
    if has_old:
        publish(template, OLD)
    with child(KILLED_AT_EACH_LINE, str(tmp_path), NEW.decode()) as process:
        lines = int(process.communicate()[0])
    seen = [look(open_store(f"{tmp_path}/{number}", warn=pytest.fail)) for number in range(lines)]
    before = OLD if has_old else None
    last_old = seen.index(NEW)
    assert seen == [before] * last_old + [NEW] * (lines - last_old)
    assert last_old > 20, "the program did not die where the work is done"


def look(store: Store) -> bytes | None:
    """Return what a reader sees; then the debris of a dead builder must not be in the way."""
    entry = store.find(place_of())
    seen = Path(entry.path).read_bytes() if entry else None
    if entry is not None and seen is not None:
        assert entry.record.sha256 == sha256_chunks([seen])
        assert gzip.decompress(Path(entry.log).read_bytes()) == b"built\n"
    again = publish(store, b"published after the crash")
    assert store.find(place_of()) == again
    return seen


@needs_proc
def test_all_is_on_the_disk_before_the_record_names_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, OLD)  # makes the directories
    calls: list[str] = []

    def noted(name: str) -> None:
        original = getattr(os, name)

        def call(*arguments: object) -> None:
            first = arguments[-1]
            path = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            calls.append(f"{name} {path}")
            original(*arguments)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "replace"):
        noted(name)
    entry = publish(store, NEW)

    directory = store.layout.entry("foo", PURE.source, PURE.key())
    build = entry.record.build
    staging = os.path.dirname(calls[2].removeprefix("fsync ").removesuffix(f"/{build}") + "/")
    record = calls[5].removeprefix("fsync ")
    assert Path(record).parents[1] == Path(staging).parent == Path(store.layout.staging)
    assert calls == [
        f"fsync {staging}/{build}/{entry.record.filename}",
        f"fsync {staging}/{build}/build.log.gz",
        f"fsync {staging}/{build}",
        f"replace {directory}/{build}",
        f"fsync {directory}",
        f"fsync {record}",
        f"replace {directory}/record.json",
        f"fsync {directory}",
    ]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_is_visible_stays_when_the_disk_is_full(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    old = publish(store, OLD)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space"):
            publish(store, NEW)
    assert store.find(place_of()) == old
    assert os.listdir(store.layout.staging) == []


def test_entry_is_what_was_given(store: Store) -> None:
    entry = publish(store, NEW)
    assert entry == store.find(place_of())
    assert Path(entry.path).read_bytes() == NEW
    assert entry.record.stamp.size == len(NEW)
    assert gzip.decompress(Path(entry.log).read_bytes()) == b"built\n"


def test_rebuild_leaves_the_path_of_the_old_wheel_good(store: Store) -> None:
    old, new = publish(store, OLD), publish(store, NEW)
    assert store.find(place_of()) == new
    assert old.path != new.path
    assert Path(old.path).read_bytes() == OLD


def test_nothing_is_left_in_the_staging_area(store: Store) -> None:
    publish(store)
    assert os.listdir(store.layout.staging) == []
