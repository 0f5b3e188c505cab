"""One value has one canonical text, and one SHA-256."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.digest import canonical, is_sha256, sha256_chunks, sha256_of, sha256_text

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({}, "{}"),
        ('"\\\n\t\x7f', '"\\"\\\\\\n\\t\x7f"'),
        ("é–🦊", '"é–🦊"'),
        ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
    ],
)
def test_canonical_text_is_known(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_say_has_no_canonical_text(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical(value)


@settings(deadline=None)
@given(VALUES)
def test_canonical_text_is_canonical(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES))
def test_order_of_names_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    ("text", "sha256"),
    [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
        # A byte that is no character: 0xFF in a variable or a file's name.
        ("\udcff", "8f1d0f9c88065271ef888ba5a7790e55114a56cad91923fc56decd462801f8cb"),
    ],
)
def test_sha256_of_a_text_is_known(text: str, sha256: str) -> None:
    assert sha256_text(text) == sha256


@settings(deadline=None)
@given(st.lists(st.binary(), max_size=5))
def test_chunks_hash_as_their_whole(chunks: list[bytes]) -> None:
    assert sha256_chunks(chunks) == hashlib.sha256(b"".join(chunks)).hexdigest()


def test_value_hashes_as_its_canonical_text() -> None:
    assert sha256_of({"b": 1, "a": 2}) == sha256_text('{"a":2,"b":1}')


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0123456789abcdef" * 4, True),
        ("0123456789ABCDEF" * 4, False),
        ("0123456789abcdef" * 3, False),
        ("ab" * 31 + "/.", False),
        ("a" * 30 + "../x" + "a" * 30, False),
        ("a" * 63 + "\n", False),
        (None, False),
        (["a"] * 64, False),
    ],
)
def test_form_of_a_sha256_is_known(text: object, is_one: bool) -> None:
    assert is_sha256(text) == is_one
