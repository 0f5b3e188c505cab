"""No URL that is stored or shown says more than a place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.urls import UNREADABLE, hiding, without_credentials, without_passwords

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


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://me:hunter2@i.example/s", "at https://me:hunter2@i.example/s"),
        ("https://me:hunter2@i.example/s", "at https://me:****@i.example/s"),
        ("https://tok3n@i.example/s", "at https://tok3n@i.example/s"),
        ("https://tok3n:@i.example/s", "at https://tok3n:****@i.example/s"),
        ("https://i.example/s?token=hunter2", "at https://i.example/s?token=hunter2 it"),
        ("https://me:p%40ss@i.example/s", "the password p@ss"),
    ],
)
def test_what_others_print_of_a_url_shows_nothing_secret(url: str, printed: str) -> None:
    shown = hiding([url])(printed)
    for secret in ("hunter2", "tok3n", "me:", "p@ss", "p%40ss"):
        assert secret not in shown
    assert shown.startswith(printed[:4])


@pytest.mark.parametrize(
    "url",
    [
        "https//me:hunter2@i.example/s",
        ":https://me:hunter2@i.example/s",
        "https:/me:hunter2@i.example/s",
        "htt ps://me:hunter2@i.example/s",
        "https://https://me:hunter2@i.example/s",
        "https://m/e:hunter2@i.example/s",
    ],
)
def test_url_whose_scheme_is_mistyped_shows_nothing_secret(url: str) -> None:
    assert "hunter2" not in without_credentials(url)
    assert "hunter2" not in without_passwords(url)


@pytest.mark.parametrize("path", ["/a/b@c/d", "./b@c", "../a:b@c", "~/b@c", "file:///a/b@c"])
def test_path_is_shown_whatever_it_is_called(path: str) -> None:
    assert without_credentials(path) == path
    assert without_passwords(path) == path


def test_where_nothing_is_secret_nothing_is_hidden() -> None:
    assert hiding(["https://i.example/s", "/a/path"])("as it is") == "as it is"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://me:hunter2@i.example/s?ref=1", "https://i.example/s?ref=1"),
        ("https://tok3n@i.example:8443/s", "https://i.example:8443/s"),
        ("ssh://git@i.example/r", "ssh://git@i.example/r"),
        ("ssh://git:hunter2@i.example/r", "ssh://git@i.example/r"),
        ("https://i.example/s", "https://i.example/s"),
        ("", ""),
    ],
)
def test_url_leaves_the_process_without_its_password_and_still_names_its_place(
    url: str, sent: str
) -> None:
    assert without_passwords(url) == sent
