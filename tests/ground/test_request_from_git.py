"""A request may name a repository, in many spellings, of which only safe ones are taken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.errors import InvalidRequest
from wheelwell.remote import Remote, is_commit, parse_remote, submodule_remote
from wheelwell.request import parse_request

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "url", "ref"),
    [
        ("git+https://host.example/a/b.git", "https://host.example/a/b.git", ""),
        ("git+https://host.example/a/b.git@main", "https://host.example/a/b.git", "main"),
        ("git+https://u:p@host.example/b@v1.0", "https://u:p@host.example/b", "v1.0"),
        ("git+ssh://git@host.example/b.git@a/b", "ssh://git@host.example/b.git", "a/b"),
        ("git+ssh://git@host.example:22/~me/b", "ssh://git@host.example:22/~me/b", ""),
        ("git+file:///work/b@refs/pull/1/head", "file:///work/b", "refs/pull/1/head"),
        ("git+file:///work/b@release%401", "file:///work/b", "release@1"),
        (f"git+https://host.example/b@{COMMIT.upper()}", "https://host.example/b", COMMIT),
    ],
)
def test_repository_and_ref_are_told_apart(text: str, url: str, ref: str) -> None:
    request = parse_request(text)
    assert (request.is_git, request.url, request.ref) == (True, url, ref)
    assert parse_request(f"Foo @ {text}").name == "foo"


def test_fragment_tells_the_subdirectory_and_may_tell_a_name() -> None:
    request = parse_request("git+https://host.example/b@main#egg=foo&subdirectory=python/")
    assert (request.subdirectory, request.ref, request.name) == ("python", "main", "foo")


def test_marker_follows_it() -> None:
    request = parse_request("foo @ git+https://host.example/b@main ; os_name == 'posix'")
    assert (request.ref, request.marker) == ("main", 'os_name == "posix"')


@pytest.mark.parametrize(
    "text",
    [
        *("git+http://host.example/b", "git+git://host.example/b", "git+ftp://host.example/b"),
        *("git+ext::sh -c id", "git+ext://sh/b", "git+fd://17/b", "git+://host.example/b"),
        "git+git@host.example:b.git",
    ],
)
def test_other_kinds_are_refused_and_the_allowed_ones_named(text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_request(text)
    assert "git+https" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        *("git+https://host.example/b@-f", "git+https://host.example/b@--upload-pack=id"),
        *("git+ssh://-oProxyCommand=id/b", "git+ssh://-l@host.example/b"),
        *("git+ssh://%2Dl@host.example/b", "git+ssh://host.example/-b", "git+file:///-b"),
        *("git+ssh://host.example/%2Db", "git+file://%2Db", "git+https://-host.example/b"),
    ],
)
def test_nothing_that_begins_with_a_dash_reaches_git(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_request(text)


@pytest.mark.parametrize(
    "text",
    [
        *("git+https://host.example/b@", "git+https://host.example/b@a..b", "git+https:///b"),
        *("git+https://host.example/b@a%20b", "git+https://host.example/b@a%0Ab", "git+file:///"),
        *("git+https::https://host.example/b", "git+https://[", "git+https://[]/b"),
        *("git+https://host.example", "git+file://host.example/b", "git+file:b", "git+file:"),
        *("git+https://host.example/b@a:b", "git+https://host.example/b@a^{}", "git+ssh:///b"),
        "git+https://host.example/b#subdirectory=../x",
    ],
)
def test_what_names_no_repository_or_no_ref_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_request(text)


def test_credentials_are_not_shown_but_the_user_of_ssh_is_none() -> None:
    assert "tok" not in repr(parse_request("git+https://tok:en@host.example/b@main"))
    assert parse_request("git+https://tok:en@host.example/b").text == "git+https://host.example/b"
    assert parse_request("git+ssh://git:pw@host.example/b").text == "git+ssh://git@host.example/b"


@settings(deadline=None, max_examples=500)
@given(
    st.sampled_from(["git+https://", "git+ssh://", "git+file:///", "git+", "git+ssh://git@"]),
    st.text("ab1-_.%@:/?#[]! ^{}~\\\0", max_size=20) | st.text(max_size=12),
)
def test_any_text_is_read_or_refused(start: str, rest: str) -> None:
    try:
        remote, ref = parse_remote(start + rest)
    except InvalidRequest:
        return
    assert not ref.startswith("-")
    assert remote.url.startswith(("https://", "ssh://", "file:///", "file://localhost/"))
    assert remote.name


@pytest.mark.parametrize("ref", [COMMIT, COMMIT.upper(), "ab" * 32])
def test_full_commit_has_40_or_64_digits(ref: str) -> None:
    assert is_commit(ref)


@pytest.mark.parametrize("ref", ["", COMMIT[:-1], COMMIT + "0", "g" * 40, "main"])
def test_nothing_else_is_a_full_commit(ref: str) -> None:
    assert not is_commit(ref)


@pytest.mark.parametrize(
    "url",
    [
        *("https://host.example/a/b.git", "https://host.example/a/b/", "https://HOST.example/a/b"),
        *("https://user:token@host.example/a/b.git", "https://token@host.example/a/b"),
    ],
)
def test_spellings_of_a_place_share_a_name(url: str) -> None:
    assert Remote(url=url).name == Remote(url="https://host.example/a/b").name


@pytest.mark.parametrize("url", ["https://host.example/a/B", "https://host.example:8/a/b"])
def test_other_places_have_another_name(url: str) -> None:
    assert Remote(url=url).name != Remote(url="https://host.example/a/b").name


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("../c.git", "https://t@host.example/a/c.git"),
        ("./c", "https://t@host.example/a/b.git/c"),
        ("../../../../c", "https://t@host.example/c"),
        ("git@other.example:x/c.git", "ssh://git@other.example/x/c.git"),
        ("https://other.example/c", "https://other.example/c"),
    ],
)
def test_submodule_is_found_from_where_the_repository_is(told: str, url: str) -> None:
    parent = Remote(url="https://t@host.example/a/b.git")
    assert submodule_remote(told, parent).url == url


@pytest.mark.parametrize(
    "told",
    [
        *("/etc/x", "file:///etc/x", "ext::sh -c id", "-x", "http://host.example/c", "", "c"),
        *("--upload-pack=id", "ssh://-oProxyCommand=id/c", "-oProxyCommand=id:c", "git://h/c"),
    ],
)
def test_submodule_elsewhere_than_https_and_ssh_is_refused(told: str) -> None:
    with pytest.raises(InvalidRequest):
        submodule_remote(told, Remote(url="https://host.example/a/b.git"))


@pytest.mark.parametrize("told", ["/work/c", "file:///work/c", "../c"])
def test_submodule_may_be_on_this_machine_where_its_repository_is(told: str) -> None:
    assert submodule_remote(told, Remote(url="file:///work/b")).url == "file:///work/c"
