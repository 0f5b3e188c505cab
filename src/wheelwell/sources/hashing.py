"""Hashing what is fetched, while it is written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from wheelwell.digest import Sha256
from wheelwell.errors import FetchError, HashMismatch

STRENGTH = (
    "sha512",
    "sha384",
    "sha256",
    "sha3_512",
    "sha3_256",
    "blake2b",
    "sha224",
    "sha1",
    "md5",
)
"""Algorithms that indexes and lock files use, the most trusted first."""


class Hashers:
    """Digests of one stream of bytes: SHA-256 for ourselves, and what the promises need.

    `promises` are texts such as `sha256:…`; the file must have one of those of the strongest
    algorithm that is promised at all.
    """

    def __init__(self, promises: Sequence[str]) -> None:
        pairs = [promise.partition(":") for promise in promises]
        kinds = [kind for kind in STRENGTH if any(kind == each[0] for each in pairs)]
        self._promised = [p for p in promises if p.partition(":")[0] in kinds[:1]]
        self._hashers = {kind: hashlib.new(kind) for kind in {"sha256", *kinds[:1]}}

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        for hasher in self._hashers.values():
            hasher.update(chunk)

    def sha256(self) -> Sha256:
        """Return the SHA-256 of all bytes so far."""
        return Sha256(self._hashers["sha256"].hexdigest())

    def check(self, name: str) -> None:
        """Raise `HashMismatch` if a promise was made and is not kept."""
        found = {f"{kind}:{hasher.hexdigest()}" for kind, hasher in self._hashers.items()}
        wanted = [promise.lower() for promise in self._promised]
        if wanted and not found & {*wanted}:
            kind = wanted[0].partition(":")[0]
            raise HashMismatch(
                name,
                expected=" or ".join(wanted),
                found=next(each for each in found if each.startswith(kind)),
            )


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO is an empty file then


def hash_file(path: Path, *, promised: Sequence[str] = ()) -> Sha256:
    """Return the SHA-256 of a file on this machine. Raises `HashMismatch`, `FetchError`."""
    hashers = Hashers(promised)
    try:
        with open(path, "rb", buffering=0, opener=_at_once) as file:
            while chunk := file.read(1 << 20):
                hashers.update(chunk)
    except OSError as error:
        raise FetchError(str(path), error.strerror or "it cannot be read") from error
    hashers.check(path.name)
    return hashers.sha256()


def check_promise(name: str, sha256: Sha256, hashes: Sequence[str]) -> None:
    """Raise `HashMismatch` if SHA-256s are promised, and `sha256` is none of them."""
    promised = [each.lower() for each in hashes if each.startswith("sha256:")]
    if promised and f"sha256:{sha256}" not in promised:
        raise HashMismatch(name, expected=" or ".join(promised), found=f"sha256:{sha256}")
