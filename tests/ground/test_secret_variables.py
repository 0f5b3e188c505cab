"""A secret is named, never given; and masked wherever it stands."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.errors import ConfigurationError
from wheelwell.secret_variables import MASK, masking, secret

AWKWARD = 'pä"ss\\wo rd/+%'


def test_a_secret_is_the_value_that_is_set_here() -> None:
    assert secret("TOKEN", {"TOKEN": "hunter2"}) == "hunter2"


@pytest.mark.parametrize(
    ("name", "environ", "message"),
    [
        ("TOKEN", {}, "TOKEN is not set here"),
        ("TOKEN", {"TOKEN": ""}, "cannot be masked"),
        ("TOKEN", {"TOKEN": "abc"}, "cannot be masked"),
        ("TOKEN=hunter2", {"TOKEN": "hunter2"}, "by its name alone"),
        ("", {}, "by its name alone"),
    ],
)
def test_what_cannot_be_kept_secret_is_refused(
    name: str, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        secret(name, environ)
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    "shown",
    [AWKWARD, repr(AWKWARD), json.dumps(AWKWARD), quote(AWKWARD, safe=""), f"https://x:{AWKWARD}@"],
)
def test_a_secret_is_masked_in_every_usual_disguise(shown: str) -> None:
    masked = masking([AWKWARD])(f"before {shown} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert not {"ss", "wo", "rd"} & {masked[n : n + 2] for n in range(len(masked))}


def test_each_line_of_a_secret_is_masked() -> None:
    mask = masking(["-----BEGIN KEY-----\nabcdef\n12\n-----END KEY-----\n"])
    assert mask("abcdef\n") == "****\n"
    assert mask("12 gcc\n") == "12 gcc\n"  # too short to be told from what is no secret


def test_a_secret_within_another_leaves_nothing_of_the_longer() -> None:
    assert masking(["hunter", "hunter2"])("hunter2 hunter") == "**** ****"


def test_a_secret_that_is_no_text_is_masked_as_logs_are_read() -> None:
    value = b"secret-\xff-bytes"
    mask = masking([value.decode(errors="surrogateescape")])
    assert mask(value.decode(errors="replace")) == MASK


@settings(deadline=None)
@given(st.text(min_size=4, alphabet="abc€ \"'\\").filter(lambda text: len(text.strip()) > 3))
def test_no_secret_is_left_in_a_text(value: str) -> None:
    assert value not in masking([value])(f"x{value}y{value}z")
