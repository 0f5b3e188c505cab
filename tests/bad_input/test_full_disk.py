"""A disk that takes no more: said once, and never with half an entry."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.projects import make_sdist, materialise
from support.refusals import Cache, halves

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """Let `place` be a disk of `size` KiB, where we may do that."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="needs the right to mount")
@pytest.mark.parametrize("size", [16, 64, 256, 1024, 2048])
def test_full_disk(tmp_path: Path, size: int) -> None:
    tree = materialise("pure", tmp_path / "trees")
    (tree / "pure" / "noise").write_bytes(os.urandom(300_000))
    sdist = make_sdist(tree, tmp_path)
    place = tmp_path / "disk"
    with small_disk(place, size):
        cache = Cache(directory=place / "cache")
        told = cache.get(sdist)
        assert "Traceback" not in told.stderr
        assert "Exception ignored" not in told.stderr
        assert told.status == 0
        wheel = Path(told.stdout.strip())
        assert wheel.is_file()
        if not wheel.is_relative_to(place):  # it came out elsewhere, and that is said
            assert told.stderr.count("its disk is full") == 1
        assert list(map(str, halves(cache.directory))) == []
