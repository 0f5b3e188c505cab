"""Disks that are full, or others, or cannot lock; and a cache inside of somebody's repository."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from field.conftest import User
from support.disks import needs_mounts, run_on_disks
from support.repositories import Repository

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on another disk than the cache's."""
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        yield Path(place)


@needs_mounts()
def test_a_full_disk_leaves_no_half_of_a_wheel(user: User) -> None:
    """pip #9964: ENOSPC left a truncated wheel, which was an error from then on."""
    disk = user.home / "disk"
    disk.mkdir()
    big = user.project("pure")
    (big / "pure" / "data.bin").write_bytes(os.urandom(3 << 20))
    done = run_on_disks(
        [
            "mount -t tmpfs -o size=4m none $disk",
            "$get --cache-dir $disk/cache $big --json -q",
            "find $disk -name '*.whl' >&2",
            "umount $disk; mount -t tmpfs -o size=40m none $disk",
            "$get --cache-dir $disk/cache $big --json -q",
        ],
        disk=disk,
        big=big,
    )
    elsewhere, stored = map(json.loads, done.stdout.splitlines())

    assert Path(elsewhere["path"]).stat().st_size > 3 << 20
    assert (elsewhere["origin"], stored["origin"]) == ("ephemeral", "built")
    assert ".whl\n" not in done.stderr
    assert done.stderr.count("its disk is full") == 1


def test_a_wheel_is_whole_on_whatever_disk_it_was_built(
    user: User, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip #13540: wheels that were moved from one file system to another were damaged."""
    for name in ("temporary", "out"):
        (other_disk / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(other_disk / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", str(other_disk / "temporary"))
    told = user.get(user.sdist("pure"), "-o", other_disk / "out")
    (kept,) = user.cache_dir.glob("wheels-v1/**/*.whl")

    assert Path(told["path"]).parent == other_disk / "out"
    for wheel in (kept, Path(told["path"])):
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == told["sha256"]
    assert not [*(other_disk / "temporary").iterdir()]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_fails_no_build(
    user: User, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """uv #9050: on a cluster's disk `flock` is not implemented, and nothing could be built."""
    really = fcntl.flock

    def flock(descriptor: int, operation: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(user.cache_dir)):
            raise OSError(number, os.strerror(number))
        really(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    sdist = user.sdist("pure")
    told = user.get(sdist)

    assert told["origin"] == "ephemeral"
    assert Path(told["path"]).is_file()
    assert told["stderr"].count("warning") == 1
    assert str(user.cache_dir) in told["stderr"]


def test_a_cache_in_a_repository_is_no_part_of_it(user: User) -> None:
    """What uv gets right: version tools do not climb from a build into the repository around it."""
    around = Repository(user.cache_dir.parent / "around")
    around.commit({"README": "of another project"})
    around.tag("v9.9")
    inside = User(user.home, around.path / "cache", user.capsys)
    inside.get(inside.sdist("pure"))
    describe = ["git", "-C", str(inside.cache_dir / "slots"), "describe"]

    assert around.git("status", "--porcelain") == ""
    assert around.git("describe") == "v9.9"
    assert subprocess.run(describe, capture_output=True, check=False).returncode != 0
