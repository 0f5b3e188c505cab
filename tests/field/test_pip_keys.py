"""Keys of pip that are too weak, so that a wrong wheel is found, or too strict for any."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from field.conftest import User, shown
from support.index import IndexServer
from support.interpreters import interpreters
from support.projects import make_sdist
from support.values import CPYTHON_313, PURE
from wheelwell.key import Keyed

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


def test_other_config_settings_give_another_wheel(user: User) -> None:
    """pip #11164: `-C opt=1` silently returned the wheel that was built without."""
    sdist = user.sdist("environ-shown")
    plain, optimised = user.get(sdist), user.get(sdist, "-C", "opt=1")

    assert not shown(plain, "_call.json")["settings"]
    assert shown(optimised, "_call.json")["settings"] == {"opt": "1"}
    assert user.get(sdist)["path"] == plain["path"]


@pytest.mark.parametrize("name", ["CC", "CFLAGS", "CMAKE_ARGS", "TORCH_CUDA_ARCH_LIST"])
def test_another_value_of_a_build_variable_gives_another_wheel(
    user: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip #12954, #3608: `CC=mpicc` and `CFLAGS` reused the wheel of the day before."""
    sdist = user.sdist("environ-shown")
    plain = user.get(sdist)
    monkeypatch.setenv(name, "something-else")
    changed = user.get(sdist)

    assert name not in shown(plain, "_environ.json")
    assert shown(changed, "_environ.json")[name] == "something-else"


def test_a_build_can_be_asked_for_again_and_for_one_project_alone(user: User) -> None:
    """pip #13088, #2882, #11453: there is no `--rebuild`, and no way to name one project."""
    one, other = user.sdist("pure"), user.sdist("environ-shown")
    before = [user.get(one), user.get(other)]
    rebuilt = user.get(one, "--rebuild")

    assert rebuilt["origin"] == "built"
    assert user.get(one)["path"] == rebuilt["path"] != before[0]["path"]
    assert user.get(other)["path"] == before[1]["path"]
    assert user.builds == 3


@pytest.mark.skipif(len(interpreters()) < 2, reason="needs two Pythons")
def test_what_a_setup_script_computes_is_not_shared_between_pythons(user: User) -> None:
    """pip #3025: a `setup.py` may compute dependencies, which poisoned the other Pythons."""
    first, second, *_ = interpreters()
    sdist = user.sdist("pure")  # its backend is in its own tree: a program, as a `setup.py` is
    assert user.get(sdist, "--python", first)["key"] != user.get(sdist, "--python", second)["key"]
    assert user.builds == 2


@pytest.mark.parametrize(
    "soabi", ["cpython-313t-x86_64-linux-gnu", "cpython-313d-x86_64-linux-gnu"]
)
def test_a_free_threaded_or_debug_python_has_other_keys(soabi: str) -> None:
    """pip keys by `cp313` alone."""
    assert _key_of(soabi=soabi) != _key_of()


def test_pythons_before_their_final_release_do_not_share_wheels() -> None:
    """pip #8228: their ABI changes from alpha to alpha."""
    assert _key_of(version="3.15.0a1") != _key_of(version="3.15.0a2")
    assert _key_of(version="3.13.0") == _key_of(version="3.13.7")


def _key_of(**changes: Any) -> str:
    return replace(PURE, interpreter=replace(CPYTHON_313, **changes)).key()


def test_an_archive_that_was_replaced_in_its_directory_is_built(user: User) -> None:
    """pip #4183: the wheel of the archive that was there before was installed."""
    old = user.sdist("pure")
    places = user.home / "links"
    places.mkdir()
    shutil.copy(old, places / old.name)
    asked = ["pure==1.0", "--no-index", "--find-links", places, "--refresh"]
    before = user.get(*asked)
    shutil.copy(user.sdist("pure", project={"description": "changed"}), places / old.name)
    after = user.get(*asked)

    assert before["source"] != after["source"]
    assert user.builds == 2


def test_a_branch_archive_that_changed_is_another_source(user: User, index: IndexServer) -> None:
    """pip #13093: `foo @ …/foo-main.tar.gz` was cached for ever, because of a dash in its name."""
    path = "/archive/pure-main.tar.gz"
    for description in ("before", "after"):
        archive = user.sdist("pure", project={"description": description})
        index.answer(path, status=200, body=archive.read_bytes())
        wheel = user.get(f"pure @ http://{index.host}{path}")
        assert wheel["origin"] == "built"

    assert user.builds == 2


@pytest.mark.parametrize(
    "spelling",
    [
        "{url}",
        "{url}?token=abc",
        "{url}#sha256={sha256}",
        "{url}?signature=xyz#sha256={sha256}",
        "{credentials}",
        "pure @ {url}",
        "{path}",
        "file://{path}",
        "{upper}",
    ],
)
def test_spellings_of_one_archive_share_one_build(
    user: User, index: IndexServer, spelling: str
) -> None:
    """Credentials, a query or an added hash each made pip build again (uv #3009 too)."""
    archive = user.sdist("pure")
    index.add(archive)
    url = index.file_url(archive.name)
    first = user.get("pure==1.0", "--index-url", index.url)
    again = user.get(
        spelling.format(
            url=url,
            credentials=url.replace("://", "://ada:secret@"),
            upper=url.replace("http://", "HTTP://"),
            path=archive,
            sha256=first["source"].removeprefix("archive-"),
        )
    )

    assert (again["origin"], again["path"]) == ("local", first["path"])
    assert user.builds == 1


def test_no_credential_of_a_url_is_in_the_cache_or_in_what_is_said(
    user: User, index: IndexServer
) -> None:
    """pip's key and its origin.json hold the URL with the user's credentials and query."""
    archive = user.sdist("pure")
    index.add(archive)
    url = index.file_url(archive.name).replace("://", "://ada:hunter2hunter@")
    told = user.get(f"{url}?signature=qwertyuiop")

    assert "hunter2hunter" not in str(told)
    assert "qwertyuiop" not in str(told)
    for place, _, names in os.walk(user.cache_dir):
        for name in names:
            content = Path(place, name).read_bytes()
            assert b"hunter2hunter" not in content, Path(place, name)
            assert b"qwertyuiop" not in content, Path(place, name)


def test_a_path_may_hit(user: User) -> None:
    """pip builds a path each time, unless a name and `file://` are put in front of it."""
    sdist, tree = user.sdist("pure"), user.project("environ-shown")
    first = [user.get(sdist)["path"], user.get(tree)["path"]]

    assert [user.get(sdist)["path"], user.get(tree)["path"]] == first
    assert user.builds == 2


def test_a_directory_with_a_dash_in_its_name_is_not_taken_for_an_archive(user: User) -> None:
    """pip #14044: a dash in a directory's name made it cacheable, and then never built again."""
    tree = user.project("pure")
    dashed = tree.rename(tree.with_name("pure-1.0"))
    first = user.get(dashed)
    (dashed / "new.py").write_text("")

    assert user.get(dashed)["source"] != first["source"]
    assert user.builds == 2


def test_another_subdirectory_is_another_source(user: User, tmp_path: Path) -> None:
    """What pip gets right, and a key by content must not get wrong."""
    top = tmp_path / "mono"
    for name in ("pure", "environ-shown"):
        shutil.copytree(user.project(name), top / name)
    (top / "pyproject.toml").write_text('[project]\nname = "mono"\nversion = "1.0"\n')
    archive = make_sdist(top, tmp_path / "made")
    found = {
        user.get(f"file://{archive}#subdirectory={name}")["name"]
        for name in os.listdir(top)
        if (top / name).is_dir()
    }

    assert found == {"pure", "environ-shown"}


def test_the_key_has_all_that_pip_leaves_out() -> None:
    """pip keys by URL, interpreter and subdirectory: name, version, platform, settings are not."""
    parts: Keyed = PURE
    assert {*parts.inputs()} >= {"name", "version", "source", "platform", "settings", "toolchain"}
