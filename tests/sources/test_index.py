"""Both forms of an index page become the same values, and a broken one is told as such."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.sources.index import JSON, IndexFile, UnreadablePage, parse_page

URL = "https://index.example/simple/some-name/"
SHA = "ab" * 32
HTML_TYPES = ("text/html", "application/vnd.pypi.simple.v1+html", "TEXT/HTML; charset=utf-8")

LONG_AGO = "2020-02-02T02:02:02.000000Z"
FULL_JSON = {
    "meta": {"api-version": "1.1"},
    "name": "some-name",
    "versions": ["1.0", "2.0"],
    "files": [
        {
            "filename": "some_name-1.0.tar.gz",
            "url": "../../files/some_name-1.0.tar.gz",
            "hashes": {"sha256": SHA.upper()},
            "requires-python": ">=3.8,<4",
            "yanked": "a & b",
            "size": 11,
            "upload-time": LONG_AGO,
        },
        {
            "filename": "some_name-2.0.zip",
            "url": "https://files.example/a%20b/some_name-2.0.zip",
            "hashes": {},
            "yanked": False,
        },
    ],
}
FULL_HTML = f"""<!DOCTYPE html><html><head><title>Links</title></head><body>
<a href="../../files/some_name-1.0.tar.gz#sha256={SHA}" data-requires-python="&gt;=3.8,&lt;4"
   data-yanked="a &amp; b" data-upload-time="{LONG_AGO}">some_name-1.0.tar.gz</a><br/>
<A HREF='https://files.example/a%20b/some_name-2.0.zip'>some_name-2.0.zip</A>
</body></html>"""


def html(text: str, url: str = URL) -> list[IndexFile]:
    return parse_page(text.encode(), content_type="text/html", url=url)


def one(text: str, url: str = URL) -> IndexFile:
    (found,) = html(text, url)
    return found


def page(*files: dict[str, Any], version: str = "1.0", url: str = URL) -> list[IndexFile]:
    body = json.dumps({"meta": {"api-version": version}, "files": list(files)}).encode()
    return parse_page(body, content_type=JSON, url=url)


def entry(**changes: Any) -> dict[str, Any]:
    told = {"filename": "some_name-1.0.tar.gz", "url": "some_name-1.0.tar.gz", "hashes": {}}
    return {**told, **{name.replace("_", "-"): value for name, value in changes.items()}}


def test_html_and_json_of_the_same_page_are_the_same_values_but_for_sizes() -> None:
    from_json = parse_page(json.dumps(FULL_JSON).encode(), content_type=JSON, url=URL)
    from_html = html(FULL_HTML)
    assert from_json[0].size == 11
    assert [without_size(file) for file in from_json] == from_html
    assert from_html[0] == IndexFile(
        filename="some_name-1.0.tar.gz",
        url="https://index.example/files/some_name-1.0.tar.gz",
        hashes={"sha256": SHA},
        requires_python=">=3.8,<4",
        yanked="a & b",
        upload_time=LONG_AGO,
    )
    assert from_html[1].yanked is None


def without_size(file: IndexFile) -> IndexFile:
    return IndexFile(
        filename=file.filename,
        url=file.url,
        hashes=file.hashes,
        requires_python=file.requires_python,
        yanked=file.yanked,
        upload_time=file.upload_time,
    )


@pytest.mark.parametrize("kind", HTML_TYPES)
def test_html_is_known_by_any_of_its_content_types(kind: str) -> None:
    assert len(parse_page(FULL_HTML.encode(), content_type=kind, url=URL)) == 2


def test_json_is_known_with_parameters_and_in_capitals() -> None:
    body = json.dumps(FULL_JSON).encode()
    kind = "Application/vnd.PyPI.simple.v1+JSON; charset=utf-8"
    assert len(parse_page(body, content_type=kind, url=URL)) == 2


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("a-1.tar.gz", "https://index.example/simple/some-name/a-1.tar.gz"),
        ("../a-1.tar.gz", "https://index.example/simple/a-1.tar.gz"),
        ("/a-1.tar.gz", "https://index.example/a-1.tar.gz"),
        ("//other.example/a-1.tar.gz", "https://other.example/a-1.tar.gz"),
        ("http://other.example/a-1.tar.gz", "http://other.example/a-1.tar.gz"),
        (" a-1.tar.gz\n", "https://index.example/simple/some-name/a-1.tar.gz"),
        (
            "a-1.tar.gz?token=x&amp;y=1",
            "https://index.example/simple/some-name/a-1.tar.gz?token=x&y=1",
        ),
    ],
)
def test_links_are_taken_from_the_page(href: str, url: str) -> None:
    assert one(f'<a href="{href}">x</a>').url == url


def test_links_are_taken_from_the_base_which_is_taken_from_the_page() -> None:
    told = '<head><base href="/mirror/x/"></head><a href="a-1.tar.gz">a</a>'
    assert one(told).url == "https://index.example/mirror/x/a-1.tar.gz"


def test_only_the_first_base_counts() -> None:
    told = '<base href="/one/"><base href="/two/"><a href="a-1.tar.gz">a</a>'
    assert one(told).url == "https://index.example/one/a-1.tar.gz"


def test_file_name_is_the_links_not_its_texts_and_is_decoded() -> None:
    assert (
        one('<a href="a%2B1-1.0%2Blocal.tar.gz">something</a>').filename == "a+1-1.0+local.tar.gz"
    )


def test_links_that_name_no_file_are_left_out() -> None:
    told = '<a name="x">x</a><a href="">y</a><a href="../">up</a><a href>z</a><a href="a.zip">a</a>'
    assert [file.filename for file in html(told)] == ["a.zip"]


@pytest.mark.parametrize("name", ["../a-1.tar.gz", "b/a-1.tar.gz", "..", ".", "", "a\0-1.tar.gz"])
def test_names_that_are_no_file_names_are_left_out(name: str) -> None:
    assert page(entry(filename=name)) == []


def test_names_that_hide_a_directory_are_left_out() -> None:
    assert html('<a href="x/..%2Fa-1.tar.gz">a</a>') == []


@pytest.mark.parametrize(
    ("fragment", "hashes"),
    [
        ("", {}),
        ("#", {}),
        ("#top", {}),
        (f"#sha256={SHA}", {"sha256": SHA}),
        (f"#sha256={SHA.upper()}", {"sha256": SHA}),
        ("#md5=00ff", {"md5": "00ff"}),
        (f"#egg=a-1&amp;sha256={SHA}", {"sha256": SHA}),
        (f"#sha256={SHA}&amp;subdirectory=x", {"sha256": SHA}),
        ("#egg=a-1", {}),
        ("#sha256=", {}),
    ],
)
def test_fragment_holds_the_hash_and_is_no_part_of_the_url(
    fragment: str, hashes: dict[str, str]
) -> None:
    found = one(f'<a href="a-1.tar.gz{fragment}">a</a>')
    assert found.hashes == hashes
    assert "#" not in found.url


@pytest.mark.parametrize(
    ("attribute", "yanked"),
    [("", None), ("data-yanked", ""), ('data-yanked=""', ""), ('data-yanked="why"', "why")],
)
def test_attribute_yanked_tells_with_or_without_a_reason(
    attribute: str, yanked: str | None
) -> None:
    assert one(f'<a href="a-1.tar.gz" {attribute}>a</a>').yanked == yanked


@pytest.mark.parametrize(
    ("told", "yanked"),
    [
        ({}, None),
        ({"yanked": False}, None),
        ({"yanked": None}, None),
        ({"yanked": ""}, None),  # PEP 691: only what is truthy says yanked
        ({"yanked": True}, ""),
        ({"yanked": "why"}, "why"),
        ({"yanked": 1}, ""),
    ],
)
def test_json_yanked_is_a_flag_or_a_reason(told: dict[str, Any], yanked: str | None) -> None:
    assert page(entry(**told))[0].yanked == yanked


@pytest.mark.parametrize("told", [{}, {"requires_python": None}, {"requires_python": ""}])
def test_json_without_requires_python_is_for_any(told: dict[str, Any]) -> None:
    assert page(entry(**told))[0].requires_python == ""


@pytest.mark.parametrize("size", [None, "11", True, -1])
def test_json_size_that_is_no_size_is_not_known(size: object) -> None:
    assert page(entry(size=size))[0].size is None


def test_text_that_cannot_be_written_to_a_file_is_mended() -> None:
    found = page(entry(yanked="a\ud800b", requires_python="\ud800", url="x\ud800"))[0]
    assert found.yanked == "a?b"
    for text in (found.requires_python, found.url):
        assert text.encode()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.9"])
def test_minor_versions_of_the_interface_are_understood(version: str) -> None:
    assert len(page(entry(), version=version)) == 1


@pytest.mark.parametrize("version", ["2.0", "0.9", "", "x"])
def test_other_major_version_of_json_is_told(version: str) -> None:
    with pytest.raises(UnreadablePage, match="version"):
        page(entry(), version=version)


def test_other_major_version_of_html_is_told() -> None:
    told = '<meta name="pypi:repository-version" content="{}"><a href="a-1.tar.gz">a</a>'
    assert len(html(told.format("1.4"))) == 1
    with pytest.raises(UnreadablePage, match="version 2"):
        html(told.format("2.0"))


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.pypi.simple.v2+json"])
def test_json_of_another_kind_is_not_taken_for_an_empty_page(kind: str) -> None:
    body = json.dumps({"meta": {"api-version": "2.0"}, "files": []}).encode()
    with pytest.raises(UnreadablePage, match="version 2"):
        parse_page(body, content_type=kind, url=URL)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b"{",
        b"[]",
        b"null",
        b"3",
        b'{"files": []}',
        b'{"meta": {}, "files": []}',
        b'{"meta": [], "files": []}',
        b'{"meta": {"api-version": "1.0"}}',
        b'{"meta": {"api-version": "1.0"}, "files": 3}',
        b'{"meta": {"api-version": "1.0"}, "files": [3]}',
        b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "a"}]}',
        b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "a", "url": "a"}]}',
        b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "a", "url": "a", "hashes": []}]}',
        b'{"meta": {"api-version": "1"}, "files": [{"filename": "", "url": "//[", "hashes": {}}]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
    ids=range(18),
)
def test_broken_json_is_an_unreadable_page(body: bytes) -> None:
    with pytest.raises(UnreadablePage):
        parse_page(body, content_type=JSON, url=URL)


def test_link_that_is_no_url_makes_an_unreadable_page() -> None:
    with pytest.raises(UnreadablePage):
        html('<a href="http://[a-1.tar.gz">a</a>')


def test_page_that_is_not_utf_8_is_read_all_the_same() -> None:
    body = b'<p>\xe9\xff</p><a href="a-1.tar.gz">a</a>'
    assert len(parse_page(body, content_type="text/html", url=URL)) == 1


def test_links_to_the_pages_own_host_keep_its_credentials() -> None:
    url = "https://user:secret@index.example/simple/a/"
    assert (
        one('<a href="/f/a-1.zip">a</a>', url).url == "https://user:secret@index.example/f/a-1.zip"
    )
    absolute = '<a href="https://index.example/f/a-1.zip">a</a>'
    assert one(absolute, url).url == "https://user:secret@index.example/f/a-1.zip"
    assert page(entry(url="https://index.example/a-1.zip"), url=url)[0].url.count("secret") == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://other.example/a-1.zip",
        "http://index.example/a-1.zip",
        "https://index.example:8443/a-1.zip",
        "https://other:one@index.example/a-1.zip",
    ],
)
def test_links_to_elsewhere_do_not_get_the_pages_credentials(link: str) -> None:
    url = "https://user:secret@index.example/simple/a/"
    assert one(f'<a href="{link}">a</a>', url).url == link


def test_repr_of_a_file_holds_no_credentials() -> None:
    assert "secret" not in repr(one('<a href="a.zip">a</a>', "https://u:secret@index.example/a/"))


PIECES = [
    *(b"<![", b"<!", b"<![CDATA[", b"<!--", b"-->", b"<?", b"<!DOCTYPE", b"]]>", b"&#x110000;"),
    *(
        b'<a href="',
        b"<a href=",
        b'">',
        b"<base href=",
        b"http://[",
        b"//\xe2\x84\x80",
        b"#sha256=",
    ),
    *(b'{"meta":{"api-version":"1.0"},"files":[', b'{"filename":"a","url":"', b'","hashes":{}}'),
    *(
        b"]}",
        b"\xed\xa0\x80",
        b"\0",
        b"9" * 5000,
        b"\\ud800",
        b"<meta name=pypi:repository-version",
    ),
]


@settings(deadline=None, max_examples=300)
@given(
    body=st.lists(st.sampled_from(PIECES) | st.binary(max_size=8)).map(b"".join),
    kind=st.sampled_from([JSON, *HTML_TYPES, "", "image/png"]),
)
def test_no_bytes_raise_anything_but_unreadable_page(body: bytes, kind: str) -> None:
    try:
        found = parse_page(body, content_type=kind, url=URL)
    except UnreadablePage:
        return
    for file in found:
        assert file.filename
        assert "/" not in file.filename
        assert "#" not in file.url


@pytest.mark.parametrize(
    ("told", "metadata"),
    [
        ({}, None),
        ({"core-metadata": True}, {}),
        ({"core-metadata": {"sha256": "AB"}}, {"sha256": "ab"}),
        ({"core-metadata": False}, None),
        ({"dist-info-metadata": {"sha256": "ab"}}, {"sha256": "ab"}),
        ({"core-metadata": False, "dist-info-metadata": True}, None),
    ],
)
def test_json_tells_of_metadata_beside_a_file(
    told: dict[str, Any], metadata: dict[str, str] | None
) -> None:
    assert page(entry(**told))[0].metadata == metadata


@pytest.mark.parametrize(
    ("told", "metadata"),
    [
        ("", None),
        ("data-core-metadata='true'", {}),
        ("data-core-metadata='sha256=AB'", {"sha256": "ab"}),
        ("data-core-metadata='strange=ab'", {}),
        ("data-core-metadata='false'", None),
        ("data-core-metadata", None),
        ("data-dist-info-metadata='sha256=ab'", {"sha256": "ab"}),
    ],
)
def test_html_tells_of_metadata_beside_a_file(told: str, metadata: dict[str, str] | None) -> None:
    assert one(f'<a href="foo-1.0.tar.gz" {told}>foo</a>').metadata == metadata
