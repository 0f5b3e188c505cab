"""A build runs in the lowest free slot of its project, which is clear when it comes and goes."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from support.stored import child, holding
from wheelwell.store.layout import Layout
from wheelwell.store.lease import Lease, try_acquire
from wheelwell.store.slots import Slot, lease_slot

PARTS = ("home", "out", "source", "tmp")

# As a user who is not root, whom modes bind: leaves directories as builds leave them, and goes.
LEAVE_READ_ONLY = """
import os, sys
from pathlib import Path
from wheelwell.store.layout import Layout
from wheelwell.store.slots import lease_slot
import wheelwell.store.lease, filelock, json, shutil  # before they are out of reach

root = Path(sys.argv[1])
if os.geteuid() == 0:
    os.chown(root, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with lease_slot(Layout(str(root)), "foo", clear=print) as slot:
    for mode in (0o500, 0o000, 0o400, 0o600):
        inner = slot.source / oct(mode) / "inner"
        inner.mkdir(parents=True)
        (inner / "file").touch()
        (inner / "link").symlink_to("/")
        inner.chmod(mode)
        inner.parent.chmod(mode)
    slot.source.chmod(0o500)
    path = slot.path
print(os.listdir(path))
"""


@pytest.fixture
def cleared() -> list[str]:
    """The slots whose processes were ended."""
    return []


def lease(layout: Layout, cleared: list[str]) -> contextlib.AbstractContextManager[Slot]:
    return lease_slot(layout, "foo", clear=lambda path: cleared.append(path.name))


def names(slot: Slot) -> list[str]:
    return sorted(path.name for path in slot.path.iterdir())


def test_slot_has_its_directories_empty_and_private(layout: Layout, cleared: list[str]) -> None:
    with lease(layout, cleared) as slot:
        assert slot.path == Path(layout.slots, "foo", "0")
        directories = [slot.home, slot.output, slot.source, slot.temporary]
        assert names(slot) == [path.name for path in directories] == [*PARTS]
        for directory in directories:
            assert not any(directory.iterdir())
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_builds_of_one_project_run_in_different_slots_the_lowest_first(
    layout: Layout, cleared: list[str]
) -> None:
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(lease(layout, cleared)) for _ in range(3))
        assert [slot.path.name for slot in (first, second, third)] == ["0", "1", "2"]
        (first.source / "file").touch()
        assert not any(second.source.iterdir())
    assert cleared == []


def test_path_is_the_same_again_later(layout: Layout, cleared: list[str]) -> None:
    paths = []
    for _ in range(3):
        with lease(layout, cleared) as slot:
            paths.append(slot.path)
    assert len({*paths}) == 1


def test_slot_that_was_given_back_is_the_next_to_be_taken(
    layout: Layout, cleared: list[str]
) -> None:
    with contextlib.ExitStack() as first, contextlib.ExitStack() as others:
        first.enter_context(lease(layout, cleared))
        others.enter_context(lease(layout, cleared))
        first.close()
        assert others.enter_context(lease(layout, cleared)).path.name == "0"


def test_projects_do_not_share_slots(layout: Layout, cleared: list[str]) -> None:
    with lease(layout, cleared) as slot, lease_slot(layout, "bar", clear=print) as other:
        assert other.path.name == slot.path.name == "0"
        assert other.path != slot.path


def test_slot_is_emptied_when_the_build_is_over(layout: Layout, cleared: list[str]) -> None:
    with lease(layout, cleared) as slot:
        (slot.source / "file").touch()
    assert names(slot) == []


def test_slot_is_emptied_when_the_build_failed(layout: Layout, cleared: list[str]) -> None:
    with contextlib.suppress(ZeroDivisionError), lease(layout, cleared) as slot:
        (slot.source / "file").touch()
        raise ZeroDivisionError
    assert names(slot) == []


def test_slot_of_a_dead_builder_is_cleared_first(layout: Layout, cleared: list[str]) -> None:
    leave(layout, "0")
    with lease(layout, cleared) as slot:
        assert slot.path.name == "0"
        assert names(slot) == [*PARTS]
        assert not any(slot.source.iterdir())
    assert cleared == ["0"]


def test_every_free_slot_of_a_dead_builder_is_cleared(layout: Layout, cleared: list[str]) -> None:
    leave(layout, "0", "1", "2", "3")
    with (
        holding(layout.lease("slot-foo-0")),
        holding(layout.lease("slot-foo-2")),
        lease(layout, cleared) as slot,
    ):
        assert slot.path.name == "1"
        assert cleared == ["1", "3"]
        assert names(Slot(Path(layout.slots, "foo", "3"), slot.lease)) == []
        # Those in use are another's.
        for used in ("0", "2"):
            assert Path(layout.slots, "foo", used, "source/file").exists()


def test_slot_that_is_clear_already_is_left_to_those_who_want_it(
    layout: Layout, cleared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lease(layout, cleared), lease(layout, cleared):
        pass
    tried: list[str] = []

    def note(path: str) -> Lease | None:
        tried.append(path)
        return try_acquire(path)

    monkeypatch.setattr("wheelwell.store.lease.try_acquire", note)
    with lease(layout, cleared):
        assert tried == [layout.lease("slot-foo-0")]


def test_slots_that_were_cleared_are_free(layout: Layout, cleared: list[str]) -> None:
    leave(layout, "0", "1")
    with lease(layout, cleared), lease(layout, cleared) as second:
        assert second.path.name == "1"
    assert cleared == ["0", "1"]


def test_kept_slot_stays_as_it_is_and_is_passed_over(layout: Layout, cleared: list[str]) -> None:
    with lease(layout, cleared) as kept:
        kept.keep()
        (kept.source / "file").write_text("kept")
    for _ in range(2):
        with lease(layout, cleared) as slot:
            assert slot.path.name == "1"
    assert (kept.source / "file").read_text() == "kept"
    assert cleared == []


def test_slot_that_cannot_be_cleared_is_passed_over(
    layout: Layout, cleared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(layout, "0")

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # another user's, or immutable

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", refuse)
        with lease(layout, cleared) as slot:
            assert slot.path.name == "1"
    with lease(layout, cleared) as slot:
        assert slot.path.name == "0"


def test_failure_to_empty_a_slot_does_not_undo_the_build(
    layout: Layout, cleared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch, lease(layout, cleared):
        patch.setattr(shutil, "rmtree", refuse)
    with lease(layout, cleared) as slot:
        assert slot.path.name == "0"
    assert cleared == ["0"]


def test_no_lease_is_left_behind_when_clearing_is_interrupted(layout: Layout) -> None:
    leave(layout, "0", "1")

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt) as raised,
        lease_slot(layout, "foo", clear=interrupt),
    ):
        pytest.fail("the slot was not cleared")
    assert raised.tb is not None  # as long as it is looked at, what its frames hold is alive
    for number in (0, 1):
        held = try_acquire(layout.lease(f"slot-foo-{number}"))
        assert held is not None
        with held:
            pass


def test_directories_that_a_build_made_read_only_are_removed() -> None:
    # Not below tmp_path, which is root's alone where root runs the tests.
    with tempfile.TemporaryDirectory() as root, child(LEAVE_READ_ONLY, root) as process:
        Path(root).chmod(0o755)
        assert process.communicate()[0] == "[]\n"


def leave(layout: Layout, *numbers: str) -> None:
    """Leave slots as a builder does that is killed."""
    for number in numbers:
        source = Path(layout.slots, "foo", number, "source")
        source.mkdir(parents=True)
        (source / "file").touch()
        os.symlink("/", source.parent / "link")
