"""Members of a tar that a stranger made, one after the other, with nothing of it believed.

Read here and not by `tarfile`, which takes the length of names and of headers from the file, and
follows what it says of links. A bundle has plain files only, in the one form of POSIX.1-1988.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from wheelwell.errors import InvalidBundle

_BLOCK = 512
_CHUNK = 1 << 20


class Member:
    """A member, whose content is read from the stream, once."""

    def __init__(self, stream: BinaryIO, info: tarfile.TarInfo) -> None:
        self.name = info.name
        self.size = info.size
        self.is_file = info.type in {tarfile.REGTYPE, tarfile.AREGTYPE}
        self._stream = stream
        self._left = info.size
        self._padding = -info.size % _BLOCK

    def chunks(self) -> Iterator[bytes]:
        """Yield its content. Raises `InvalidBundle` where the file ends before it."""
        while self._left:
            chunk = _exactly(self._stream, min(self._left, _CHUNK))
            self._left -= len(chunk)
            yield chunk
        if self._padding:
            _exactly(self._stream, self._padding)
            self._padding = 0

    def read(self) -> bytes:
        """Return its content, whose size the caller has looked at."""
        return b"".join(self.chunks())

    def skip(self) -> None:
        """Go on to where the next one begins."""
        for _ in self.chunks():
            pass


def members(stream: BinaryIO) -> Iterator[Member]:
    """Yield the members of a tar; what was not read of one is skipped.

    Raises `InvalidBundle` from where it cannot be read on.
    """
    while (block := _exactly(stream, _BLOCK)).strip(b"\0"):
        member = Member(stream, _info(block))
        yield member
        member.skip()


def _info(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise InvalidBundle(f"it is no tar, or is damaged: {error}") from error
    if info.size < 0:
        raise InvalidBundle("it is no tar, or is damaged: a file has less than no bytes")
    return info


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes; a pipe may give them in parts."""
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise InvalidBundle("it breaks off: what was made last is not all of it")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
