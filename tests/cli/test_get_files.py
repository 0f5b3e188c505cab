"""`wheelwell get -r`: what a requirements file says beside names holds, and is told where not."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.cli import main

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@dataclass(frozen=True, slots=True)
class Said:
    """What the command said."""

    told: list[dict[str, Any]]
    """One object for each line of the file."""

    err: str

    @property
    def versions(self) -> list[str]:
        return [f"{each['name']} {each['version']} {each['origin']}" for each in self.told]

    @property
    def error(self) -> str:
        """The code of the one failure."""
        (only,) = self.told
        return str(only["error"]["code"])


Get = Callable[..., Said]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with sources, one of them a pre-release, and a wheel."""
    with IndexServer() as server:
        for name, version in (("pure", "1.0"), ("pure", "2.0rc1"), ("both", "1.0")):
            into = tmp_path / f"{name}-{version}"
            project = {"name": name, "version": version}
            server.add(make_sdist(materialise("pure", into, project=project), into))
        server.add(make_wheel(tmp_path / "wheels", "both", "1.0"))
        yield server


@pytest.fixture
def get(
    index: IndexServer,
    cache_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Get:
    """Returns what the command says of the text of a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def get(text: str, *switches: str, status: int = 0) -> Said:
        path = tmp_path / "r.txt"
        path.write_text(text)
        where = ("--cache-dir", str(cache_dir), "--python", sys.executable)
        command = ["get", "--json", "-r", str(path), "--index-url", index.url, *where, *switches]
        capsys.readouterr()
        found = main(command)
        said = capsys.readouterr()
        assert found == status, said.err
        return Said([json.loads(line) for line in said.out.splitlines()], said.err)

    return get


def test_pre_releases_are_chosen_where_the_file_or_a_switch_says_so(get: Get) -> None:
    assert get("pure\n").versions == ["pure 1.0 built"]
    assert get("pure\n--pre\n").versions == ["pure 2.0rc1 built"]
    assert get("pure\n", "--pre").versions == ["pure 2.0rc1 local"]
    assert get("pure\n--all-releases other,pure\n").versions == ["pure 2.0rc1 local"]
    assert get("pure\n--pre\n--only-final pure\n").versions == ["pure 1.0 local"]
    assert get("pure==2.0rc1\n").versions == ["pure 2.0rc1 local"]
    assert get("pure==2.0rc1\n--only-final :all:\n", status=1).error == "no-matching-source"


def test_formats_decide_between_upstreams_wheel_and_ones_own(get: Get) -> None:
    assert get("both\n--only-binary both\n").versions == ["both 1.0 upstream"]
    assert get("both\n--prefer-binary\n").versions == ["both 1.0 upstream"]
    assert get("both\n--prefer-binary\n--no-binary :all:\n").versions == ["both 1.0 built"]
    text = "pure==1.0\n--only-binary :all:\n--no-binary both\n"
    assert get(text, status=3).error == "not-in-cache"


def test_config_settings_of_a_line_reach_its_build_and_its_key(get: Get) -> None:
    plain, tuned = get("pure==1.0\npure==1.0 -C some=thing\n").told
    assert plain["key"] != tuned["key"]
    (again,) = get("pure==1.0\n", "-C", "some=thing").told
    assert (again["key"], again["origin"]) == (tuned["key"], "local")


def test_a_wheel_in_a_file_is_upstreams(get: Get, tmp_path: Path) -> None:
    said = get("./wheels/both-1.0-py3-none-any.whl\n")
    assert said.versions == ["both 1.0 upstream"]
    assert zipfile.is_zipfile(said.told[0]["path"])
    make_wheel(tmp_path / "wheels", "other", "1.0", "cp27-cp27m-win32")
    said = get("./wheels/other-1.0-cp27-cp27m-win32.whl\n", status=1)
    assert "not for Python" in said.err


def test_a_file_at_a_url_is_fetched(get: Get, index: IndexServer) -> None:
    index.answer("/lists/deep.txt", status=200, body=b"pure==1.0\n")
    index.answer("/lists/all.txt", status=200, body=b"-r deep.txt\nboth==1.0\n")
    text = f"-r http://{index.host}/lists/all.txt\n"
    assert get(text).versions == ["pure 1.0 built", "both 1.0 built"]
    assert "all.txt cannot be read" in get(text, "--offline", status=2).err
    assert "none.txt cannot be read" in get(text.replace("all", "none"), status=2).err


def test_places_of_a_file_add_to_those_that_are_set(
    get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        tree = materialise("pure", tmp_path / f"of-{name}", project={"name": name})
        make_sdist(tree, tmp_path / f"links-{name}")
    monkeypatch.setenv("WHEELWELL_FIND_LINKS", str(tmp_path / "links-there"))
    said = get("here\nthere\n-f links-here\n")
    assert [each["name"] for each in said.told] == ["here", "there"]


def test_constraints_that_change_nothing_are_no_error(get: Get, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("pure<2\nother==5\n")
    assert get("pure==1.0\n-c c.txt\n").versions == ["pure 1.0 built"]
    said = get("pure>=1\n-c c.txt\n", status=2)
    assert "decide between versions of pure>=1" in said.err


def test_what_changes_nothing_is_told(get: Get) -> None:
    said = get("pure==9\n--use-feature fast-deps\n", status=1)
    assert "r.txt, line 2: --use-feature fast-deps is for pip" in said.err


def test_a_lock_is_for_another_command(get: Get, tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    assert "wheelwell warm" in get("pure==1.0\n", "-r", "uv.lock", status=2).err
