"""Copying: a file outside of the cache is there whole, or is not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.errors import DamagedWheel, ExportConflict

_CHUNK = 1 << 20


def copy(source: str, target: str, *, sha256: Sha256, is_forced: bool = False) -> bool:
    """Copy a wheel that must have this hash; return whether it had to be written.

    An equal file that is there stays as it is; another one is replaced with `is_forced` only.
    Raises `DamagedWheel` where the wheel is not what it should be, `ExportConflict`, `OSError`.
    """
    if not _is_wanted(target, sha256, is_forced=is_forced):
        return False
    with replacing(target) as file, open(source, "rb", buffering=0) as reader:
        hasher = hashlib.sha256()
        while chunk := reader.read(_CHUNK):
            hasher.update(chunk)
            file.write(chunk)
        if hasher.hexdigest() != sha256:
            raise DamagedWheel(source, expected=sha256, found=hasher.hexdigest())
    return True


def write(target: str, data: bytes) -> None:
    """Let a file hold `data`, from one moment to the next. Raises `OSError`."""
    with contextlib.suppress(OSError), open(target, "rb") as file:
        if file.read() == data:
            return
    with replacing(target) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(
    target: str, *, is_wanted: Callable[[str], bool] = lambda _written: True
) -> Iterator[BinaryIO]:
    """Give a new file that takes the place of `target` at the end of the block, synced.

    Not where the block raises, nor where `is_wanted` refuses the file that was written.
    """
    directory = os.path.dirname(os.path.abspath(target))
    part = f"{directory}/.{secrets.token_hex(8)}.part"
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if is_wanted(part):
            os.replace(part, target)
            _sync(directory)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)


def hash_file(path: str) -> Sha256:
    """Return the SHA-256 of a file's content. Raises `OSError`."""
    with open(path, "rb", buffering=0) as file:
        return sha256_chunks(iter(lambda: file.read(_CHUNK), b""))


def _is_wanted(target: str, sha256: Sha256, *, is_forced: bool) -> bool:
    """Say whether a file is still to be written. Raises `ExportConflict` where another is there."""
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        return True
    if stat.S_ISREG(status.st_mode) and hash_file(target) == sha256:
        return False
    if is_forced and not stat.S_ISDIR(status.st_mode):
        return True
    raise ExportConflict(
        f"{target} is there already, and is another file",
        hint="--force replaces it; or export to another place",
    )


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
