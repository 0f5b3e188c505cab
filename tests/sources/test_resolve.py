"""A request becomes the one source that it names, and what was found is not asked for again."""

from __future__ import annotations

import functools
import hashlib
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from support.index import IndexServer
from support.projects import MTIME, make_sdist, make_wheel, materialise
from support.repositories import kept_in
from support.values import CPYTHON_313
from wheelwell.digest import Sha256
from wheelwell.errors import (
    Cancelled,
    FetchError,
    HashMismatch,
    InvalidSource,
    NoMatchingSource,
    NoSuchProject,
    NotInCache,
)
from wheelwell.indexes import Connection, Indexes, Network
from wheelwell.protocols import Reporter
from wheelwell.request import parse_request
from wheelwell.source import Archive, Directory
from wheelwell.sources.epoch import EARLIEST, LATEST
from wheelwell.sources.fetch import Web
from wheelwell.sources.located import Located
from wheelwell.sources.resolve import Sources
from wheelwell.store.disk import open_store
from wheelwell.store.memory import DiskMemory
from wheelwell.store.responses import DiskResponses
from wheelwell.store.shelf import DiskShelf

CREDENTIALS = ("j@ne", "x:yz/w")
SECRETS = ("j@ne", "j%40ne", "x:yz/w", "x%3Ayz%2Fw", "T0KEN")
WRONG = f"sha256:{'0' * 64}"


class Noted(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.warnings: list[str] = []

    def began(self, step: str, subject: str) -> None:
        self.steps.append(f"{step} {subject}")

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@dataclass(kw_only=True)
class Asking:
    """Who asks."""

    network: Network = Network.AS_NEEDED
    reporter: Noted = field(default_factory=Noted)
    cancelled: bool = False

    def is_cancelled(self) -> bool:
        return self.cancelled


OFFLINE = Asking(network=Network.NEVER)


@dataclass(frozen=True)
class Machine:
    """One cache directory, which processes open one after the other."""

    root: Path

    def sources(self, *urls: str, links: tuple[str, ...] = ()) -> Sources:
        """Return what a new process would have."""
        layout = open_store(str(self.root), warn=lambda _: None).layout
        return Sources(
            indexes=Indexes(urls=urls, find_links=links),
            memory=DiskMemory(layout),
            shelf=DiskShelf(layout),
            web=functools.cache(
                lambda: Web(
                    Connection(),
                    agent="wheelwell/test",
                    indexes=urls,
                    responses=DiskResponses(layout),
                )
            ),
            repositories=lambda: kept_in(layout),
        )

    def kept(self, kind: str) -> list[Path]:
        """Return the files that are kept of a kind."""
        return sorted(path for path in (self.root / kind).rglob("*") if path.is_file())


@pytest.fixture
def machine(cache_dir: Path) -> Machine:
    return Machine(cache_dir)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return materialise("pure", tmp_path / "trees")


@pytest.fixture
def sdist(tree: Path, tmp_path: Path) -> Path:
    return make_sdist(tree, tmp_path / "sdists")


def locate(
    sources: Sources,
    text: str,
    caller: Asking | None = None,
    *,
    hashes: tuple[str, ...] = (),
    python: str = "3.13.0",
    wants_binary: bool = False,
) -> Located:
    return sources.locate(
        parse_request(text, directory="/", hashes=hashes),
        replace(CPYTHON_313, version=python),
        caller or Asking(),
        wants_binary=wants_binary,
    )


def sha256(path: Path) -> Sha256:
    return Sha256(hashlib.sha256(path.read_bytes()).hexdigest())


# Pins.


def test_pin_is_located_by_one_request_of_the_page_and_not_fetched(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    located = locate(machine.sources(index.url), "pure==1.0")
    assert located.source == Archive(sha256=sha256(sdist))
    assert located.filename == sdist.name
    assert located.origin == index.file_url(sdist.name)
    assert [request.path for request in index.requests] == ["/simple/pure/"]


def test_pin_that_was_resolved_and_fetched_before_needs_no_network(
    index: IndexServer, machine: Machine, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    first = locate(sources, "pure==1.0")
    told = sources.identify(first, Asking())
    index.requests.clear()
    index.stop()
    for network in (Network.AS_NEEDED, Network.NEVER):
        again = machine.sources(index.url)
        caller = Asking(network=network)
        located = locate(again, "pure==1.0", caller)
        assert (located.source, located.filename) == (first.source, first.filename)
        assert located.origin == first.origin
        assert again.identify(located, caller) == told
        (tmp_path / network.name).mkdir()
        again.acquire(located, tmp_path / network.name, caller)
    assert index.requests == []


def test_pin_is_remembered_for_these_indexes_only(machine: Machine, sdist: Path) -> None:
    with IndexServer() as first, IndexServer() as second:
        first.add(sdist)
        second.add(sdist)
        locate(machine.sources(first.url), "pure==1.0")
        locate(machine.sources(second.url), "pure==1.0")
        assert second.asked("/simple/pure/") == 1
        locate(machine.sources(first.url, second.url), "pure==1.0")
        assert first.asked("/simple/pure/") == 2


def test_pin_is_remembered_for_the_pythons_that_the_file_is_for(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist, requires_python=">=3.12")
    sources = machine.sources(index.url)
    locate(sources, "pure==1.0", python="3.13.0")
    index.requests.clear()
    locate(sources, "pure==1.0", python="3.12.1")
    assert index.requests == []
    with pytest.raises(NoMatchingSource, match=r"3\.11\.7"):
        locate(sources, "pure==1.0", python="3.11.7")
    assert index.asked("/simple/pure/") == 1


def test_pin_is_remembered_with_its_note(index: IndexServer, machine: Machine, sdist: Path) -> None:
    index.add(sdist, yanked="broken")
    notes = [locate(machine.sources(index.url), "pure==1.0").note for _ in range(2)]
    assert notes == ["pure-1.0.tar.gz was yanked: broken"] * 2
    assert index.asked("/simple/pure/") == 1


@pytest.mark.parametrize("text", ["pure", "pure>=1", "pure==1.*", "pure~=1.0", "pure==1.0,>=1"])
def test_less_than_a_pin_always_asks(
    index: IndexServer, machine: Machine, sdist: Path, text: str
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    for times in (1, 2):
        assert locate(sources, text).source == Archive(sha256=sha256(sdist))
        assert index.asked("/simple/pure/") == times


def test_range_finds_what_is_new(
    index: IndexServer, machine: Machine, tree: Path, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    assert locate(sources, "pure").filename == "pure-1.0.tar.gz"
    index.add(make_sdist(tree, tmp_path / "newer", version="2.0"))
    assert locate(sources, "pure").filename == "pure-2.0.tar.gz"


@pytest.mark.parametrize("text", ["pure==1.0", "pure", "pure>=1"])
def test_what_was_never_resolved_is_not_in_the_cache_without_a_network(
    index: IndexServer, machine: Machine, sdist: Path, text: str
) -> None:
    index.add(sdist)
    with pytest.raises(NotInCache, match="pure"):
        locate(machine.sources(index.url), text, OFFLINE)
    assert index.requests == []


def test_pin_whose_archive_was_not_kept_is_not_in_the_cache_without_a_network(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    locate(sources, "pure==1.0")
    located = locate(sources, "pure==1.0", OFFLINE)
    for step in (sources.identify, sources.fetch):
        with pytest.raises(NotInCache):
            step(located, OFFLINE)


def test_refresh_asks_again_and_takes_what_it_is_told(
    index: IndexServer, machine: Machine, tree: Path, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    first = locate(sources, "pure==1.0")
    (tree / "more.py").touch()
    other = make_sdist(tree, tmp_path / "other")
    index.add(other)
    assert locate(sources, "pure==1.0").source == first.source
    refreshed = locate(sources, "pure==1.0", Asking(network=Network.REFRESH))
    assert refreshed.source == Archive(sha256=sha256(other))
    index.requests.clear()
    assert locate(sources, "pure==1.0").source == refreshed.source
    assert index.requests == []


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"{}", b'{"sha256": 3, "requires_python": ""}', b"\xff"]
)
def test_memory_that_is_damaged_is_a_miss(
    index: IndexServer, machine: Machine, sdist: Path, damage: bytes
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    located = locate(sources, "pure==1.0")
    told = sources.identify(located, Asking())
    facts = [*machine.kept("resolutions-v1"), *machine.kept("identities-v1")]
    assert len(facts) == 2
    for fact in facts:
        fact.write_bytes(damage)
    again = machine.sources(index.url)
    assert locate(again, "pure==1.0").source == located.source
    assert again.identify(located, Asking()) == told


# What an index may do.


def test_project_that_nobody_knows_is_told_with_who_was_asked(machine: Machine) -> None:
    with IndexServer() as first, IndexServer() as second:
        with pytest.raises(NoSuchProject, match="pure") as raised:
            locate(machine.sources(first.url, second.url, links=("/nowhere",)), "pure")
        for place in (first.url, second.url, "/nowhere"):
            assert place in str(raised.value)
    with pytest.raises(NoSuchProject, match="none is set"):
        locate(machine.sources(), "pure")


def test_project_with_wheels_only_hints_at_taking_one(
    index: IndexServer, machine: Machine, tmp_path: Path
) -> None:
    index.add(make_wheel(tmp_path, "pure", "1.0"))
    with pytest.raises(NoMatchingSource, match="wheels only") as raised:
        locate(machine.sources(index.url), "pure")
    assert "--prefer-binary" in raised.value.hint


@pytest.mark.usefixtures("_no_pauses")
def test_index_that_fails_is_an_error_and_no_miss(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    index.answer("/simple/pure/", status=503)
    with pytest.raises(FetchError, match="503"):
        locate(machine.sources(index.url), "pure==1.0")
    assert machine.kept("resolutions-v1") == []


def test_upstreams_wheel_is_located_and_fetched_where_it_is_wanted(
    index: IndexServer, machine: Machine, sdist: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "pure", "1.0")
    index.add(sdist)
    index.add(wheel)
    sources = machine.sources(index.url)
    located = locate(sources, "pure==1.0", wants_binary=True)
    assert (located.wheel, located.source) == (sha256(wheel), None)
    assert sources.fetch(located, Asking()).read_bytes() == wheel.read_bytes()
    assert locate(sources, "pure==1.0").source == Archive(sha256=sha256(sdist))


@pytest.mark.parametrize("html_only", [True, False])
def test_archive_without_a_hash_is_fetched_once_and_known_by_its_content(
    machine: Machine, sdist: Path, html_only: bool
) -> None:
    with IndexServer(html_only=html_only) as index:
        index.add(sdist, hashes=False)
        sources = machine.sources(index.url)
        located = locate(sources, "pure==1.0")
        assert located.source == Archive(sha256=sha256(sdist))
        sources.identify(located, Asking())
        locate(sources, "pure==1.0")
        assert index.asked(f"/files/{sdist.name}") == 1


def test_archive_that_is_not_what_the_index_promised_is_refused_and_not_kept(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    index.answer(f"/files/{sdist.name}", status=200, body=b"something else")
    sources = machine.sources(index.url)
    located = locate(sources, "pure==1.0")
    with pytest.raises(HashMismatch) as raised:
        sources.fetch(located, Asking())
    error = raised.value
    assert error.name == sdist.name
    assert error.expected == f"sha256:{sha256(sdist)}"
    assert error.found == f"sha256:{hashlib.sha256(b'something else').hexdigest()}"
    assert machine.kept("sources-v1") == []
    assert [*(machine.root / "staging").iterdir()] == []


@pytest.mark.parametrize("way", ["broken off", "cancelled", "gone"])
def test_download_that_does_not_come_to_its_end_leaves_nothing(
    index: IndexServer, machine: Machine, sdist: Path, way: str
) -> None:
    index.add(sdist)
    if way == "broken off":
        index.answer(f"/files/{sdist.name}", truncated=True)
    elif way == "gone":
        index.answer(f"/files/{sdist.name}", status=404)
    sources = machine.sources(index.url)
    located = locate(sources, "pure==1.0")
    with pytest.raises(Cancelled if way == "cancelled" else FetchError):
        sources.fetch(located, Asking(cancelled=way == "cancelled"))
    assert machine.kept("sources-v1") == []
    assert [*(machine.root / "staging").iterdir()] == []


# Promised hashes.


def promise(path: Path, kind: str = "sha256") -> str:
    return f"{kind}:{hashlib.new(kind, path.read_bytes()).hexdigest()}"


@pytest.mark.parametrize("kind", ["sha256", "sha512", "sha384"])
@pytest.mark.parametrize("way", ["pin", "pin without a hash", "url", "path"])
def test_promise_is_checked_whatever_its_kind_and_the_way(
    index: IndexServer, machine: Machine, sdist: Path, kind: str, way: str
) -> None:
    index.add(sdist, hashes=way == "pin")
    texts = {"url": index.file_url(sdist.name), "path": str(sdist)}
    sources = machine.sources(index.url)

    def source(*hashes: str) -> object:
        located = locate(sources, texts.get(way, "pure==1.0"), hashes=hashes)
        sources.fetch(located, Asking())
        return located.source

    expected = Archive(sha256=sha256(sdist))
    assert source(promise(sdist, kind)) == expected
    assert source(promise(sdist, kind).upper().replace(kind.upper(), kind)) == expected
    wrong = f"{kind}:{'0' * len(promise(sdist, kind).partition(':')[2])}"
    assert source(wrong, promise(sdist, kind)) == expected
    with pytest.raises((HashMismatch, NoMatchingSource)):
        source(wrong)


def test_pin_is_remembered_for_these_hashes_only(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    locate(sources, "pure==1.0")
    with pytest.raises(NoMatchingSource, match="hashes"):
        locate(sources, "pure==1.0", hashes=(WRONG,))


# The shelf.


def test_archive_that_was_fetched_is_not_fetched_again(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    for _ in range(2):
        sources = machine.sources(index.url)
        path = sources.fetch(locate(sources, "pure"), Asking())
        assert path.read_bytes() == sdist.read_bytes()
    assert index.asked(f"/files/{sdist.name}") == 1


def test_archive_that_is_damaged_on_the_shelf_is_fetched_again_with_a_warning(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    path = sources.fetch(locate(sources, "pure==1.0"), Asking())
    path.write_bytes(b"damaged")
    caller = Asking()
    again = sources.fetch(locate(sources, "pure==1.0"), caller)
    assert again.read_bytes() == sdist.read_bytes()
    (warning,) = caller.reporter.warnings
    assert str(path) in warning
    assert len(machine.kept("sources-v1")) == 1


@pytest.mark.parametrize("how", ["same place", "moved", "other name", "no hash"])
def test_archive_that_is_gone_from_the_shelf_is_found_again(
    index: IndexServer, machine: Machine, sdist: Path, how: str
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    sources.fetch(locate(sources, "pure==1.0"), Asking())
    for path in machine.kept("sources-v1"):
        path.unlink()
    if how == "moved":
        page = f'<a href="/new/{sdist.name}#sha256={sha256(sdist)}">x</a>'.encode()
        html = {"Content-Type": "text/html"}
        index.answer("/simple/pure/", status=200, headers=html, body=page)
        index.answer(f"/files/{sdist.name}", status=404)
        index.answer(f"/new/{sdist.name}", status=200, body=sdist.read_bytes())
    elif how == "other name":
        index.remove(sdist.name)
        index.add(sdist.rename(sdist.with_name("Pure-1.0.tar.gz")))
    elif how == "no hash":
        index.add(sdist, hashes=False)
    located = locate(sources, "pure==1.0")
    found = sources.fetch(located, Asking())
    assert located.source == Archive(sha256=sha256(found))
    assert index.asked("/simple/pure/") == 2


def test_archive_that_is_gone_everywhere_is_told(
    index: IndexServer, machine: Machine, tree: Path, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    locate(sources, "pure==1.0")
    index.remove(sdist.name)
    index.add(make_sdist(tree, tmp_path / "newer", version="2.0"))
    with pytest.raises(NoMatchingSource, match="no longer"):
        sources.fetch(locate(sources, "pure==1.0"), Asking())


def test_archive_that_was_replaced_upstream_is_a_mismatch(
    index: IndexServer, machine: Machine, tree: Path, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    locate(sources, "pure==1.0")
    (tree / "more.py").touch()
    index.add(make_sdist(tree, tmp_path / "other"))
    with pytest.raises(HashMismatch):
        sources.fetch(locate(sources, "pure==1.0"), Asking())


# Paths and URLs.


def test_pin_path_file_url_and_url_of_one_archive_are_one_source(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    url = index.file_url(sdist.name)
    texts = ["pure==1.0", "pure", str(sdist), sdist.as_uri(), url, f"pure @ {url}"]
    texts += [f"{url}#sha256={sha256(sdist)}", f"pure @ {sdist.as_uri()}"]
    sources = machine.sources(index.url)
    located = [locate(sources, text) for text in texts]
    assert {each.source for each in located} == {Archive(sha256=sha256(sdist))}
    assert len({sources.identify(each, Asking()) for each in located}) == 1


def test_url_with_its_hash_that_was_fetched_before_needs_no_network(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    text = f"{index.file_url(sdist.name)}#sha256={sha256(sdist)}"
    sources = machine.sources()
    sources.fetch(locate(sources, text), Asking())
    index.stop()
    assert sources.fetch(locate(sources, text, OFFLINE), OFFLINE).name == sdist.name


def test_url_without_a_hash_is_not_in_the_cache_without_a_network(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    with pytest.raises(NotInCache):
        locate(machine.sources(), index.file_url(sdist.name), OFFLINE)
    assert index.requests == []


def test_url_that_is_not_what_was_promised_is_refused_and_not_kept(
    index: IndexServer, machine: Machine, sdist: Path
) -> None:
    index.add(sdist)
    sources = machine.sources()
    with pytest.raises(HashMismatch):
        sources.fetch(
            locate(sources, f"{index.file_url(sdist.name)}#{WRONG.replace(':', '=')}"), Asking()
        )
    assert machine.kept("sources-v1") == []


def test_path_needs_no_network_and_no_memory(machine: Machine, sdist: Path) -> None:
    sources = machine.sources("http://index.invalid/simple/")
    located = locate(sources, str(sdist), OFFLINE)
    assert sources.fetch(located, OFFLINE) == sdist
    assert located.origin == sdist.as_uri()


def test_path_of_nothing_is_told_with_a_hint(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="no file or directory") as raised:
        locate(machine.sources(), str(tmp_path / "none.tar.gz"))
    assert raised.value.hint


def test_archive_that_changes_under_way_is_refused(machine: Machine, sdist: Path) -> None:
    sources = machine.sources()
    located = locate(sources, str(sdist))
    sdist.write_bytes(b"changed")
    with pytest.raises(InvalidSource, match="changed"):
        sources.fetch(located, Asking())


def test_subdirectory_of_an_archive_is_another_source_and_another_project(
    index: IndexServer, machine: Machine, tree: Path, tmp_path: Path
) -> None:
    inner = materialise("dynamic-version", tmp_path / "inner")
    inner.rename(tree / "inner")
    sdist = make_sdist(tree, tmp_path / "sdists")
    index.add(sdist)
    sources = machine.sources()
    text = f"{index.file_url(sdist.name)}#subdirectory=inner&sha256={sha256(sdist)}"
    located = locate(sources, text)
    assert located.source == Archive(sha256=sha256(sdist), subdirectory="inner")
    assert not sources.identify(located, Asking()).is_complete
    (tmp_path / "into").mkdir()
    place, _ = sources.acquire(located, tmp_path / "into", Asking())
    assert place == tmp_path / "into" / "pure-1.0" / "inner"
    assert (place / "pyproject.toml").exists()


def test_subdirectory_that_is_not_there_is_refused(machine: Machine, sdist: Path) -> None:
    sources = machine.sources()
    located = locate(sources, f"{sdist.as_uri()}#subdirectory=nowhere")
    with pytest.raises(InvalidSource, match="no directory"):
        sources.identify(located, Asking())


def test_directory_is_known_by_its_tree(machine: Machine, tree: Path) -> None:
    sources = machine.sources()
    first = locate(sources, str(tree), OFFLINE)
    assert isinstance(first.source, Directory)
    assert locate(sources, tree.as_uri(), OFFLINE).source == first.source
    (tree / "more.py").touch()
    assert locate(sources, str(tree), OFFLINE).source != first.source


# Identity and copy.


def test_identity_is_read_once(index: IndexServer, machine: Machine, sdist: Path) -> None:
    index.add(sdist)
    sources = machine.sources(index.url)
    located = locate(sources, "pure==1.0")
    first, second = Asking(), Asking()
    told = sources.identify(located, first)
    assert (told.name, told.version) == ("pure", "1.0")
    assert first.reporter.steps == [f"downloading {sdist.name}", f"identifying {sdist.name}"]
    for path in machine.kept("sources-v1"):
        path.unlink()
    assert machine.sources(index.url).identify(located, second) == told
    assert second.reporter.steps == []


def test_archive_that_is_no_project_is_told_each_time(
    index: IndexServer, machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "pure-1.0.tar.gz").write_bytes(b"<html>not found</html>")
    index.add(tmp_path / "pure-1.0.tar.gz")
    sources = machine.sources(index.url)
    for _ in range(2):
        with pytest.raises(InvalidSource, match=r"pure-1\.0\.tar\.gz"):
            sources.identify(locate(sources, "pure==1.0"), Asking())


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_copy_of_an_archive_takes_the_time_of_its_newest_file(
    machine: Machine, tree: Path, tmp_path: Path, suffix: Literal[".tar.gz", ".zip"]
) -> None:
    sdist = make_sdist(tree, tmp_path / "sdists", suffix=suffix)
    (tmp_path / "into").mkdir()
    sources = machine.sources()
    place, epoch = sources.acquire(locate(sources, str(sdist)), tmp_path / "into", Asking())
    assert epoch == MTIME
    assert (place / "PKG-INFO").exists()


@pytest.mark.parametrize(
    ("mtime", "expected"),
    [(0, EARLIEST), (EARLIEST - 1, EARLIEST), (EARLIEST, EARLIEST), (1 << 33, LATEST)],
)
def test_time_of_a_build_is_one_that_a_zip_can_hold(
    machine: Machine, tmp_path: Path, mtime: int, expected: int
) -> None:
    sdist, into = tmp_path / "a-1.0.tar", tmp_path / "into"
    with tarfile.open(sdist, "w") as file:
        member = tarfile.TarInfo("a-1.0/pyproject.toml")
        member.mtime = mtime
        file.addfile(member)
    into.mkdir()
    sources = machine.sources()
    _, epoch = sources.acquire(locate(sources, str(sdist)), into, Asking())
    assert epoch == expected


def test_time_of_a_directorys_build_does_not_depend_on_its_files(
    machine: Machine, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "into").mkdir()
    sources = machine.sources()
    located = locate(sources, str(tree))
    place, epoch = sources.acquire(located, tmp_path / "into", Asking())
    assert epoch == EARLIEST
    assert (place / "pyproject.toml").read_bytes() == (tree / "pyproject.toml").read_bytes()


def test_directory_that_changed_since_it_was_located_is_refused(
    machine: Machine, tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "into").mkdir()
    sources = machine.sources()
    located = locate(sources, str(tree))
    (tree / "more.py").touch()
    with pytest.raises(InvalidSource, match="changed"):
        sources.acquire(located, tmp_path / "into", Asking())


# Secrets.


def texts_below(root: Path) -> bytes:
    """Return all that is on disk below a directory: names, links, contents."""
    told = b""
    for path in root.rglob("*"):
        told += os.fsencode(path) + b"\n"
        if path.is_symlink():
            told += os.fsencode(os.readlink(path))
        elif path.is_file():
            told += path.read_bytes()
    return told


def _by_pin(index: IndexServer, sdist: Path) -> tuple[str, tuple[str, ...]]:
    return "pure==1.0", ()


def _by_links(index: IndexServer, sdist: Path) -> tuple[str, tuple[str, ...]]:
    start = index.url_with_credentials.removesuffix("/simple/")
    return "pure==1.0", (f"{start}/files/{sdist.name}?token=T0KEN",)


def _by_url(index: IndexServer, sdist: Path) -> tuple[str, tuple[str, ...]]:
    start = index.url_with_credentials.removesuffix("/simple/")
    return f"pure @ {start}/files/{sdist.name}?token=T0KEN", ()


@pytest.mark.parametrize("ask", [_by_pin, _by_links, _by_url])
@pytest.mark.parametrize("hashes", [True, False])
def test_credentials_are_used_and_neither_shown_nor_stored(
    machine: Machine,
    sdist: Path,
    tmp_path: Path,
    hashes: bool,
    ask: Callable[[IndexServer, Path], tuple[str, tuple[str, ...]]],
) -> None:
    with IndexServer(credentials=CREDENTIALS) as index:
        index.add(sdist, hashes=hashes)
        text, links = ask(index, sdist)
        sources = machine.sources(index.url_with_credentials, links=links)
        caller = Asking()
        located = locate(sources, text, caller)
        identity = sources.identify(located, caller)
        (tmp_path / "into").mkdir()
        sources.acquire(located, tmp_path / "into", caller)
        told = [repr(each) for each in (sources, located, located.request.text, identity)]
        told += [located.origin, located.note, *caller.reporter.steps]
        index.remove(sdist.name)
        index.answer(f"/files/{sdist.name}", status=404)
        index.answer(f"/files/{sdist.name}?token=T0KEN", status=404)
        for path in machine.kept("sources-v1"):
            path.unlink()
        refreshing = Asking(network=Network.REFRESH)
        with pytest.raises((FetchError, NoSuchProject, NoMatchingSource)) as raised:
            sources.fetch(locate(sources, text, refreshing), refreshing)
        told += [str(raised.value), repr(raised.value), raised.value.hint]
    shown = "\n".join(told) + texts_below(machine.root).decode(errors="replace")
    assert sdist.name in shown
    assert not [secret for secret in SECRETS if secret in shown]
