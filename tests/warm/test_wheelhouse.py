"""From a wheelhouse alone all can be installed, offline, and it says itself what is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from support.repositories import Repository
from wheelwell.builder.frontends import find_uv
from wheelwell.cli import main

pytestmark = pytest.mark.slow


class Machine:
    """A machine with a cache, a wheelhouse and an index, which can be gone."""

    def __init__(self, home: Path, index: IndexServer, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.capsys = capsys
        self.index = index
        self.house = home / "house"

    def sdist(self, name: str, version: str = "1.0", **knobs: Any) -> Path:
        """Offer a source archive, and return it."""
        into = self.home / f"made-{name}-{version}"
        tree = materialise("pure", into, project={"name": name, "version": version}, **knobs)
        archive = make_sdist(tree, into)
        self.index.add(archive)
        return archive

    def run(self, *command: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "UV_PYTHON_DOWNLOADS": "never"}
        done = subprocess.run(
            command, cwd=self.home, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def warm(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        """Warm the cache and the wheelhouse; return the outcomes."""
        where = ("--cache-dir", "cache", "--index-url", self.index.url, "--python", sys.executable)
        self.capsys.readouterr()
        command = ["warm", *words, "--wheelhouse", "house", "--json", *where]
        assert main(command) == status, self.capsys.readouterr().err
        return [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]

    def installed(self, *words: str, status: int = 0) -> list[str]:
        """Install without an index, by uv and by pip, and return what is there of both."""
        uv = find_uv(os.environ)
        tools = [[sys.executable, "-m", "pip", "install", "--no-cache-dir"]]
        if uv is not None:
            bare = ("--offline", "--no-cache", "--python", sys.executable)
            tools.append([uv, "pip", "install", *bare])
        found = []
        for tool in tools:
            site = self.home / f"site-{len(list(self.home.glob('site-*')))}"
            self.run(*tool, "--target", str(site), *words, status=status)
            found.append(sorted(each.name for each in site.glob("*.dist-info")))
        assert found[1:] in ([], found[:1])
        return [name.removesuffix(".dist-info") for name in found[0]]


@pytest.fixture
def machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.chdir(tmp_path)
    with IndexServer() as index:
        yield Machine(tmp_path, index, capsys)


def test_it_is_installed_by_its_own_list_with_the_index_gone(machine: Machine) -> None:
    machine.sdist("built")
    machine.sdist("both")
    machine.index.add(make_wheel(machine.home, "both", "1.0"))
    (machine.home / "r.txt").write_text("built\nboth>=1\n")

    outcomes = machine.warm("-r", "r.txt", "--sdists")

    assert {each["result"] for each in outcomes} == {"built", "upstream"}
    assert {path.name for path in machine.house.iterdir()} == {
        *("built-1.0-py3-none-any.whl", "both-1.0-py3-none-any.whl", "requirements.txt"),
        *("built-1.0.tar.gz", "both-1.0.tar.gz"),
    }
    sources = {each["sdist"]["filename"] for each in outcomes}
    assert sources == {"built-1.0.tar.gz", "both-1.0.tar.gz"}
    machine.index.stop()
    assert machine.installed("-r", "house/requirements.txt") == ["both-1.0", "built-1.0"]


def test_a_list_with_the_hashes_of_sources_is_installed_from_those(machine: Machine) -> None:
    machine.sdist("built")
    sha256 = machine.index._files["built-1.0.tar.gz"].sha256
    (machine.home / "locked.txt").write_text(f"built==1.0 --hash=sha256:{sha256}\n")
    machine.warm("-r", "locked.txt", "--sdists")
    machine.index.stop()
    words = ("--no-index", "--find-links", "house", "--no-binary", "built", "-r", "locked.txt")
    assert machine.installed(*words) == ["built-1.0"]


def test_what_has_no_archive_is_told_and_its_wheel_is_there(machine: Machine) -> None:
    repository = Repository(machine.home / "repository.git")
    tree = materialise("pure", machine.home / "a", project={"name": "of-git"})
    for path in tree.iterdir():
        path.rename(repository.path / path.name)
    repository.commit()
    wheel = make_wheel(machine.home / "w", "of-wheel", "1.0")
    machine.index.add(make_wheel(machine.home / "w", "only-wheels", "2.0"))
    materialise("pure", machine.home / "b", project={"name": "of-directory"})
    (machine.home / "r.txt").write_text(
        f"of-git @ {repository.uri}\n-e ./b/pure\n{wheel}\nonly-wheels==2.0\n"
    )

    outcomes = machine.warm("-r", "r.txt", "--sdists", "--summary", "summary.md")

    notes = {each["wheel"]["name"]: each["note"] for each in outcomes}
    assert "no archive" in notes["of-git"]
    assert "no archive" in notes["of-directory"]
    assert "as a wheel" in notes["of-wheel"]
    assert "wheels only" in notes["only-wheels"]
    assert "its source is no archive" in (machine.home / "summary.md").read_text()
    assert len([*machine.house.glob("*.whl")]) == 4
    assert not [*machine.house.glob("*.tar.gz")]
    text = (machine.house / "requirements.txt").read_text()
    assert {line.partition("==")[0] for line in text.splitlines() if "==" in line} == {*notes}


def test_an_archive_that_is_called_otherwise_gets_a_name_that_installers_know(
    machine: Machine,
) -> None:
    machine.sdist("some-thing")
    archive = machine.home / "release-9.zip"
    (machine.home / "made-some-thing-1.0" / "some_thing-1.0.tar.gz").rename(archive)
    machine.index.remove("some_thing-1.0.tar.gz")
    (outcome,) = machine.warm("./release-9.zip", "--sdists")
    assert outcome["sdist"]["filename"] == "some_thing-1.0.tar.gz"
    (machine.house / "some_thing-1.0-py3-none-any.whl").unlink()
    words = ("--no-index", "--find-links", "house", "some-thing")
    assert machine.installed(*words) == ["some_thing-1.0"]


def test_what_failed_is_named_in_the_list(machine: Machine) -> None:
    machine.sdist("good")
    machine.warm("good==1.0", "missing==3.0", status=1)
    text = (machine.house / "requirements.txt").read_text()
    assert "good==1.0" in text
    assert "# not here: missing==3.0 for " in text


def test_a_list_of_somebody_elses_is_not_replaced(machine: Machine) -> None:
    machine.house.mkdir()
    (machine.house / "requirements.txt").write_text("mine\n")
    machine.warm("good==1.0", status=2)
    assert (machine.house / "requirements.txt").read_text() == "mine\n"
    machine.sdist("good")
    (machine.house / "requirements.txt").unlink()
    machine.warm("good==1.0")
    machine.warm("good==1.0")  # its own list is


def test_a_file_that_no_index_has_is_fetched_from_where_the_lock_says_it_is(
    machine: Machine,
) -> None:
    machine.sdist("built")
    machine.index.add(make_wheel(machine.home, "upstreams", "1.0"))
    files = machine.index._files
    text = "version = 1\n"
    text += '[[package]]\nname = "demo"\nsource = { virtual = "." }\n'
    text += 'dependencies = [{ name = "built" }, { name = "upstreams" }]\n'
    for name, kind, filename in (
        ("built", "sdist = {}", "built-1.0.tar.gz"),
        ("upstreams", "wheels = [{}]", "upstreams-1.0-py3-none-any.whl"),
    ):
        file = f'url = "{machine.index.file_url(filename)}", '
        file += f'hash = "sha256:{files[filename].sha256}"'
        text += f'[[package]]\nname = "{name}"\nversion = "1.0"\n'
        text += 'source = { registry = "https://index.example/simple" }\n'
        text += kind.replace("{}", f"{{ {file} }}") + "\n"
    (machine.home / "uv.lock").write_text(text)
    for project in ("built", "upstreams"):
        machine.index.answer(f"/simple/{project}/", status=404)

    outcomes = machine.warm("uv.lock", "--sdists")

    assert {each["request"]: each["result"] for each in outcomes} == {
        "built==1.0": "built",
        "upstreams==1.0": "upstream",
    }
    assert len([*machine.house.glob("*.whl")]) == 2
    assert (machine.house / "built-1.0.tar.gz").exists()


def test_only_what_is_asked_for_is_done_and_the_rest_is_told(machine: Machine) -> None:
    for name in ("one", "two-a", "two-b"):
        machine.sdist(name)
    names = ("one==1.0", "two-a==1.0", "two-b==1.0")
    found = machine.warm(*names, "--only", "two-*,three", "--skip", "TWO_B==1.*")
    assert {each["request"]: (each["result"], each["why"]) for each in found} == {
        "one==1.0": ("skipped", "it is not among --only"),
        "two-a==1.0": ("built", ""),
        "two-b==1.0": ("skipped", "--skip TWO_B==1.*"),
    }
    machine.warm("one==1.0", "--skip", "*-cp313-*.whl", status=2)
