"""A requirement takes the right one of a project's files, or says why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from wheelwell.sources.index import IndexFile
from wheelwell.sources.select import Choice, candidates, choose, is_of, sdist_version

SHA = "ab" * 32
RANKS = {"cp313-cp313-linux_x86_64": 0, "py3-none-any": 1}


def sdist(version: str, suffix: str = ".tar.gz", **told: Any) -> IndexFile:
    return file(f"foo-{version}{suffix}", **told)


def wheel(version: str, tag: str = "py3-none-any", **told: Any) -> IndexFile:
    return file(f"foo-{version}-{tag}.whl", **told)


def file(name: str, **told: Any) -> IndexFile:
    return IndexFile(filename=name, url=f"https://index.example/{name}", **told)


def rank(file: IndexFile) -> int | None:
    return next((place for tag, place in RANKS.items() if tag in file.filename), None)


def pick(
    files: Sequence[IndexFile],
    specifier: str = "",
    *,
    python: str = "3.13.0",
    hashes: Sequence[str] = (),
    wants_binary: bool = False,
) -> Choice:
    return choose(
        candidates(files, name="foo", rank=rank),
        specifier=specifier,
        python=python,
        hashes=hashes,
        wants_binary=wants_binary,
    )


def name_of(choice: Choice) -> str:
    assert choice.candidate is not None, choice.reason
    return choice.candidate.file.filename


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("foo-1.0.tar.gz", "foo", "1.0"),
        ("Foo-1.0.zip", "foo", "1.0"),
        ("foo-1.0.tgz", "foo", "1.0"),
        ("foo-1.0.tar.bz2", "foo", "1.0"),
        ("foo-1.0.tar.xz", "foo", "1.0"),
        ("foo-1.0.tar", "foo", "1.0"),
        ("FOO-1.0.TAR.GZ", "foo", "1.0"),
        ("foo_bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo.bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("Foo.Bar_baz-1.0.tgz", "foo-bar-baz", "1.0"),
        ("foo-bar-2-1.0.zip", "foo-bar-2", "1.0"),
        ("foo-1.0-1.tar.gz", "foo", "1.0.post1"),
        ("foo-1.0-beta-1.zip", "foo", "1.0b1"),
        ("foo-1.0.dev0+local.1.tar.gz", "foo", "1.0.dev0+local.1"),
        ("foo-1!2.0.tar.gz", "foo", "1!2.0"),
        ("foo-2004c.tar.gz", "foo", "2004rc0"),
    ],
)
def test_source_archives_of_old_and_new_kinds_tell_their_version(
    filename: str, name: str, version: str
) -> None:
    assert sdist_version(filename, name) == Version(version)
    assert is_of(filename, name)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("foo-bar-1.0.tar.gz", "foo"),
        ("foobar-1.0.tar.gz", "foo"),
        ("foo-latest.tar.gz", "foo"),
        ("foo.tar.gz", "foo"),
        ("foo-1.0.exe", "foo"),
        ("foo-1.0.egg", "foo"),
        ("foo-1.0.win32.zip", "foo"),
        ("foo-1.0.tar.gz.asc", "foo"),
        ("foo-1.0", "foo"),
        ("-1.0.tar.gz", "foo"),
        ("", "foo"),
        (".tar.gz", "foo"),
        ("bar-1.0-py3-none-any.whl", "foo"),
        ("foo-1.0.whl", "foo"),
        ("foo-x-py3-none-any.whl", "foo"),
    ],
)
def test_files_of_other_projects_and_kinds_are_left_out(filename: str, name: str) -> None:
    assert sdist_version(filename, name) is None
    assert not is_of(filename, name)
    assert candidates([file(filename)], name=name, rank=lambda _: 0) == []


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from([".tar.gz", ".zip", ".tgz", ".whl", ""]))
def test_no_file_name_is_an_error(stem: str, suffix: str) -> None:
    candidates([file(f"foo-{stem}{suffix}"), file(stem)], name="foo", rank=lambda _: 0)


def test_newest_version_wins_whatever_the_order() -> None:
    files = [sdist("1.9"), sdist("1.10"), sdist("1.2")]
    assert name_of(pick(files)) == name_of(pick(files[::-1])) == "foo-1.10.tar.gz"


@pytest.mark.parametrize(
    ("specifier", "version"),
    [(">=1,<2", "1.5"), ("~=1.0", "1.5"), ("==1.0", "1.0"), ("!=2.0", "1.5"), ("==1.*", "1.5")],
)
def test_newest_version_that_matches_wins(specifier: str, version: str) -> None:
    files = [sdist("1.0"), sdist("1.5"), sdist("2.0")]
    assert name_of(pick(files, specifier)) == f"foo-{version}.tar.gz"


def test_pin_matches_other_spellings_of_the_version() -> None:
    assert name_of(pick([sdist("1.0")], "==1")) == "foo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("versions", "specifier", "version"),
    [
        (["1.0", "2.0a1"], "", "1.0"),
        (["1.0", "2.0a1"], ">=1", "1.0"),
        (["1.0", "2.0.dev1"], "", "1.0"),
        (["1.0", "2.0.post1"], "", "2.0.post1"),
        (["1.0", "2.0a1"], ">=2.0a0", "2.0a1"),
        (["1.0", "2.0a1"], "==2.0a1", "2.0a1"),
        (["1.0", "2.0a1"], ">1.0", "2.0a1"),  # nothing else satisfies it
        (["2.0a1", "2.0b1"], "", "2.0b1"),
    ],
)
def test_pre_releases_come_only_where_named_or_alone(
    versions: list[str], specifier: str, version: str
) -> None:
    assert name_of(pick([*map(sdist, versions)], specifier)) == f"foo-{version}.tar.gz"


@pytest.mark.parametrize("specifier", ["", ">=2", "==2.*", ">=2.0,<=2.0", "~=2.0"])
def test_yanked_file_is_not_taken_for_less_than_a_pin(specifier: str) -> None:
    choice = pick([sdist("2.0", yanked="broken")], specifier)
    assert choice.candidate is None
    assert "all its sources are yanked" in choice.reason
    choice = pick([sdist("2.0", yanked="broken"), sdist("3.0a1")], "==2.*")
    assert choice.candidate is None
    assert "2.0 (yanked)" in choice.reason


@pytest.mark.parametrize("specifier", ["==2.0", "==2", "===2.0"])
def test_yanked_file_is_taken_for_a_pin_with_a_note(specifier: str) -> None:
    choice = pick([sdist("1.0"), sdist("2.0", yanked="broken")], specifier)
    assert name_of(choice) == "foo-2.0.tar.gz"
    assert choice.note == "foo-2.0.tar.gz was yanked: broken"
    assert pick([sdist("2.0", yanked="")], specifier).note == "foo-2.0.tar.gz was yanked"


def test_file_that_is_not_yanked_wins_over_a_yanked_one_of_the_pin() -> None:
    files = [sdist("1.0", yanked=""), sdist("1.0", ".zip")]
    assert name_of(pick(files, "==1.0")) == "foo-1.0.zip"


def test_older_version_is_taken_where_the_newest_is_yanked() -> None:
    choice = pick([sdist("1.0"), sdist("2.0", yanked="")])
    assert (name_of(choice), choice.note) == ("foo-1.0.tar.gz", "")


def test_version_for_another_python_is_passed_over() -> None:
    files = [sdist("1.0", requires_python=">=3.8"), sdist("2.0", requires_python=">=3.14")]
    assert name_of(pick(files, python="3.13.1")) == "foo-1.0.tar.gz"
    assert name_of(pick(files, python="3.14.0")) == "foo-2.0.tar.gz"


def test_requires_python_that_cannot_be_read_admits_all() -> None:
    assert name_of(pick([sdist("1.0", requires_python="what?")])) == "foo-1.0.tar.gz"


def test_reason_names_the_python_that_a_file_wants() -> None:
    choice = pick([sdist("1.0", requires_python=">=3.14")], python="3.13.1")
    assert choice.candidate is None
    assert "foo-1.0.tar.gz" in choice.reason
    assert ">=3.14" in choice.reason
    assert "3.13.1" in choice.reason


def test_hashes_pass_over_files_that_have_others() -> None:
    files = [sdist("1.0", hashes={"sha256": SHA}), sdist("2.0", hashes={"sha256": "cd" * 32})]
    assert name_of(pick(files, hashes=[f"sha256:{SHA.upper()}"])) == "foo-1.0.tar.gz"


def test_file_whose_hash_is_not_told_may_be_the_promised_one() -> None:
    assert name_of(pick([sdist("1.0")], hashes=[f"sha256:{SHA}"])) == "foo-1.0.tar.gz"
    other_kind = sdist("1.0", hashes={"md5": "00"})
    assert name_of(pick([other_kind], hashes=[f"sha256:{SHA}"])) == "foo-1.0.tar.gz"


def test_reason_names_the_file_that_has_none_of_the_hashes() -> None:
    choice = pick([sdist("1.0", hashes={"sha256": SHA})], hashes=["sha256:00", "sha256:11"])
    assert choice.candidate is None
    assert "foo-1.0.tar.gz" in choice.reason
    assert "hashes" in choice.reason


def test_tar_gz_wins_over_other_kinds_of_the_same_version() -> None:
    files = [sdist("1.0", suffix) for suffix in (".tar.bz2", ".zip", ".tar.gz", ".tgz")]
    assert name_of(pick(files)) == "foo-1.0.tar.gz"
    assert name_of(pick(files[:2])) == "foo-1.0.zip"


def test_first_of_equal_files_wins() -> None:
    first = IndexFile(filename="foo-1.0.tar.gz", url="https://first.example/foo-1.0.tar.gz")
    choice = pick([first, sdist("1.0")])
    assert choice.candidate is not None
    assert choice.candidate.file is first


def test_wheels_are_not_sources() -> None:
    choice = pick([wheel("2.0"), wheel("1.0")])
    assert choice.candidate is None
    assert choice.reason == "it has wheels only (up to 2.0), and no source"


def test_project_without_any_usable_file_says_so() -> None:
    assert pick([]).reason == "it has no source archive"
    assert pick([file("foo-1.0.exe")]).reason == "it has no source archive"


def test_reason_names_the_versions_that_have_a_source() -> None:
    choice = pick([sdist(f"1.{n}") for n in range(10)], ">=2")
    assert choice.reason == (
        "no version with a source matches >=2; there are: 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, …"
    )


def test_reason_tells_of_a_matching_version_that_has_wheels_only() -> None:
    choice = pick([sdist("1.0"), wheel("2.0")], "==2.0")
    assert choice.candidate is None
    assert choice.reason == (
        "2.0 has wheels only; no version with a source matches ==2.0; there are: 1.0"
    )


def test_note_tells_of_a_newer_version_that_has_wheels_only() -> None:
    choice = pick([sdist("1.0"), wheel("1.5"), wheel("2.0")])
    assert name_of(choice) == "foo-1.0.tar.gz"
    assert choice.note == "2.0 is newer, but it has wheels only, and no source"


@pytest.mark.parametrize(
    ("newer", "specifier"),
    [
        (wheel("2.0"), "<2"),
        (wheel("2.0", yanked=""), ""),
        (wheel("2.0", requires_python=">=3.14"), ""),
        (wheel("2.0a1"), ""),
        (wheel("2.0a1"), ">=1"),
        (wheel("2.0", "cp39-cp39-win32"), ""),
        (wheel("1.0"), ""),
        (wheel("0.5"), ""),
    ],
)
def test_note_is_silent_about_wheels_that_would_not_do(newer: IndexFile, specifier: str) -> None:
    assert pick([sdist("1.0"), newer], specifier).note == ""


@pytest.mark.parametrize(
    "told", [{"requires_python": ">=3.14"}, {"hashes": {"sha256": "cd" * 32}}, {"yanked": ""}]
)
def test_note_does_not_call_a_version_with_a_source_wheels_only(told: dict[str, Any]) -> None:
    files = [sdist("1.0", hashes={"sha256": SHA}), sdist("2.0", **told), wheel("2.0")]
    assert name_of(pick(files, hashes=[f"sha256:{SHA}"])) == "foo-1.0.tar.gz"
    assert pick(files, hashes=[f"sha256:{SHA}"]).note == ""


def test_binary_that_fits_is_taken_where_wanted() -> None:
    files = [sdist("1.0"), wheel("1.0")]
    assert name_of(pick(files, wants_binary=True)) == "foo-1.0-py3-none-any.whl"
    assert name_of(pick(files)) == "foo-1.0.tar.gz"


def test_best_wheel_wins_among_those_of_a_version() -> None:
    native = "cp313-cp313-linux_x86_64"
    files = [wheel("1.0"), wheel("1.0", native), wheel("1.0", "cp39-cp39-win32")]
    assert name_of(pick(files, wants_binary=True)) == f"foo-1.0-{native}.whl"


def test_highest_build_wins_among_wheels_with_the_same_tags() -> None:
    builds = [wheel(f"1.0{build}") for build in ("", "-9", "-10", "-10a", "-2")]
    assert name_of(pick(builds, wants_binary=True)) == "foo-1.0-10a-py3-none-any.whl"
    native = wheel("1.0", "cp313-cp313-linux_x86_64")
    assert name_of(pick([*builds, native], wants_binary=True)) == native.filename


def test_newer_source_wins_over_an_older_wheel() -> None:
    assert name_of(pick([sdist("2.0"), wheel("1.0")], wants_binary=True)) == "foo-2.0.tar.gz"


def test_wheel_that_does_not_fit_is_no_candidate() -> None:
    files = [sdist("1.0"), wheel("1.0", "cp39-cp39-win32")]
    assert name_of(pick(files, wants_binary=True)) == "foo-1.0.tar.gz"


VERSIONS = st.builds(
    "{}.{}{}".format, st.integers(0, 3), st.integers(0, 3), st.sampled_from(["", "a1", ".post1"])
)


@settings(deadline=None)
@given(st.lists(st.tuples(VERSIONS, st.booleans()), min_size=1, unique_by=lambda each: each[0]))
def test_choice_is_the_newest_final_that_is_not_yanked(told: list[tuple[str, bool]]) -> None:
    files = [sdist(version, yanked="" if yanked else None) for version, yanked in told]
    listed = [Version(version) for version, yanked in told if not yanked]
    finals = [version for version in listed if not version.is_prerelease]
    choice = pick(files)
    if not listed:
        assert choice.candidate is None
        return
    assert choice.candidate is not None
    assert choice.candidate.version == max(finals or listed)
