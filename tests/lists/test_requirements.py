"""Requirements files are read as pip reads them, and what cannot be is told with its line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from wheelwell.errors import ConfigurationError, FetchError
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


@pytest.mark.parametrize("form", ["--hash={}", "--hash {}", "\t--hash  {}", "  --hash='{}'  "])
def test_hash_may_be_spelled_as_pip_reads_it(tmp_path: Path, form: str) -> None:
    (found,) = listed(tmp_path, f"a==1.0 {form.format(f'sha512:{SHA}')}\n").requests
    assert found.hashes == (f"sha512:{SHA}",)


@pytest.mark.parametrize(
    "promise",
    ["blake9:ab", "md5:ab", "SHA256:ab", "sha256", "sha256:", "ab", "sha256:xyz", "egg:1"],
)
def test_hash_that_could_not_be_checked_is_told(tmp_path: Path, promise: str) -> None:
    assert "line 1" in str(error_of(tmp_path, f"a==1.0 --hash={promise}\n"))


@pytest.mark.parametrize("option", ["--global-option=x", "--pre", "-x", "--config-settings x"])
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
        *("-e", "--editable", "--no-binary", "--nonsense", "--pre=yes", "--hash=sha256:ab"),
        *(
            "--trusted-host",
            "--only-binary a/b",
            "--no-binary ,",
            "--config-settings a=b",
            "--re x",
            "-x",
        ),
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


def test_one_line_may_hold_several_switches(tmp_path: Path) -> None:
    found = listed(
        tmp_path, "-i https://a.example --extra-index-url https://b.example --no-index\n"
    )
    assert found.switches == {
        "index-url": "https://a.example",
        "extra-index-url": ["https://b.example"],
        "no-index": True,
    }


def test_switches_that_take_back_each_other_are_kept_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("--only-final c\n")
    text = "--no-binary :all:\n-r more.txt\n--only-binary a,B_b\n--pre\n--all-releases=d\n"
    assert listed(tmp_path, text).rules == [
        ("--no-binary", ":all:"),
        ("--only-final", "c"),
        ("--only-binary", "a,B_b"),
        ("--all-releases", ":all:"),
        ("--all-releases", "d"),
    ]


def test_other_switches_of_pip_are_told_apart(tmp_path: Path) -> None:
    text = "--prefer-binary\n--trusted-host h.example:8080\n--use-feature fast-deps\n"
    found = listed(tmp_path, text)
    assert found.prefers_binary
    assert found.switches == {"trusted-host": ["h.example:8080"]}
    (note,) = found.notes
    assert f"{tmp_path}/requirements.txt, line 3: --use-feature" in note


def test_long_switch_may_be_shortened_where_it_is_clear(tmp_path: Path) -> None:
    found = listed(tmp_path, "--extra-index https://a.example\n--prefer\n")
    assert found.switches == {"extra-index-url": ["https://a.example"]}
    assert found.prefers_binary


def test_switch_that_is_gone_is_told_with_what_took_its_place(tmp_path: Path) -> None:
    assert "--config-settings" in error_of(tmp_path, "a==1.0 --global-option=--x\n").hint


# What is built of a line, and how.


def test_config_settings_belong_to_their_requirement(tmp_path: Path) -> None:
    text = "a==1.0 -C one=1 --config-settings 'two=2 3' -Cone=4\nb==1.0\n"
    first, second = listed(tmp_path, text).requests
    assert first.config == (("one", ("1", "4")), ("two", ("2 3",)))
    assert second.config == ()


@pytest.mark.parametrize("switch", ["-e ", "-e", "--editable ", "--editable="])
def test_editable_is_its_directory(tmp_path: Path, switch: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pyproject.toml").touch()
    for text in ("project", "./project[extra]", '"project" -C a=b'):
        (found,) = listed(tmp_path, f"{switch}{text}\n").requests
        assert found.path == f"{tmp_path}/project"


def test_editable_may_be_a_repository(tmp_path: Path) -> None:
    text = "-e git+https://h.example/r.git@v1#egg=foo[x]&subdirectory=y\n"
    text += '-e bar @ git+ssh://git@h.example/r.git ; python_version > "3"\n'
    first, second = listed(tmp_path, text).requests
    assert (first.name, first.ref, first.extras, first.subdirectory) == ("foo", "v1", ("x",), "y")
    assert (second.name, second.is_git, second.marker) == ("bar", True, 'python_version > "3"')
    assert listed(tmp_path, '-e "bar @ git+ssh://git@h.example/r.git"\n').requests[0].name == "bar"


@pytest.mark.parametrize(
    "line",
    [
        *("-e https://h.example/a-1.0.zip", "-e ./a-1.0.tar.gz", "-e ./a-1.0-py3-none-any.whl"),
        *("-e", "-e ''", "-e 'a", f"-e ./a --hash=sha256:{SHA}", "-e svn+https://h.example/r"),
    ],
)
def test_what_cannot_be_editable_is_told(tmp_path: Path, line: str) -> None:
    assert "line 2: " in str(error_of(tmp_path, f"b==1.0\n{line}\n"))


def test_path_that_is_not_beside_the_file_is_the_working_directorys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "links").mkdir()
    monkeypatch.chdir(tmp_path)
    found = listed(tmp_path, "-e .\n-f links\n-f none\n", "requirements/dev.txt")
    assert [each.path for each in found.requests] == [str(tmp_path)]
    links = [f"{tmp_path}/links", f"{tmp_path}/requirements/none"]
    assert found.switches == {"find-links": links}


def test_wheel_is_upstreams(tmp_path: Path) -> None:
    text = "Foo @ https://h.example/foo-1.0-py3-none-any.whl?x=y\n./bar_baz-2.0-py3-none-any.whl\n"
    first, second = listed(tmp_path, text).requests
    assert (first.is_wheel, first.name) == (True, "foo")
    assert (second.is_wheel, second.name) == (True, "bar-baz")
    assert second.path == f"{tmp_path}/bar_baz-2.0-py3-none-any.whl"
    error_of(tmp_path, "foo @ https://h.example/bar-1.0-py3-none-any.whl\n")
    error_of(tmp_path, "./foo.whl\n")


# Encodings.


@pytest.mark.parametrize(
    "data",
    [
        "# -*- coding: latin-1 -*-\n./é\n".encode("latin-1"),
        "#!/a\n# vim: set fileencoding=cp1252 :\n./é\n".encode("cp1252"),
        *("./é\n".encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
        b"\xfe\xff" + "./é\n".encode("utf-16-be"),
    ],
)
def test_file_says_how_it_is_encoded(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(data)
    assert [each.path for each in read(str(path)).requests] == [f"{tmp_path}/é"]


@pytest.mark.parametrize("data", [b"# coding: none\na\n", b"a \xe9\n", b"\xff\xfe\x00\xd8\n"])
def test_file_whose_encoding_is_not_told_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"txt cannot be read") as raised:
        read(str(path))
    assert "coding" in raised.value.hint


def test_backslash_joins_lines_as_they_stand(tmp_path: Path) -> None:
    assert texts(listed(tmp_path, "foo==1.\\\n0\n")) == ["foo==1.0"]
    assert texts(listed(tmp_path, "foo==1.0 \\\n# comment\nb\n")) == ["foo==1.0", "b"]


def test_variable_that_is_empty_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    assert listed(tmp_path, "/${EMPTY}/a\n").requests[0].path == "/${EMPTY}/a"


# Hashes.


def test_where_there_are_hashes_each_is_of_one_version(tmp_path: Path) -> None:
    error = error_of(tmp_path, f"a>=1 --hash=sha256:{SHA}\n")
    assert "of one version" in str(error)


def test_hash_may_come_from_a_constraint(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(f"a==1.0 --hash=sha256:{SHA}\n")
    found = listed(tmp_path, "-c c.txt\na==1.0\n")
    assert found.is_hashed
    assert found.requests[0].hashes == (f"sha256:{SHA}",)


def test_hash_in_a_url_makes_nobody_else_need_one(tmp_path: Path) -> None:
    found = listed(tmp_path, f"a @ https://h.example/a-1.0.zip#sha256={SHA}\nb>=1\n")
    assert not found.is_hashed


def test_hashes_may_be_made_optional(tmp_path: Path) -> None:
    found = listed(tmp_path, f"--no-require-hashes\na==1.0 --hash=sha256:{SHA}\nb>=1\n")
    assert not found.is_hashed
    assert len(found.requests) == 2


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


def test_constraints_that_name_files_and_switches(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("-c deeper.txt\n-r more.txt\n--pre\ntwo<3\n")
    (tmp_path / "deeper.txt").write_text("three<4\n")
    (tmp_path / "more.txt").write_text("four\n")
    found = listed(tmp_path, "-c c.txt\n")
    assert [each.text for each in found.constraints] == ["three<4", "two<3"]
    assert texts(found) == ["four"]  # what -r names is wanted, wherever that stands
    assert found.rules == [("--all-releases", ":all:")]


@pytest.mark.parametrize("line", ["-e ./a", "./a", "a[b]", "https://h.example/a.zip", "a -C b=c"])
def test_what_is_no_constraint_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "c.txt").write_text(f"\n{line}\n")
    assert f"{tmp_path}/c.txt, line 2: " in str(error_of(tmp_path, "-c c.txt\n"))


def test_files_that_name_each_other_over_and_over_are_told(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\n" * 2)
    (tmp_path / "12.txt").write_text("a\n")
    assert "too many files" in str(error_of(tmp_path, "-r 0.txt\n"))


def test_file_may_be_named_by_a_url(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("-r c.txt\n./x\n")
    (tmp_path / "c.txt").write_text("c==1.0\n")
    found = listed(tmp_path, f"-r {tmp_path.as_uri()}/a%20b.txt\n", "in/r.txt")
    assert [each.path or each.text for each in found.requests] == ["c==1.0", f"{tmp_path}/x"]


def test_file_elsewhere_is_fetched_and_names_others_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        "https://u:secret@h.example/d/r.txt": b"a==1.0\n-r ../more.txt\n-c c.txt\n-e .\n",
        "https://u:secret@h.example/more.txt": b"b==1.0\n",
        "https://u:secret@h.example/d/c.txt": b"a<2\n",
    }
    monkeypatch.chdir(tmp_path)
    found = read("https://u:secret@h.example/d/r.txt", fetch=pages.__getitem__)
    assert [each.path or each.text for each in found.requests] == [
        "a==1.0",
        "b==1.0",
        str(tmp_path),
    ]
    assert [each.text for each in found.constraints] == ["a<2"]


def test_file_elsewhere_that_cannot_be_had_is_told_without_credentials(tmp_path: Path) -> None:
    def fetch(url: str) -> bytes:
        raise FetchError("h.example", "it is not there")

    with pytest.raises(ConfigurationError, match=r"h\.example/r\.txt cannot be read") as raised:
        read("https://u:secret@h.example/r.txt", fetch=fetch)
    assert "secret" not in str(raised.value)
    (tmp_path / "r.txt").write_text("-r https://u:secret@h.example/x.txt\n")
    with pytest.raises(ConfigurationError, match="not on this machine") as raised:
        read(str(tmp_path / "r.txt"))
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("text", ["a" + " " * 2_000_000 + "b", "#" * 2_000_000, "a \\\n" * 200_000])
def test_long_lines_are_read_at_once(tmp_path: Path, text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        listed(tmp_path, text)


def test_file_without_end_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="more than"):
        read("/dev/zero")


@pytest.mark.parametrize(
    "text",
    [
        "foo[bar]>=1",
        'foo==1.0; python_version < "3"',
        f"foo==1.0 --hash=sha256:{'ab' * 32}",
        "foo @ https://user:secret@host.example/foo-1.0.zip#subdirectory=a",
        "foo @ git+https://host.example/r.git@v1.0#subdirectory=a",
        "foo[a,b] @ git+https://host.example/r.git@v1.0 ; python_version > '3'",
        "https://host.example/foo-1.0.zip ; python_version > '3'",
        "/somewhere/foo-1.0.tar.gz",
        "/some where/foo[extra]",
        "foo[x] @ file:///some%20where/foo-1.0.zip#subdirectory=a",
        "foo @ https://host.example/foo-1.0-py3-none-any.whl",
    ],
)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    found = parse(text, "/")
    assert parse(written(found), "/") == found
