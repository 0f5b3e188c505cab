"""Requirements files are read as pip reads them, and what cannot be is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelwell.errors import ConfigurationError
from wheelwell.lists.requirements import Listed, parse, read
from wheelwell.lists.written import written

SHA = "ab" * 32
OTHER = "cd" * 32


def listed(tmp_path: Path, text: str, name: str = "requirements.txt") -> Listed:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return read(str(path))


def texts(found: Listed) -> list[str]:
    return [request.text for request in found.requests]


def error_of(tmp_path: Path, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        listed(tmp_path, text)
    return raised.value


# Lines.


def test_requirements_come_in_their_order(tmp_path: Path) -> None:
    found = listed(tmp_path, "b==1.0\na>=2,<3\nc\n")
    assert texts(found) == ["b==1.0", "a>=2,<3", "c"]
    assert found.switches == {}


def test_comments_and_blank_lines_are_left_out(tmp_path: Path) -> None:
    text = "# first\n\na==1.0 # why\n   # indented\nb==1.0\t#\n#c==1.0\n"
    assert texts(listed(tmp_path, text)) == ["a==1.0", "b==1.0"]


def test_number_sign_inside_a_word_begins_no_comment(tmp_path: Path) -> None:
    (found,) = listed(tmp_path, f"https://h.example/a-1.tar.gz#sha256={SHA}\n").requests
    assert found.hashes == (f"sha256:{SHA}",)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\\\n", "\\"])
def test_end_of_the_file_may_be_anything(tmp_path: Path, end: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(f"a==1.0{end}".encode())
    assert texts(read(str(path))) == ["a==1.0"]


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"\xef\xbb\xbfa==1.0\n")
    assert texts(read(str(path))) == ["a==1.0"]


def test_line_that_goes_on_is_one_line(tmp_path: Path) -> None:
    text = (
        f"a==1.0 \\\n    --hash=sha256:{SHA} \\\n    --hash=sha256:{OTHER}\n"
        f"b==1.0 --hash=sha256:{SHA}\n"
    )
    first, second = listed(tmp_path, text).requests
    assert first.hashes == (f"sha256:{SHA}", f"sha256:{OTHER}")
    assert (second.text, second.hashes) == ("b==1.0", (f"sha256:{SHA}",))


@pytest.mark.parametrize(
    "text", [f"a==1.0 --hash=sha256:{SHA}\nb==2.0\n", "--require-hashes\nb==2.0\n"]
)
def test_where_hashes_are_asked_for_every_requirement_has_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"these have none: b==2\.0"):
        listed(tmp_path, text)


def test_comment_does_not_go_on(tmp_path: Path) -> None:
    assert texts(listed(tmp_path, "# a \\\nb==1.0\n")) == ["b==1.0"]


def test_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    assert listed(tmp_path, "") == Listed()


# Requirements.


def test_marker_is_kept(tmp_path: Path) -> None:
    (found,) = listed(tmp_path, 'a==1.0 ; python_version < "3.9"\n').requests
    assert found.name == "a"
    assert found.marker == 'python_version < "3.9"'


def test_marker_and_hash_stand_together(tmp_path: Path) -> None:
    text = f'a==1.0 ; python_version < "3.9" --hash=sha256:{SHA}\n'
    (found,) = listed(tmp_path, text).requests
    assert found.marker == 'python_version < "3.9"'
    assert found.hashes == (f"sha256:{SHA}",)


@pytest.mark.parametrize("form", ["--hash={}", "--hash {}", "--hash = {}", "  --hash={}  "])
def test_hash_may_be_spelled_as_pip_reads_it(tmp_path: Path, form: str) -> None:
    (found,) = listed(tmp_path, f"a==1.0 {form.format(f'sha512:{SHA}')}\n").requests
    assert found.hashes == (f"sha512:{SHA}",)


@pytest.mark.parametrize(
    "promise",
    ["blake9:ab", "md5:ab", "SHA256:ab", "sha256", "sha256:", "ab", "sha256:xyz", "egg:1"],
)
def test_hash_that_could_not_be_checked_is_told(tmp_path: Path, promise: str) -> None:
    assert "line 1" in str(error_of(tmp_path, f"a==1.0 --hash={promise}\n"))


@pytest.mark.parametrize("option", ["--global-option=x", "--config-settings=x=y", "-C x=y", "-x"])
def test_other_option_of_a_requirement_is_told(tmp_path: Path, option: str) -> None:
    error = error_of(tmp_path, f"b==1.0\na==1.0 {option}\n")
    assert "requirements.txt, line 2" in str(error)
    assert option.split(maxsplit=1)[0].partition("=")[0] in str(error)


def test_paths_are_taken_from_the_files_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    found = listed(tmp_path, "./a\n../b-1.0.tar.gz\nsub/c\n/d/e\nfile:///f/g\n", "in/r.txt")
    assert [request.path for request in found.requests] == [
        f"{tmp_path}/in/a",
        f"{tmp_path}/b-1.0.tar.gz",
        f"{tmp_path}/in/sub/c",
        "/d/e",
        "/f/g",
    ]


def test_relative_name_of_the_file_is_taken_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("./a\n")
    monkeypatch.chdir(tmp_path)
    assert read("requirements.txt").requests[0].path == f"{tmp_path}/a"


def test_urls_are_requests(tmp_path: Path) -> None:
    text = "a @ https://h.example/a-1.0.tar.gz\nhttps://h.example/b-1.0.zip\n"
    first, second = listed(tmp_path, text).requests
    assert (first.name, first.url) == ("a", "https://h.example/a-1.0.tar.gz")
    assert second.url == "https://h.example/b-1.0.zip"


def test_variables_are_put_in_where_they_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_1", "x:yz")
    text = "https://${TOKEN_1}@h.example/a-1.0.zip\n--index-url https://${TOKEN_1}@i.example/\n"
    found = listed(tmp_path, text)
    assert found.requests[0].url == "https://x:yz@h.example/a-1.0.zip"
    assert found.requests[0].text == "https://h.example/a-1.0.zip"
    assert found.switches == {"index-url": "https://x:yz@i.example/"}


def test_variables_that_are_not_set_or_spelled_otherwise_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SET", "x")
    monkeypatch.delenv("UNSET", raising=False)
    found = listed(tmp_path, "/${UNSET}/a\n/$SET/a\n/${set}/a\n/%SET%/a\n")
    paths = [request.path for request in found.requests]
    assert paths == ["/${UNSET}/a", "/$SET/a", "/${set}/a", "/%SET%/a"]


@pytest.mark.parametrize("line", ["a==", "a b c", "a==1.0 ; nonsense", "ftp://h.example/a.zip"])
def test_line_that_is_no_request_is_told_with_file_and_line(tmp_path: Path, line: str) -> None:
    error = error_of(tmp_path, f"ok==1.0\n\n# and\n{line}\n")
    assert f"{tmp_path}/requirements.txt, line 4: " in str(error)


def test_line_that_goes_on_is_told_by_its_first_line(tmp_path: Path) -> None:
    assert "line 2" in str(error_of(tmp_path, "ok==1.0\na== \\\n  \\\n  1.0.* x\nb==1.0\n"))


# Switches.


@pytest.mark.parametrize(
    ("text", "switches"),
    [
        ("-i https://i.example/", {"index-url": "https://i.example/"}),
        ("-ihttps://i.example/", {"index-url": "https://i.example/"}),
        ("--index-url https://i.example/", {"index-url": "https://i.example/"}),
        ("--index-url=https://i.example/", {"index-url": "https://i.example/"}),
        ("--index-url 'https://i.example/'", {"index-url": "https://i.example/"}),
        ("--index-url https://i.example/?a=b", {"index-url": "https://i.example/?a=b"}),
        ("--index-url=https://i.example/?a=b", {"index-url": "https://i.example/?a=b"}),
        ("--extra-index-url https://a.example", {"extra-index-url": ["https://a.example"]}),
        (
            "--extra-index-url https://a.example?x=y\n--extra-index-url=https://b.example",
            {"extra-index-url": ["https://a.example?x=y", "https://b.example"]},
        ),
        ("--no-index", {"no-index": True}),
        ("-i https://a.example\n-i https://b.example", {"index-url": "https://b.example"}),
    ],
)
def test_index_switches_are_settings(
    tmp_path: Path, text: str, switches: dict[str, object]
) -> None:
    found = listed(tmp_path, f"a==1.0\n{text}\n")
    assert texts(found) == ["a==1.0"]
    assert found.switches == switches


def test_places_of_links_are_taken_from_the_files_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    text = (
        "-f links\n--find-links=../links\n-f /links\n-f https://h.example/\n-f file:///l\n-f ~/l\n"
    )
    assert listed(tmp_path, text, "in/r.txt").switches == {
        "find-links": [
            f"{tmp_path}/in/links",
            f"{tmp_path}/links",
            "/links",
            "https://h.example/",
            "file:///l",
            "/home/me/l",
        ]
    }


@pytest.mark.parametrize(
    "line",
    [
        *("-e .", "--editable .", "--pre", "--no-binary :all:", "--nonsense"),
        *("-r", "-r a b", "-i", "--index-url", "--no-index yes", "-", "--", "-i 'https://a", "-=x"),
    ],
)
def test_other_switch_is_told_with_file_and_line(tmp_path: Path, line: str) -> None:
    name = line.split(maxsplit=1)[0].partition("=")[0]
    error = error_of(tmp_path, f"a==1.0\n{line}\n")
    assert f"{tmp_path}/requirements.txt, line 2: {name}" in str(error)


def test_no_error_shows_credentials(tmp_path: Path) -> None:
    for line in (
        "--index-url https://u:secret@h.example/ more",
        "--oops=https://u:secret@h.x/",
        "a==1.0 --index-url https://u:secret@h.example/",
        "a==1.0 --index-url=https://u:secret@h.example/",
    ):
        assert "secret" not in str(error_of(tmp_path, line))


# Files that name files.


@pytest.mark.parametrize("switch", ["-r ", "-r", "--requirement ", "--requirement="])
def test_file_that_is_named_is_read_in_its_place(tmp_path: Path, switch: str) -> None:
    (tmp_path / "more.txt").write_text("b==1.0\n--no-index\n")
    found = listed(tmp_path, f"a==1.0\n{switch}more.txt\nc==1.0\n")
    assert texts(found) == ["a==1.0", "b==1.0", "c==1.0"]
    assert found.switches == {"no-index": True}


def test_file_that_is_named_is_taken_from_the_directory_of_who_names_it(tmp_path: Path) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/one.txt").write_text("-r deep/two.txt\n")
    (tmp_path / "in/deep/two.txt").write_text("./x\n-r ../three.txt\n")
    (tmp_path / "in/three.txt").write_text("c==1.0\n")
    found = listed(tmp_path, "-r in/one.txt\n")
    assert [request.path for request in found.requests] == [f"{tmp_path}/in/deep/x", ""]
    assert texts(found)[1] == "c==1.0"


def test_file_may_be_named_twice(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("b==1.0\n")
    assert texts(listed(tmp_path, "-r more.txt\n-r more.txt\n")) == ["b==1.0", "b==1.0"]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "./requirements.txt", "in/../requirements.txt"]
)
def test_file_that_names_itself_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    assert "names itself" in str(error_of(tmp_path, f"a==1.0\n-r {name}\n"))


def test_circle_of_files_is_told_with_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("-r in/two.txt\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/two.txt").write_text("-r ../requirements.txt\n")
    error = str(error_of(tmp_path, "-r one.txt\n"))
    for name in ("requirements.txt", "one.txt", "in/two.txt"):
        assert f"{tmp_path}/{name}" in error


def test_circle_through_links_is_told(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(".")
    assert "names itself" in str(error_of(tmp_path, "-r again/requirements.txt\n"))


def test_error_in_a_file_that_is_named_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("\na==\n")
    assert f"{tmp_path}/more.txt, line 2: " in str(error_of(tmp_path, "-r more.txt\n"))


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.txt cannot be read"):
        read(str(tmp_path / "none.txt"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(str(tmp_path))
    assert "none.txt cannot be read" in str(error_of(tmp_path, "-r none.txt\n"))
    (tmp_path / "latin.txt").write_bytes(b"# \xe9\n")
    with pytest.raises(ConfigurationError, match=r"latin\.txt cannot be read"):
        read(str(tmp_path / "latin.txt"))


def test_constraints_are_read_and_are_no_requests(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("two<3\n")
    (tmp_path / "r.txt").write_text("one\n-c c.txt\n")
    listed = read(str(tmp_path / "r.txt"))
    assert [each.text for each in listed.requests] == ["one"]
    assert [each.text for each in listed.constraints] == ["two<3"]


@pytest.mark.parametrize(
    "text",
    [
        "foo[bar]>=1",
        'foo==1.0; python_version < "3"',
        f"foo==1.0 --hash=sha256:{'ab' * 32}",
        "foo @ https://user:secret@host.example/foo-1.0.zip#subdirectory=a",
        "foo @ git+https://host.example/r.git@v1.0#subdirectory=a",
        "/somewhere/foo-1.0.tar.gz",
    ],
)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    found = parse(text, "/")
    assert parse(written(found), "/") == found
