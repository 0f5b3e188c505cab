"""What a caller types is read as the standards have it, or refused; no secret is shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from wheelwell.errors import InvalidRequest
from wheelwell.request import Request, is_name, normalize, parse_request

SHA = "ab" * 32


def parse(text: str, *hashes: str) -> Request:
    return parse_request(text, directory="/work", hashes=hashes)


@pytest.mark.parametrize(
    ("text", "name", "specifier", "pin", "marker"),
    [
        ("lxml==5.3.0", "lxml", "==5.3.0", "5.3.0", ""),
        ("  lxml == 5.3.0 ", "lxml", "==5.3.0", "5.3.0", ""),
        ("Foo_Bar.Baz==1", "foo-bar-baz", "==1", "1", ""),
        ("foo", "foo", "", "", ""),
        ("foo==1.0rc1", "foo", "==1.0rc1", "1.0rc1", ""),
        ("foo==1!2.0", "foo", "==1!2.0", "1!2.0", ""),
        ("foo==1.0+local", "foo", "==1.0+local", "1.0+local", ""),
        ("foo===1.0", "foo", "===1.0", "1.0", ""),
        ("foo>=1", "foo", ">=1", "", ""),
        ("foo>=1,<2", "foo", "<2,>=1", "", ""),
        ("foo (>=1)", "foo", ">=1", "", ""),
        ("foo~=1.4", "foo", "~=1.4", "", ""),
        ("foo==1.*", "foo", "==1.*", "", ""),
        ("foo==1.0,!=1.1", "foo", "!=1.1,==1.0", "", ""),
        ("foo[extra,Other]==1.0", "foo", "==1.0", "1.0", ""),
        ("foo[]", "foo", "", "", ""),
        (
            "foo==1.0; python_version<'3.12'",
            "foo",
            "==1.0",
            "1.0",
            'python_version < "3.12"',
        ),
        ("foo ; sys_platform == 'a/b'", "foo", "", "", 'sys_platform == "a/b"'),
    ],
)
def test_requirement_is_read(text: str, name: str, specifier: str, pin: str, marker: str) -> None:
    request = parse(text, f"sha256:{SHA}")
    assert (request.name, request.specifier, request.pin) == (name, specifier, pin)
    assert request.marker == marker
    assert request.text == text.strip()
    assert request.hashes == (f"sha256:{SHA}",)
    assert (request.path, request.url) == ("", "")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".", "/work"),
        ("..", "/"),
        ("./a/directory", "/work/a/directory"),
        ("a/directory", "/work/a/directory"),
        ("a/directory/", "/work/a/directory"),
        ("/tmp/../opt/x", "/opt/x"),
        ("some-sdist-1.0.tar.gz", "/work/some-sdist-1.0.tar.gz"),
        ("some-sdist-1.0.ZIP", "/work/some-sdist-1.0.ZIP"),
        ("with space/x-1.0.tgz", "/work/with space/x-1.0.tgz"),
        ("file:///opt/x-1.0.tar.gz", "/opt/x-1.0.tar.gz"),
        ("file://localhost/opt/x-1.0.tar.gz", "/opt/x-1.0.tar.gz"),
        ("FILE:///opt/x", "/opt/x"),
        ("file:x-1.0.tar.gz", "/work/x-1.0.tar.gz"),
        ("file:///opt/with%20space/%C3%A9", "/opt/with space/é"),
        ("./byte-\udcff", "/work/byte-\udcff"),
    ],
)
def test_path_is_read(text: str, path: str) -> None:
    request = parse(text)
    assert (request.path, request.name, request.url, request.marker) == (path, "", "", "")


def test_home_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/of/this/test")
    assert parse("~/x").path == "/home/of/this/test/x"


@pytest.mark.parametrize(
    ("text", "name", "url", "shown", "marker"),
    [
        (
            "https://example.org/x-1.0.tar.gz",
            *("", "https://example.org/x-1.0.tar.gz", "https://example.org/x-1.0.tar.gz", ""),
        ),
        (
            "https://u:s3cr3t@example.org/x-1.0.tar.gz",
            *("", "https://u:s3cr3t@example.org/x-1.0.tar.gz", "https://example.org/x-1.0.tar.gz"),
            "",
        ),
        (
            "https://example.org/x.zip?token=s3cr3t#sha256=ab",
            *("", "https://example.org/x.zip?token=s3cr3t", "https://example.org/x.zip", ""),
        ),
        (
            "Foo.Bar @ https://u:s3cr3t@example.org/x.zip",
            *("foo-bar", "https://u:s3cr3t@example.org/x.zip"),
            *("foo-bar @ https://example.org/x.zip", ""),
        ),
        (
            "foo[extra]@https://example.org/x.zip ; os_name=='posix'",
            *("foo", "https://example.org/x.zip", "foo @ https://example.org/x.zip"),
            'os_name == "posix"',
        ),
        (
            "https://example.org/x.zip; os_name=='posix'",
            *("", "https://example.org/x.zip", "https://example.org/x.zip"),
            'os_name == "posix"',
        ),
    ],
)
def test_url_is_read_and_shown_without_credentials(
    text: str, name: str, url: str, shown: str, marker: str
) -> None:
    request = parse(text)
    assert (request.name, request.url, request.text) == (name, url, shown)
    assert (request.marker, request.path) == (marker, "")
    assert "s3cr3t" not in repr(request)


@pytest.mark.parametrize(
    ("fragment", "hashes", "subdirectory"),
    [
        ("", (), ""),
        (f"#sha256={SHA}", (f"sha256:{SHA}",), ""),
        (f"#sha512={SHA}{SHA}&egg=foo", (f"sha512:{SHA}{SHA}",), ""),
        ("#subdirectory=python", (), "python"),
        (f"#subdirectory=/a//./b/&sha256={SHA}", (f"sha256:{SHA}",), "a/b"),
        ("#subdirectory=.", (), ""),
        ("#subdirectory=a/../b", (), "b"),
        ("#egg=foo", (), ""),
    ],
)
@pytest.mark.parametrize("place", ["https://example.org/x.zip", "file:///opt/x.zip"])
def test_fragment_tells_hash_and_subdirectory(
    place: str, fragment: str, hashes: tuple[str, ...], subdirectory: str
) -> None:
    request = parse(place + fragment)
    assert (request.hashes, request.subdirectory) == (hashes, subdirectory)


def test_hash_that_is_asked_for_counts_before_the_fragment() -> None:
    asked = f"sha256:{'cd' * 32}"
    assert parse(f"https://example.org/x.zip#sha256={SHA}", asked).hashes == (asked,)


def test_marker_follows_a_path_too() -> None:
    request = parse("./x ; os_name == 'posix'")
    assert (request.path, request.marker) == ("/work/x", 'os_name == "posix"')


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "==1.0", "foo=1.0", "foo==", "foo==1.0 bar", "foo>=x", "-foo", "foo-==1"),
        *("foo\n==1", "foo==1.٣", "foo; nonsense", "foo @ bar", "foo @ ", "--index-url"),
        *("foo-1.0-py3-none-any.whl", "./x-1.0-py3-none-any.whl", "https://example.org/x.whl"),
        *("foo ; os_name == ", "foo==1.0 --hash=sha256:ab"),
        *("https://", "https:///x.zip", "https:x.zip", "https:/example.org/x.zip"),
        *("https://[::1/x.zip", "https://example.org:port/x.zip", "ftp://example.org/x.zip"),
        *("hg+https://example.org/x", "foo @ svn+ssh://svn@example.org/x", "s3://b/x.zip"),
        *("file://elsewhere/x.zip", "file:///x%00.zip", "./x\0", "~\0/x", "./\ud800"),
        *("https://example.org/x.zip ; nonsense", "./x ; nonsense", "./x ; "),
        *("foo @ https://example.org/x.zip nonsense", "foo @ https://example.org/a b.zip"),
        *("foo https://example.org/x.zip", "foo @ https://example.org/x.zip;os_name=='a' or"),
        *("https://example.org/x.zip#subdirectory=..", "file:///x#subdirectory=a/../../b"),
        "https://example.org/x.zip#subdirectory=a%00b",
        "foo; " + "(" * 5000 + "os_name == 'posix'" + ")" * 5000,
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(text)
    assert raised.value.message


# Names and versions, many of them not quite.
NAMES = st.text("aZ09-_.", min_size=1, max_size=6)
VERSIONS = st.text("0123.*", min_size=1, max_size=6) | st.sampled_from(
    ["1.0rc1", "1.0.post1", "1.0.dev0", "1!1.0", "1.0+abc", "v1.0", "01.2", "1.02", "1.0-1"]
)
SPACES = st.sampled_from(["", "", " ", "\t", "  ", "\n", "\xa0", "\x0b"])


@settings(deadline=None, max_examples=500)
@given(NAMES, SPACES, st.sampled_from(["==", "==", "===", "="]), SPACES, VERSIONS)
@example("foo", "\n", "==", "", "1.0")
@example("foo", "", "==", "", "1.٣")
def test_quick_way_agrees_with_packaging(
    name: str, before: str, operator: str, after: str, version: str
) -> None:
    text = f"{name}{before}{operator}{after}{version}".strip()
    try:
        expected = Requirement(text)
    except InvalidRequirement:
        with pytest.raises(InvalidRequest):
            parse(text)
        return
    request = parse(text)
    assert request.name == normalize(expected.name)
    assert request.specifier == str(expected.specifier)
    assert request.marker == ""
    (clause,) = expected.specifier
    exact = clause.operator in {"==", "==="} and not clause.version.endswith("*")
    assert request.pin == (clause.version if exact else "")


def test_quick_way_needs_no_packaging() -> None:
    script = (
        "import sys; from wheelwell.request import parse_request; "
        "assert parse_request('Foo_Bar == 1.0.20').pin == '1.0.20'; "
        "assert 'packaging' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


SYNTAX = st.text("ab1.-_=<>!~;[]()@:/#?&%'\" ,*\\\t\0\udcff\ud800", max_size=25)
STARTS = st.sampled_from(
    [
        *(
            "",
            "./",
            "~",
            "a",
            "a==",
            "a @ ",
            "a @ https://",
            "a[b]@file:",
            "a; os_name == 'x' and ",
        ),
        *("https://", "http:", "file:", "file://", "git+", "https://h/x#subdirectory="),
    ]
)


@settings(deadline=None, max_examples=1000)
@given(STARTS, SYNTAX | st.text(max_size=15))
def test_any_text_is_read_or_refused(start: str, rest: str) -> None:
    try:
        request = parse(start + rest)
    except InvalidRequest:
        return
    assert request.name or request.path or request.url
    assert not (request.path and request.url)
    assert request.path == "" or Path(request.path).is_absolute()
    assert ".." not in request.subdirectory.split("/")


SECRET = "s3cr3t"
FORMS = st.sampled_from(
    [
        "https://user:{}@example.org/x.zip",
        "https://user:{}@example.org/x.zip?a=b#sha256=cd",
        "https://example.org/x.zip?token={}",
        "https:/user:{}@example.org/x.zip",
        "ftp://user:{}@example.org/x.zip",
        "git+https://user:{}@example.org/x.git",
        "foo @ https://user:{}@example.org/x.zip",
        "foo @ https://user:{}@example.org/x.zip ; os_name == 'posix'",
        "foo @ https://user:{}@example.org/x.zip;os_name == 'posix'",
        "foo @ https://user:{}@example.org/x.zip nonsense",
        "foo https://user:{}@example.org/x.zip",
        "./x https://user:{}@example.org/x.zip",
        "foo ; https://user:{}@example.org/x.zip",
    ]
)


@settings(deadline=None, max_examples=500)
@given(FORMS, st.text("ab1-_.%@:/?#[]!", max_size=6))
@example("https://user:{}@example.org/x.zip", "/")
@example("foo @ https://user:{}@example.org/x.zip nonsense", "")
def test_secret_is_never_shown(form: str, rest: str) -> None:
    assert SECRET not in told_of(form.format(SECRET + rest))


def told_of(text: str) -> str:
    """Return all that a user may be shown of a request."""
    try:
        request = parse(text)
    except InvalidRequest as error:
        return f"{error} {error.hint} {error!r}"
    return f"{request.text} {request!r}"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("foo", True), ("Foo.Bar_baz-9", True), ("9", True), ("a" * 200, True)),
        *(("", False), ("-foo", False), ("foo-", False), ("foo/bar", False), ("é", False)),
        *(("..", False), ("foo\n", False)),
    ],
)
def test_name_is_known(text: str, is_one: bool) -> None:
    assert is_name(text) == is_one


@pytest.mark.parametrize("name", ["Foo.Bar", "foo_bar", "foo-bar", "FOO--bar", "foo-_.bar"])
def test_spellings_of_a_name_are_one(name: str) -> None:
    assert normalize(name) == "foo-bar"


@pytest.mark.parametrize(
    ("text", "extras"),
    [
        ("foo[Extra_1,other]==1.0", ("extra-1", "other")),
        ("foo[b, a] @ https://h.example/foo-1.0.zip", ("a", "b")),
        ("https://h.example/foo-1.0.zip#egg=foo[a]", ("a",)),
        (".[test]", ("test",)),
        ("./some/dir[test,docs] ; python_version < '3'", ("docs", "test")),
        ("foo-1.0.tar.gz[a]", ("a",)),
        ("foo", ()),
        ("./dir[1+1]", ()),
    ],
)
def test_extras_are_told_and_are_no_part_of_a_place(text: str, extras: tuple[str, ...]) -> None:
    request = parse_request(text, directory="/d")
    assert request.extras == extras
    assert "[" not in request.path.removesuffix("[1+1]") + request.url
    assert request.path or request.name == "foo"


def test_an_extra_that_has_no_name_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="extra"):
        parse_request("foo[a b] @ https://h.example/foo-1.0.zip")
