"""Canonical text and SHA-256: the one way in which wheelwell names things by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import NewType

Sha256 = NewType("Sha256", str)
"""A SHA-256 in lower-case hexadecimal, 64 characters."""


def canonical(value: object) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, characters as they are."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_text(text: str) -> Sha256:
    """Return the SHA-256 of `text` in UTF-8.

    File names and variables may hold bytes that are no characters, which Python shows as lone
    surrogates: each is hashed as the three bytes that UTF-8's scheme gives it.
    """
    return Sha256(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())


def sha256_of(value: object) -> Sha256:
    """Return the SHA-256 of the canonical text of `value`."""
    return sha256_text(canonical(value))


def sha256_chunks(chunks: Iterable[bytes]) -> Sha256:
    """Return the SHA-256 of `chunks`, one after the other."""
    hasher = hashlib.sha256()
    for chunk in chunks:
        hasher.update(chunk)
    return Sha256(hasher.hexdigest())


def is_sha256(text: object) -> bool:
    """Say whether `text` has the form of a SHA-256 in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and not text.strip("0123456789abcdef")
