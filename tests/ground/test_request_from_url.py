"""What the fragment of a URL promises of its archive, and which requirements are pins."""

from __future__ import annotations

import pytest

from wheelwell.request import HASHES, parse_request


@pytest.mark.parametrize("kind", HASHES)
@pytest.mark.parametrize("url", ["https://host/pure-1.0.tar.gz", "file:///pure-1.0.tar.gz"])
def test_every_hash_that_pip_knows_is_a_promise(url: str, kind: str) -> None:
    assert parse_request(f"pure @ {url}#{kind}=ab12").hashes == (f"{kind}:ab12",)


@pytest.mark.parametrize("text", ["pure==1.0", "Pure === 1.0", "pure[extra]==1.0"])
def test_one_exact_version_is_a_pin(text: str) -> None:
    assert parse_request(text).pin == "1.0"


@pytest.mark.parametrize("text", ["pure", "pure>=1.0", "pure==1.*", "pure==1.0,!=2.0"])
def test_what_may_mean_another_version_tomorrow_is_no_pin(text: str) -> None:
    assert not parse_request(text).pin
