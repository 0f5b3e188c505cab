"""A cache is to blame for what the system says of its own paths, and of full disks."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wheelwell.errors import BuildError
from wheelwell.store import space
from wheelwell.store.trouble import trouble_of

ROOT = "/cache"


def error(number: int, *paths: str) -> OSError:
    first, second = (*paths, None, None)[:2]
    return OSError(number, os.strerror(number), first, None, second)


@pytest.mark.parametrize(
    ("given", "is_to_blame"),
    [
        (error(errno.ENOSPC), True),
        (error(errno.EDQUOT), True),
        (error(errno.EROFS), True),
        (error(errno.EACCES), False),
        (error(errno.EACCES, "/cache/slots"), True),
        (error(errno.EACCES, "/cache"), True),
        (error(errno.EACCES, "/home/ada/project", "/cache/x"), True),
        (error(errno.EACCES, "/cache-of-another"), False),
        (error(errno.EACCES, "/home/ada/project"), False),
        (error(errno.ENOENT, "/cache/slots/x"), True),
        (error(errno.EMFILE, "/cache/slots/x"), False),
        (error(errno.ECONNREFUSED), False),
        (ValueError("/cache"), False),
    ],
)
def test_who_is_to_blame(given: Exception, is_to_blame: bool) -> None:
    assert (trouble_of(given, ROOT) is not None) is is_to_blame


def test_what_an_error_comes_from_counts() -> None:
    failed = BuildError("it cannot be unpacked")
    failed.__cause__ = error(errno.ENOSPC)

    trouble = trouble_of(failed, ROOT)

    assert trouble is not None
    assert trouble.is_full
    assert trouble.why.startswith("its disk is full")


def test_file_in_the_place_of_a_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "slots").touch()

    trouble = trouble_of(error(errno.ENOTDIR, f"{tmp_path}/slots/foo/0"), str(tmp_path))

    assert trouble is not None
    assert trouble.why == f"{tmp_path}/slots is not a directory"
    assert trouble.remedy == f"rm {tmp_path}/slots"


def test_programs_are_heard_that_complain_of_a_full_disk() -> None:
    assert space.is_told("cc1: fatal error: closing /tmp/x.s: No space left on device")
    assert space.is_told("error: [Errno 122] Disk quota exceeded: 'x'")
    assert not space.is_told("error: invalid value")


def test_disk_that_has_room_is_not_full(tmp_path: Path) -> None:
    assert not space.is_full(str(tmp_path))
    assert not space.is_full(str(tmp_path / "absent"))
    assert " are free" in space.room(str(tmp_path))
