"""Inside: nothing in a cache is written, listed or removed through a symbolic link.

Whoever can plant one, by mistake or on purpose, would choose what we change elsewhere. The cache
directory itself may be one: that is where its user says that it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat

from wheelwell.store import modes

_LINK = "it is a symbolic link, and nothing is changed there"


def check(path: str, *, below: str) -> None:
    """Raise `OSError` where a link is between a directory and `below`, or that is not above it."""
    if path != below and not path.startswith(f"{below}/"):
        raise OSError(errno.EXDEV, "it is not in the cache", path)
    while path != below:
        if stat.S_ISLNK(os.lstat(path).st_mode):
            raise OSError(errno.ELOOP, _LINK, path)
        path = os.path.dirname(path)


def make_directories(path: str, *, below: str, durable: bool = False) -> None:
    """Make a directory with those above it, as far as `below`, where they are not there.

    With `durable` they are there after a power loss: a directory that is not synced into its
    parent is lost with all that is in it. Raises `OSError`.
    """
    if path == below:
        if not os.path.isdir(path):  # somebody removed the whole cache, which is their right
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, mode=0o700)
        return
    parent = os.path.dirname(path)
    make_directories(parent, below=below, durable=durable)
    while True:  # a collector may take it away, which is empty, as soon as it is there
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                modes.make_directory(path)
                if durable:
                    sync(parent)
                return
            continue
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, _LINK, path)
        if not stat.S_ISDIR(mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return


def sync(path: str) -> None:
    """Return when the directory's names are on the disk. Raises `OSError`."""
    descriptor = _opened(path)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def names(path: str) -> list[str]:
    """Return the sorted names in a directory; none where there is none that can be read."""
    try:
        descriptor = _opened(path)
    except OSError:
        return []
    try:
        return sorted(os.listdir(descriptor))
    finally:
        os.close(descriptor)


def directories(path: str) -> list[str]:
    """Return the sorted names of the directories in one; none where it cannot be read."""
    try:
        return listing(path)[0]
    except OSError:
        return []


def listing(path: str) -> tuple[list[str], list[str]]:
    """Return the sorted names of the directories in one, and of all else. Raises `OSError`."""
    found: tuple[list[str], list[str]] = ([], [])
    descriptor = _opened(path)
    try:
        with os.scandir(descriptor) as entries:
            for each in entries:
                found[not each.is_dir(follow_symlinks=False)].append(each.name)
    finally:
        os.close(descriptor)
    return sorted(found[0]), sorted(found[1])


def erase(path: str) -> bool:
    """Remove a file, a link, or a directory with all in it; say whether it is gone."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return not os.path.lexists(path)


def _opened(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
