"""pip's own cache: plain `pip install` takes what was put there, and nothing else is done to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import wheelwell
from support.exports import pip_install, stored
from support.index import IndexServer
from support.interpreters import interpreters
from support.projects import make_sdist, materialise
from support.repositories import Repository, Ssh, by_ssh
from support.values import CPYTHON_313, PURE, record_of
from wheelwell.digest import Sha256
from wheelwell.errors import ExportConflict, ExportError
from wheelwell.export.item import Exported, Item
from wheelwell.export.pip import CONFUSED, KNOWN, Pip, cleaned, directory_of, find_pip
from wheelwell.export.pip_cache import PipCache
from wheelwell.interpreter import Interpreter
from wheelwell.request import parse_request
from wheelwell.settings import Settings
from wheelwell.source import Archive

pytestmark = pytest.mark.slow

ASK = """
import json, sys
from pip._internal.cache import SimpleWheelCache
from pip._internal.models.link import Link

def cache(directory):
    try:
        return SimpleWheelCache(directory)
    except TypeError:  # until 23.0
        from pip._internal.models.format_control import FormatControl
        return SimpleWheelCache(directory, FormatControl())

def listed(url):
    if hasattr(Link, "from_element"):
        return Link.from_element({"href": url}, page_url=url, base_url=url)
    from pip._internal.index import collector
    return Link(collector._clean_link(url))

make = {"asked": Link, "listed": listed}[sys.argv[2]]
links = [make(url) for url in json.loads(sys.argv[3])]
print(json.dumps([cache(sys.argv[1]).get_path_for_link(link) for link in links]))
"""
"""Asks pip's own code where it would look."""

SHA = "ab" * 32
FRAGMENTS = ("", f"#sha256={SHA}", f"#sha256={SHA}&subdirectory=a/b", "#egg=foo")
URLS = (
    "https://files.example/foo-1.0.tar.gz",
    "https://files.example/a%20b/f%6fo+x-1.0.tar.gz",
    "https://files.example/~ada/foo@1%2f2/foo-1.0.tar.gz?token=1",
    "http://127.0.0.1:8080/files/foo-1.0.tar.gz",
    "git+https://host.example/foo.git@" + "12" * 20,
)


@pytest.fixture(params=interpreters().values(), ids=[*interpreters()])
def python(request: pytest.FixtureRequest) -> str:
    """A Python whose pip has a cache of a known form."""
    found = str(request.param)
    try:
        find_pip(found, os.environ)
    except ExportError as error:
        pytest.skip(str(error))
    return found


@pytest.fixture
def pip_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache directory of every pip; nothing is there yet."""
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    return tmp_path / "pip-cache"


def ours(root: Path, how: str, interpreter: Interpreter) -> list[str]:
    """Return where we think that pip looks for these links."""
    return [
        f"{root}/"
        + directory_of(
            url if how == "asked" else cleaned(url),
            interpreter,
            hashes={"sha256": SHA} if "sha256" in fragment else {},
            subdirectory="a/b" if "subdirectory" in fragment else "",
        )
        for url in URLS
        for fragment in FRAGMENTS
    ]


def theirs(root: Path, how: str, python: str, **environ: str) -> list[str]:
    """Return where pip looks for them."""
    links = [url + fragment for url in URLS for fragment in FRAGMENTS]
    done = subprocess.run(
        [python, "-W", "ignore", "-c", ASK, str(root), how, json.dumps(links)],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("how", ["asked", "listed"])
def test_a_wheel_goes_where_that_very_pip_looks_for_it(
    python: str, how: str, tmp_path: Path
) -> None:
    with wheelwell.open_cache(tmp_path / "cache") as cache:
        interpreter = cache.interpreter(python)

    assert ours(tmp_path, how, interpreter) == theirs(tmp_path, how, python)


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A file with a line for each wheel that a backend built."""
    return tmp_path / "builds"


@pytest.fixture
def offered(index: IndexServer, tmp_path: Path, builds: Path) -> IndexServer:
    """An index that has a source archive alone."""
    tree = materialise("pure", tmp_path / "tree", count=str(builds))
    index.add(make_sdist(tree, tmp_path))
    return index


def seed(index: IndexServer, cache_dir: Path, request: str, python: str) -> list[str]:
    """Build a request, and put it into pip's cache; return where that is."""
    configuration = wheelwell.load_configuration({"index-url": index.url})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        cache.get(request, interpreter=python)
        with cache.export("pip-cache", interpreter=python) as export:
            return [export.add(request, interpreter=python).path]


def test_plain_pip_install_takes_the_wheel_and_builds_nothing(
    offered: IndexServer, builds: Path, pip_cache: Path, tmp_path: Path, python: str
) -> None:
    (path,) = seed(offered, tmp_path / "cache", "pure==1.0", python)
    assert path.startswith(f"{pip_cache}/wheels/")
    built, index = builds.read_text(), f"--index-url={offered.url}"

    done = pip_install(tmp_path / "target", "pure==1.0", index, python=python)

    assert done.returncode == 0, done.stderr
    assert builds.read_text() == built
    assert (tmp_path / "target/pure/__init__.py").is_file()
    without = pip_install(
        *(tmp_path / "without", "pure==1.0", index),
        python=python,
        PIP_CACHE_DIR=str(tmp_path / "empty"),
    )
    assert without.returncode == 0, without.stderr
    assert builds.read_text() != built  # which is what the wheel in the cache has saved


def test_pip_checks_the_hash_of_the_source_by_what_is_beside_the_wheel(
    offered: IndexServer, cache_dir: Path, tmp_path: Path, pip_cache: Path
) -> None:
    (path,) = seed(offered, cache_dir, "pure==1.0", sys.executable)
    (offer,) = offered._files.values()
    listed = tmp_path / "requirements.txt"

    told = json.loads(Path(path).with_name("origin.json").read_text())
    assert told["url"] == offered.file_url(offer.name)
    assert told["archive_info"]["hashes"] == {"sha256": offer.sha256}

    listed.write_text(f"pure==1.0 --hash=sha256:{offer.sha256}\n")
    good = pip_install(tmp_path / "good", "--index-url", offered.url, "-r", listed)
    assert good.returncode == 0, good.stderr


def test_an_archive_by_its_url_is_found_as_it_was_asked_for(
    offered: IndexServer, builds: Path, cache_dir: Path, tmp_path: Path, pip_cache: Path
) -> None:
    request = f"pure @ {offered.file_url('pure-1.0.tar.gz')}"
    seed(offered, cache_dir, request, sys.executable)
    built = builds.read_text()

    done = pip_install(tmp_path / "target", request)

    assert done.returncode == 0, done.stderr
    assert builds.read_text() == built


@pytest.mark.usefixtures("pip_cache")
def test_a_full_commit_is_found_and_a_branch_refused(
    index: IndexServer, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = tmp_path / "builds"
    monkeypatch.setenv("GIT_SSH_COMMAND", str(Ssh(tmp_path / "ssh").command))
    made = Repository(materialise("pure", tmp_path / "tree", count=str(builds)))
    made.commit()
    url = f"pure @ {by_ssh(made)}"
    seed(index, cache_dir, f"{url}@{made.head}", sys.executable)
    built = builds.read_text()

    done = pip_install(tmp_path / "target", f"{url}@{made.head}")

    assert done.returncode == 0, done.stderr
    assert builds.read_text() == built
    with pytest.raises(ExportError, match="no full commit"):
        seed(index, cache_dir, f"{url}@main", sys.executable)
    with pytest.raises(ExportError, match="on this machine"):
        seed(index, cache_dir, f"pure @ {made.uri}@{made.head}", sys.executable)


def test_a_file_of_this_machine_is_refused(
    index: IndexServer, cache_dir: Path, tmp_path: Path, pip_cache: Path
) -> None:
    sdist = make_sdist(materialise("pure", tmp_path / "tree"), tmp_path)

    with pytest.raises(ExportError, match="comes from file:"):
        seed(index, cache_dir, str(sdist), sys.executable)

    assert not pip_cache.exists()


def test_what_was_built_for_another_python_is_refused(cache_dir: Path, tmp_path: Path) -> None:
    other = replace(CPYTHON_313, version="3.9.1", soabi="cpython-39-x86_64-linux-gnu")
    stored(cache_dir, keyed=replace(PURE, interpreter=other))
    with (
        wheelwell.open_cache(cache_dir) as cache,
        cache.export("pip-cache", tmp_path / "pip", interpreter=sys.executable) as export,
    ):
        (refused,) = export.add_matching()

    assert isinstance(refused, ExportError)
    assert "not built for Python" in refused.message
    assert not (tmp_path / "pip").exists()


def test_two_builds_of_one_source_are_not_both_put_where_pip_would_choose(
    cache_dir: Path, tmp_path: Path
) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        keyed = replace(PURE, interpreter=cache.interpreter(sys.executable))
    stored(cache_dir, keyed=keyed, content="new")
    other = replace(keyed, settings=Settings(variables={"CFLAGS": "-O0"}))
    stored(cache_dir, keyed=other, content="old", built_at="2025-01-01T00:00:00+00:00")
    with (
        wheelwell.open_cache(cache_dir) as cache,
        cache.export("pip-cache", tmp_path / "pip", is_forced=True) as export,
    ):
        done, refused = export.add_matching()

    assert isinstance(done, Exported)
    assert isinstance(refused, ExportConflict)
    (wheel,) = (tmp_path / "pip").rglob("*.whl")
    assert str(wheel) == done.path
    with zipfile.ZipFile(wheel) as archive:
        assert b"new" in archive.read("foo/__init__.py")


@pytest.mark.parametrize(
    "version", ["19.3.1", "20.2.4", f"{KNOWN[1][0]}.{KNOWN[1][1] + 1}", "99.0"]
)
def test_a_pip_whose_layout_is_not_known_is_refused(version: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=f"pip {version}.*not known"):
        find_pip(fake_pip(tmp_path, f'echo "pip {version} from /x (python 3.11)"'), os.environ)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ('echo "No module named pip" >&2; exit 1', "No module named pip"),
        ('[ "$3" = --version ] && echo "pip 25.3 from x" || exit 1', "cannot be asked"),
        ('[ "$3" = --version ] && echo "pip 25.3 from x" || echo cache', "where its cache is"),
        ("echo hello", "does not say its version"),
        ("true", "does not say its version"),
    ],
)
def test_a_pip_that_does_not_answer_is_refused(program: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=said):
        find_pip(fake_pip(tmp_path, program), os.environ)


def fake_pip(tmp_path: Path, program: str) -> str:
    """Return a Python that answers as a shell program does."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    return str(python)


def test_a_wheel_that_pip_has_already_is_replaced_by_force_only(
    offered: IndexServer, cache_dir: Path, tmp_path: Path, pip_cache: Path
) -> None:
    (path,) = seed(offered, cache_dir, "pure==1.0", sys.executable)
    Path(path).write_bytes(b"pip's own")

    with pytest.raises(ExportConflict):
        seed(offered, cache_dir, "pure==1.0", sys.executable)

    assert Path(path).read_bytes() == b"pip's own"


@pytest.mark.network
@pytest.mark.parametrize("version", ["20.3.4", "23.0.1", "25.0.1"])
def test_older_pips_look_for_it_there_too(version: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-qqq", "--no-deps", f"pip=={version}"],
        cwd=tmp_path,
        check=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with wheelwell.open_cache(tmp_path / "cache") as cache:
        interpreter = cache.interpreter(sys.executable)

    numbers = tuple(map(int, version.split(".")[:2]))
    for how in ("asked", "listed"):
        found = theirs(tmp_path, how, sys.executable, PYTHONPATH=str(wheel))
        expected = ours(tmp_path, how, interpreter)
        differ = {n % 4 for n, path in enumerate(found) if path != expected[n]}
        assert differ == ({2} if CONFUSED[0] <= numbers <= CONFUSED[1] else set())


def test_a_hash_with_a_subdirectory_is_refused_for_a_pip_that_confuses_them(
    tmp_path: Path,
) -> None:
    source = Archive(sha256=Sha256(SHA), subdirectory="a")
    url = f"foo @ https://files.example/foo.tar.gz#sha256={SHA}&subdirectory=a"
    item = Item(
        record=record_of(replace(PURE, source=source)),
        wheel="",
        log="",
        request=parse_request(url),
    )
    confused = Pip(version=CONFUSED[0], cache=str(tmp_path))

    with pytest.raises(ExportError, match=r"pip 22\.3 keeps no wheel"):
        PipCache("", confused, CPYTHON_313).put(item)
