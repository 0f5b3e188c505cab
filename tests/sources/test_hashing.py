"""What is fetched is held to the strongest promise that was made of it."""

from __future__ import annotations

import hashlib

import pytest

from wheelwell.errors import HashMismatch
from wheelwell.sources.hashing import STRENGTH, Hashers

CONTENT = b"the content"


def hashed(*promises: str, content: bytes = CONTENT) -> Hashers:
    hashers = Hashers(promises)
    for at in range(0, len(content), 3):
        hashers.update(content[at : at + 3])
    return hashers


def promise(kind: str, content: bytes = CONTENT) -> str:
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


@pytest.mark.parametrize("promises", [(), ("md5:00",), ("sha512:00", "sha256:11")])
def test_sha256_is_known_whatever_is_promised(promises: tuple[str, ...]) -> None:
    assert hashed(*promises).sha256() == hashlib.sha256(CONTENT).hexdigest()


def test_no_promise_holds_anything() -> None:
    hashed().check("a.zip")


@pytest.mark.parametrize("kind", STRENGTH)
def test_every_kind_of_promise_is_checked(kind: str) -> None:
    hashed(promise(kind)).check("a.zip")
    with pytest.raises(HashMismatch):
        hashed(promise(kind, b"other")).check("a.zip")


def test_capitals_do_not_matter() -> None:
    kind, _, digest = promise("sha256").partition(":")
    hashed(f"{kind}:{digest.upper()}").check("a.zip")


def test_one_of_several_promises_is_enough() -> None:
    hashed(promise("sha256", b"other"), promise("sha256")).check("a.zip")


def test_weaker_promise_does_not_make_up_for_a_broken_stronger_one() -> None:
    with pytest.raises(HashMismatch):
        hashed(promise("md5"), promise("sha256", b"other")).check("a.zip")


def test_promise_of_an_unknown_kind_is_none() -> None:
    hashed("blake3:00", "egg:a-1").check("a.zip")


def test_mismatch_tells_what_was_expected_and_found() -> None:
    with pytest.raises(HashMismatch) as raised:
        hashed("sha512:AA", "sha512:bb", "md5:00").check("a.zip")
    error = raised.value
    assert error.name == "a.zip"
    assert error.expected == "sha512:aa or sha512:bb"
    assert error.found == promise("sha512")
    for fact in (error.name, error.expected, error.found):
        assert fact in str(error)
