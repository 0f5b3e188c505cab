"""No URL that is stored or shown says more than a place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.urls import UNREADABLE, without_credentials

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/simple/", "https://example.org/simple/"),
        ("https://user:s3cr3t@example.org/simple/", "https://example.org/simple/"),
        ("https://s3cr3t@example.org:8443/simple/", "https://example.org:8443/simple/"),
        ("https://user:s3@cr3t@example.org/x", "https://example.org/x"),
        ("https://example.org/x.whl?signature=s3cr3t", "https://example.org/x.whl"),
        ("https://example.org/x.whl#sha256=ab", "https://example.org/x.whl"),
        ("http://user:s3cr3t@[::1]:80/x", "http://[::1]:80/x"),
        ("file:///home/me/links", "file:///home/me/links"),
        ("/home/me@work/links", "/home/me@work/links"),
        ("links", "links"),
        # What cannot be taken apart is not shown.
        ("https://user:s3cr3t/x@example.org/", UNREADABLE),
        ("https://user:s3cr3t#x@example.org/", UNREADABLE),
        ("https://user:s3cr3t@[example.org/", UNREADABLE),
        ("https:/user:s3cr3t@example.org/", UNREADABLE),
        ("https:user:s3cr3t@example.org/", UNREADABLE),
        ("user:s3cr3t@example.org/simple/", UNREADABLE),
        ("s3cr3t@example.org/simple/", UNREADABLE),
    ],
)
def test_what_is_shown_is_known(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


# Where a password begins like `8080/` or like `p@host/`, nobody could tell it from a place.
PASSWORDS = st.text(st.characters(exclude_characters="@"), max_size=10).map("p".__add__)


@settings(deadline=None, max_examples=300)
@given(PASSWORDS, st.text(max_size=10), st.sampled_from(["http", "https", "ftp", "git+ssh"]))
def test_password_is_never_shown(before: str, after: str, scheme: str) -> None:
    url = f"{scheme}://user:{before}{SECRET}{after}@example.org/simple/"
    assert SECRET not in without_credentials(url)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_shown_without_an_error(text: str) -> None:
    shown = without_credentials(text)
    assert without_credentials(shown) == shown
