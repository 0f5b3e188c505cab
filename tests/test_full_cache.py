"""A disk that is full or read-only: the wheel comes out all the same, or one error says why not."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.disks import needs_mounts, run_on_disks
from support.index import IndexServer
from support.projects import make_sdist, materialise
from wheelwell.config import Configuration
from wheelwell.errors import BackendFailed, WheelwellError
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

# Leaves `$1` bytes of the disk at `$disk` free.
FILL = """
fill() { rm -f $disk/fill; free=$(stat -f -c '%a' $disk); size=$(stat -f -c '%S' $disk)
         head -c $((free * size - $1)) /dev/zero > $disk/fill; }
"""


# A backend that needs 8 MB for a while.
FILLING = """
import os
from tinybackend import *
import tinybackend

def build_wheel(directory, settings=None, metadata=None):
    try:
        with open("big", "wb") as big:
            big.write(bytes(8 << 20))
    except OSError:
        {ending}
    os.unlink("big")
    return tinybackend.build_wheel(directory, settings, metadata)
"""

OTHERS_OF = {"slots": (errno.EDQUOT, errno.EROFS), "staging": (errno.EDQUOT, errno.EROFS)}
PLACES = ("leases", "slots", "environments-v1", "wheels-v1", "staging", "sources-v1")


class Told(wheelwell.Reporter):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


class Faults:
    """Lets what is made below some directory fail, as a full disk or a foreign directory does."""

    def __init__(self) -> None:
        self.below = ""
        self.number = 0
        sys.addaudithook(self._check)

    def _check(self, event: str, words: tuple[Any, ...]) -> None:
        if not self.below or event not in {"open", "os.mkdir", "os.rename"}:
            return
        if event == "open" and not words[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        path = words[1] if event == "os.rename" else words[0]
        if isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).startswith(self.below):
            raise OSError(self.number, os.strerror(self.number), os.fsdecode(path))


_FAULTS = Faults()  # an audit hook is for ever


@pytest.fixture(autouse=True)
def _own_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", str(place))


@pytest.fixture
def faults() -> Iterator[Faults]:
    yield _FAULTS
    _FAULTS.below = ""


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A temporary directory on another disk than the cache's."""
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        monkeypatch.setattr("tempfile.tempdir", place)
        yield Path(place)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return materialise("pure", tmp_path)


@pytest.fixture
def offered(project: Path, tmp_path: Path, index: IndexServer) -> Configuration:
    """What makes the project's sdist known by its name and version."""
    index.add(make_sdist(project, tmp_path))
    return wheelwell.load_configuration({"index-url": index.url})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param((place, number), id=f"{place}-{errno.errorcode[number]}")
        for place in PLACES
        for number in (errno.ENOSPC, errno.EACCES, *OTHERS_OF.get(place, ()))
    ],
)
def test_nothing_that_the_cache_cannot_take_fails_a_build(
    faults: Faults,
    cache_dir: Path,
    offered: Configuration,
    other_disk: Path,
    fault: tuple[str, int],
) -> None:
    place, number = fault
    told = Told()
    with wheelwell.open_cache(cache_dir, configuration=offered, warn=told.warned) as cache:
        faults.below, faults.number = f"{cache_dir / place}/", number
        wheel = cache.get("pure==1.0", reporter=told)
        again = cache.get("pure==1.0", reporter=told)
        faults.below = ""

    assert wheel.origin is again.origin is Origin.EPHEMERAL
    assert wheel.path == again.path
    assert wheel.path.is_relative_to(other_disk)
    assert wheel.path.is_file()
    (warning,) = told.warnings
    assert str(cache_dir) in warning
    assert str(other_disk) in warning
    assert not list((cache_dir / "wheels-v1").rglob("*.whl"))


def test_what_cannot_be_remembered_is_quietly_forgotten(
    faults: Faults, cache_dir: Path, project: Path
) -> None:
    told = Told()
    with wheelwell.open_cache(cache_dir, warn=told.warned) as cache:
        for bucket in ("identities-v1", "interpreters-v1"):
            faults.below, faults.number = str(cache_dir / bucket), errno.EDQUOT
            assert cache.get(str(project), rebuild=True, reporter=told).origin is Origin.BUILT

    assert told.warnings == []


def test_wheels_that_the_cache_holds_are_found_though_it_takes_no_other(
    faults: Faults, cache_dir: Path, project: Path, tmp_path: Path
) -> None:
    other = materialise("pure", tmp_path / "other", project={"version": "2.0"})
    with wheelwell.open_cache(cache_dir) as cache:
        stored = cache.get(str(project))
        faults.below, faults.number = f"{cache_dir}/", errno.EACCES
        assert cache.get(str(other)).origin is Origin.EPHEMERAL
        assert cache.get(str(project)).path == stored.path
        assert cache.get(str(project)).origin is Origin.LOCAL


def test_the_cache_is_written_again_once_it_can_be(
    faults: Faults, cache_dir: Path, project: Path, tmp_path: Path
) -> None:
    other = materialise("pure", tmp_path / "other", project={"version": "2.0"})
    with wheelwell.open_cache(cache_dir) as cache:
        faults.below, faults.number = f"{cache_dir}/", errno.EACCES
        assert cache.get(str(project)).origin is Origin.EPHEMERAL
        faults.below = ""
        assert cache.get(str(other)).origin is Origin.BUILT


def test_where_the_other_place_cannot_take_it_either_that_is_the_error(
    faults: Faults, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with wheelwell.open_cache(tmp_path / "cache", warn=Told().warned) as cache:
        faults.below, faults.number = f"{tmp_path}/", errno.EACCES
        with pytest.raises(WheelwellError) as raised:
            cache.get(str(project))

    assert raised.value.code == "unwritable"


def test_full_disk_with_no_other_is_one_clear_error(
    faults: Faults, cache_dir: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wheelwell.store.ephemeral.is_full", lambda _: True)
    told = Told()
    with wheelwell.open_cache(cache_dir, warn=told.warned) as cache:
        faults.below, faults.number = f"{cache_dir}/", errno.ENOSPC
        with pytest.raises(WheelwellError, match=f"the disk of {cache_dir} is full") as raised:
            cache.get(str(project), reporter=told)

    assert raised.value.code == "unwritable"
    assert "TMPDIR" in raised.value.hint
    assert told.warnings == []


def test_full_temporary_disk_is_one_clear_error(
    faults: Faults, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with wheelwell.open_cache(is_ephemeral=True) as cache:
        faults.below, faults.number = f"{cache.directory}/", errno.ENOSPC
        with pytest.raises(WheelwellError, match="cannot take what is built: its disk is full"):
            cache.get(str(project))
        faults.below = ""


def test_build_that_fails_of_itself_is_not_tried_elsewhere(cache_dir: Path, tmp_path: Path) -> None:
    project = materialise("backend-raises", tmp_path)
    told = Told()

    with (
        wheelwell.open_cache(cache_dir, warn=told.warned) as cache,
        pytest.raises(BackendFailed),
    ):
        cache.get(str(project), reporter=told)

    assert told.warnings == []


def test_entry_whose_record_cannot_be_written_leaves_nothing(
    faults: Faults, cache_dir: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EROFS, "it cannot be written")

    with wheelwell.open_cache(cache_dir, warn=Told().warned) as cache:
        monkeypatch.setattr("wheelwell.store.publish.write_record", full)
        monkeypatch.setattr("tempfile.tempdir", str(cache_dir.parent))
        with pytest.raises(WheelwellError) as raised:
            cache.get(str(project))

    assert raised.value.code == "unwritable"
    assert not list(cache_dir.parent.rglob("*.whl"))


# On real disks.


@needs_mounts()
@pytest.mark.parametrize("free", [0, 20_000, 60_000, 300_000])
def test_build_moves_from_a_full_disk_to_another(tmp_path: Path, project: Path, free: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    big = materialise("pure", tmp_path / "big")
    (big / "pure" / "data.bin").write_bytes(os.urandom(1 << 19))

    done = run_on_disks(
        [
            FILL,
            "mount -t tmpfs -o size=2m none $disk",
            "$get --cache-dir $disk/cache $small --json -q",
            "fill $free",
            "$get --cache-dir $disk/cache $big --json -q",
            "$get --cache-dir $disk/cache $small --json -q",
        ],
        disk=disk,
        small=project,
        big=big,
        free=str(free),
    )

    assert done.returncode == 0, done.stderr
    first, moved, hit = map(json.loads, done.stdout.splitlines())
    assert (first["origin"], moved["origin"], hit["origin"]) == ("built", "ephemeral", "local")
    assert Path(moved["path"]).is_file()
    (line,) = done.stderr.splitlines()
    assert f"{disk}/cache cannot take what is built: its disk is full" in line


@needs_mounts()
@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("raise SystemExit('out of luck')", id="and-says-nothing-of-it"),
        pytest.param("os.unlink('big'); raise", id="and-tidies-up"),
    ],
)
def test_build_that_fills_the_disk_is_done_on_another(tmp_path: Path, ending: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    project = materialise("pure", tmp_path, build_system={"build-backend": "filling"})
    (project / "filling.py").write_text(FILLING.format(ending=ending))

    done = run_on_disks(
        ["mount -t tmpfs -o size=6m none $disk", "$get --cache-dir $disk/c $project --json -q"],
        disk=disk,
        project=project,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["origin"] == "ephemeral"
    assert Path(told["path"]).is_file()
    (line,) = done.stderr.splitlines()
    assert "its disk is full" in line


@needs_mounts()
def test_read_only_disk_gives_hits_and_takes_nothing(tmp_path: Path, project: Path) -> None:
    cache = tmp_path / "cache"
    other = materialise("pure", tmp_path / "other", project={"version": "2.0"})

    done = run_on_disks(
        [
            "$get --cache-dir $cache $hit --json -q",
            "mount --bind $cache $cache && mount -o remount,bind,ro $cache",
            "$get --cache-dir $cache $hit --json -q",
            "$get --cache-dir $cache $miss --json -q",
        ],
        cache=cache,
        hit=project,
        miss=other,
    )

    assert done.returncode == 0, done.stderr
    first, hit, miss = map(json.loads, done.stdout.splitlines())
    assert (first["origin"], hit["origin"], miss["origin"]) == ("built", "local", "ephemeral")
    (line,) = done.stderr.splitlines()
    assert f"{cache} is only read" in line
