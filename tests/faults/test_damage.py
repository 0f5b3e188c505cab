"""Proves that damage is a miss: said once, never handed out, and gone after the next request.

Every file of an entry, and all files of every other bucket, are damaged in each of many ways.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import make_sdist, materialise
from support.repositories import Repository
from wheelwell import buckets
from wheelwell.config import load
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content), 97):
        content[at] ^= 0x41
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def delete(path: Path) -> None:
    path.unlink()


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.moved"))
    path.symlink_to(f"{path.name}.moved")


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def sneak(path: Path) -> None:
    """Change it so that size and times stay as they were."""
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


WAYS: list[Callable[[Path], None]] = [
    *(truncate, zero, flip, empty, delete, directory, link, dangling, fifo, sneak)
]


OTHERS = [
    *(buckets.SOURCES, buckets.RESPONSES, buckets.REPOSITORIES, buckets.ENVIRONMENTS),
    *(buckets.COMMITS, buckets.IDENTITIES, buckets.INTERPRETERS, buckets.RESOLUTIONS),
    *(buckets.JOURNAL, buckets.SIZE, buckets.LEASES),
]
"""The buckets in which files are, beside that of the wheels, after such gets."""


class World:
    """Sources of every kind, and a cache that has built them all."""

    def __init__(self, place: Path, index: IndexServer) -> None:
        self.cache_dir = place / "cache"
        tree = materialise("pure", place / "tree")
        index.add(make_sdist(tree, place))
        repository = Repository(place / "repository")
        shutil.copytree(tree, repository.path, dirs_exist_ok=True)
        commit = repository.commit()
        dynamic = materialise("dynamic-version", place / "dynamic")
        self._index = index.url
        self.requests = ["pure==1.0", f"{repository.uri}@{commit}", str(dynamic)]
        self.contents = {request: self.read(request) for request in self.requests}

    def read(self, request: str, told: list[str] | None = None) -> bytes:
        """Return what a wheel holds, as an installer would get it."""
        told = [] if told is None else told
        configuration = load({"cache-dir": str(self.cache_dir), "index-url": self._index})
        with wheelwell.open_cache(configuration=configuration, warn=told.append) as cache:
            wheel = cache.get(request, reporter=_Told(told))
            self.origin = wheel.origin
            with zipfile.ZipFile(wheel.path) as archive:
                return b"".join(archive.read(name) for name in sorted(archive.namelist()))


class _Told(wheelwell.Reporter):
    def __init__(self, told: list[str]) -> None:
        self._told = told

    def warned(self, message: str) -> None:
        self._told.append(message)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with IndexServer() as index, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "GIT_"))]:
            patch.delenv(name)
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        yield World(tmp_path_factory.mktemp("world"), index)


@pytest.fixture
def world(pristine: World, tmp_path: Path) -> Iterator[World]:
    """The same, in a copy of the cache at the same path."""
    aside = tmp_path / "aside"
    shutil.copytree(pristine.cache_dir, aside, symlinks=True)
    yield pristine
    shutil.rmtree(pristine.cache_dir)
    aside.rename(pristine.cache_dir)


def files(world: World, bucket: str) -> list[Path]:
    """Return the files of a bucket; of environments and repositories only those at the top."""
    found = [p for p in (world.cache_dir / bucket).rglob("*") if p.is_file() and not p.is_symlink()]
    if bucket in {buckets.ENVIRONMENTS, buckets.REPOSITORIES}:
        return [p for p in found if len(p.relative_to(world.cache_dir).parts) <= 4]
    return found


def test_every_bucket_is_damaged_here(pristine: World) -> None:
    there = {
        path.relative_to(pristine.cache_dir).parts[0]
        for path in pristine.cache_dir.rglob("*/*")
        if path.is_file()
    }
    assert there <= {*buckets.ALL}
    assert there == {buckets.WHEELS, *OTHERS}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["record.json", "*.whl", "build.log.gz"])
def test_a_damaged_entry_is_a_miss_and_heals(
    world: World, name: str, way: Callable[[Path], None]
) -> None:
    for path in (world.cache_dir / buckets.WHEELS).rglob(name):
        way(path)
    for request in world.requests:
        told: list[str] = []
        assert world.read(request, told) == world.contents[request]
        assert len(told) <= 1, told
        assert world.read(request, told) == world.contents[request]
        assert world.origin is Origin.LOCAL
        assert len(told) <= 1, told


@pytest.mark.parametrize("way", [flip, directory, fifo])
@pytest.mark.parametrize("bucket", OTHERS)
def test_damage_in_any_other_bucket_costs_at_most_work(
    world: World, bucket: str, way: Callable[[Path], None]
) -> None:
    damaged = files(world, bucket)
    for path in damaged:
        way(path)
    shutil.rmtree(world.cache_dir / buckets.WHEELS)  # so that all of it is needed
    for request in world.requests:
        told: list[str] = []
        assert world.read(request, told) == world.contents[request]
        assert len(told) <= 1, told
        assert world.read(request, told) == world.contents[request]
        assert world.origin is Origin.LOCAL


def test_a_sneaky_change_never_leaves_the_store(world: World, tmp_path: Path) -> None:
    for request in world.requests:
        world.read(request)  # a copy is hashed, and its new times are noted
    for path in (world.cache_dir / buckets.WHEELS).rglob("*.whl"):
        record = path.parents[1] / "record.json"
        old = path.stat().st_ctime_ns
        sneak(path)
        # As if the disk itself had changed it: no time tells.
        text = record.read_text().replace(str(old), str(path.stat().st_ctime_ns))
        record.write_text(text)
    for number, request in enumerate(world.requests[1:]):
        out = tmp_path / str(number)
        command = [sys.executable, "-m", "wheelwell", "get", "--no-index", "-o", str(out)]
        done = subprocess.run(
            [*command, "--cache-dir", str(world.cache_dir), request],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "was damaged" in done.stderr
        with zipfile.ZipFile(done.stdout.strip()) as archive:
            content = b"".join(archive.read(name) for name in sorted(archive.namelist()))
        assert content == world.contents[request]
