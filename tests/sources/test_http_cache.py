"""What a server said is asked for again only as HTTP demands, by any process of one cache."""

from __future__ import annotations

import functools
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path

import pytest

from support.origin import Origin
from support.projects import make_sdist, make_wheel, materialise
from support.repositories import kept_in
from support.values import CPYTHON_313
from wheelwell.digest import sha256_chunks
from wheelwell.errors import FetchError, HashMismatch, NoMatchingSource, NotInCache
from wheelwell.indexes import Connection, Indexes, Network
from wheelwell.options import Options
from wheelwell.protocols import Reporter
from wheelwell.request import parse_request
from wheelwell.source import Archive
from wheelwell.sources.fetch import Page, Web
from wheelwell.sources.index import ACCEPT
from wheelwell.sources.located import Located
from wheelwell.sources.resolve import Sources
from wheelwell.store.disk import open_store
from wheelwell.store.memory import DiskMemory
from wheelwell.store.responses import DiskResponses
from wheelwell.store.shelf import DiskShelf

FRESH = {"Cache-Control": "max-age=600", "ETag": '"one"'}
STALE = {"Cache-Control": "max-age=600", "ETag": '"one"', "Age": "600"}
SECRETS = ("s3cret", "T0KEN", "czNjcmV0", "OnMzY3JldA")
BASIC = "Basic amFuZTpzM2NyZXQ="  # jane:s3cret


class Noted(Reporter):
    """Keeps what it is warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.steps: list[str] = []

    def began(self, step: str, subject: str) -> None:
        self.steps.append(step)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@dataclass
class Machine:
    """One cache directory, and processes one after the other."""

    root: Path

    def web(self, *indexes: str, **settings: object) -> Web:
        """Return what a new process would have."""
        layout = open_store(str(self.root), warn=lambda _: None).layout
        connection = Connection(**settings)  # type: ignore[arg-type]
        responses = DiskResponses(layout)
        return Web(connection, agent="wheelwell/test", indexes=indexes, responses=responses)

    def sources(self, *indexes: str) -> Sources:
        """Return what a new process would have."""
        layout = open_store(str(self.root), warn=lambda _: None).layout
        return Sources(
            indexes=Indexes(urls=indexes),
            memory=DiskMemory(layout),
            shelf=DiskShelf(layout),
            web=functools.cache(lambda: self.web(*indexes)),
            repositories=lambda: kept_in(layout),
        )

    def page(self, url: str, network: Network = Network.AS_NEEDED, **choices: object) -> Page:
        options = Options(network=network, **choices)  # type: ignore[arg-type]
        page = self.web().page(url, accept=ACCEPT, caller=options)
        assert page is not None
        return page

    def locate(
        self, text: str, network: Network = Network.AS_NEEDED, *indexes: str, **choices: object
    ) -> Located:
        options = Options(network=network, **choices)  # type: ignore[arg-type]
        return self.sources(*indexes).locate(parse_request(text), CPYTHON_313, options)

    def kept(self, kind: str = "http-v1") -> list[Path]:
        return sorted(path for path in (self.root / kind).rglob("*") if path.is_file())


@pytest.fixture
def machine(cache_dir: Path) -> Machine:
    return Machine(cache_dir)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def sdist(tmp_path: Path) -> bytes:
    return make_sdist(materialise("pure", tmp_path / "trees"), tmp_path / "sdists").read_bytes()


def source_of(body: bytes) -> Archive:
    return Archive(sha256=sha256_chunks([body]))


def other(sdist: bytes) -> bytes:
    """Return another archive of the same project."""
    made = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist)) as old,
        tarfile.open(fileobj=made, mode="w:gz") as new,
    ):
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        new.addfile(tarfile.TarInfo("pure-1.0/more.txt"))
    return made.getvalue()


# Pages.


def test_fresh_page_is_not_asked_for_again(machine: Machine, origin: Origin) -> None:
    url = origin.put("/simple/a/", b"one", headers={**FRESH, "Content-Type": "text/html"})
    assert machine.page(url) == Page(b"one", "text/html", url)
    assert machine.page(url) == Page(b"one", "text/html", url, is_current=False)
    assert origin.asked() == [""]


def test_stale_page_is_asked_for_with_its_validators(machine: Machine, origin: Origin) -> None:
    modified = formatdate(1e9, usegmt=True)
    url = origin.put("/a/", b"one", headers={**STALE, "Last-Modified": modified})
    assert [machine.page(url).body for _ in range(2)] == [b"one", b"one"]
    assert origin.asked() == ["", f'If-None-Match: "one"; If-Modified-Since: {modified}']


def test_page_with_a_date_alone_is_asked_for_with_that(machine: Machine, origin: Origin) -> None:
    modified = formatdate(1e9, usegmt=True)
    url = origin.put("/a/", b"one", headers={"Last-Modified": modified})
    assert [machine.page(url).body for _ in range(2)] == [b"one", b"one"]
    assert origin.asked() == ["", f"If-Modified-Since: {modified}"]


def test_confirmed_page_is_fresh_again(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/a/", b"one", headers=FRESH)
    assert [machine.page(url).body for _ in range(3)] == [b"one"] * 3
    assert origin.asked() == ["", 'If-None-Match: "one"']


def test_changed_page_takes_the_place_of_the_stale_one(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/a/", b"two", headers={**FRESH, "ETag": '"two"'})
    assert [machine.page(url).body for _ in range(2)] == [b"two", b"two"]
    assert len(origin.requests) == 2


def test_refresh_asks_for_what_is_fresh_and_through_all_caches(
    machine: Machine, origin: Origin
) -> None:
    url = origin.put("/a/", b"one", headers=FRESH)
    machine.page(url)
    assert machine.page(url, Network.REFRESH).body == b"one"
    assert origin.asked() == ["", 'If-None-Match: "one"']
    assert [each.headers["Cache-Control"] for each in origin.requests] == [None, "max-age=0"]


@pytest.mark.parametrize("headers", [FRESH, STALE, {}])
def test_offline_what_was_said_is_said_again_be_it_stale(
    machine: Machine, origin: Origin, headers: dict[str, str]
) -> None:
    url = origin.put("/a/", b"one", headers=headers)
    machine.page(url)
    assert machine.page(url, Network.NEVER).body == b"one"
    assert len(origin.requests) == 1


def test_offline_what_was_not_asked_is_not_in_the_cache(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=FRESH)
    with pytest.raises(NotInCache, match="/a/"):
        machine.page(url, Network.NEVER)
    assert origin.requests == []


def test_offline_a_stale_page_is_not_used_against_its_servers_word(
    machine: Machine, origin: Origin
) -> None:
    told = {**STALE, "Cache-Control": "max-age=600, must-revalidate"}
    url = origin.put("/a/", b"one", headers=told)
    machine.page(url)
    with pytest.raises(NotInCache):
        machine.page(url, Network.NEVER)


@pytest.mark.parametrize(
    "told", [{"Cache-Control": "no-store, max-age=600"}, {"Vary": "*", **FRESH}]
)
def test_what_may_not_be_kept_is_not(
    machine: Machine, origin: Origin, told: dict[str, str]
) -> None:
    url = origin.put("/a/", b"one", headers=FRESH)
    machine.page(url)
    assert len(machine.kept()) == 1
    origin.put("/a/", b"two", headers={**told, "ETag": '"two"'})
    machine.page(url, Network.REFRESH)
    assert machine.kept() == []


def test_page_is_kept_for_the_form_that_was_asked_for(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers={**FRESH, "Vary": "Accept"})
    for accept in ("text/html", "application/json"):
        machine.web().page(url, accept=accept)
    assert origin.asked() == ["", ""]
    machine.web().page(url, accept="application/json")
    assert len(origin.requests) == 2


def test_page_that_is_gone_is_forgotten(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/a/", b"", status=404)
    assert machine.web().page(url, accept=ACCEPT) is None
    assert machine.kept() == []


@pytest.mark.usefixtures("_no_pauses")
def test_page_that_breaks_off_is_asked_for_again_and_never_kept(
    machine: Machine, origin: Origin
) -> None:
    url = origin.put("/a/", b"whole", headers=FRESH, breaks=[3])
    assert machine.page(url).body == b"whole"
    origin.put("/b/", b"whole", headers=FRESH, breaks=[3] * 100)
    with pytest.raises(FetchError, match="broke off"):
        machine.page(f"{origin.url}/b/")
    assert len(machine.kept()) == 1


@pytest.mark.usefixtures("_no_pauses")
def test_server_that_fails_is_no_reason_to_use_what_is_stale(
    machine: Machine, origin: Origin
) -> None:
    url = origin.put("/a/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/a/", b"", status=503)
    with pytest.raises(FetchError, match="503"):
        machine.page(url)
    assert machine.page(url, Network.NEVER).body == b"one"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + b"X",
        lambda data: b"",
        lambda data: b"\xff\xfe",
        lambda data: b"[]\n",
        lambda data: data.replace(b'"headers": {', b'"headers": 3, "h": {'),
        lambda data: data.replace(b'"asked": ', b'"asked": "x", "a": '),
    ],
    ids=["half", "changed", "empty", "no text", "a list", "no headers", "no time"],
)
def test_what_cannot_be_read_is_ignored_with_one_warning_and_replaced(
    machine: Machine, origin: Origin, damage: Callable[[bytes], bytes]
) -> None:
    urls = [origin.put(f"/{name}/", b"one", headers=FRESH) for name in "ab"]
    for url in urls:
        machine.page(url)
    for path in machine.kept():
        path.write_bytes(damage(path.read_bytes()))
    web, noted = machine.web(), Noted()
    for url in urls:
        page = web.page(url, accept=ACCEPT, caller=Options(reporter=noted))
        assert page is not None
        assert page.body == b"one"
    (warning,) = noted.warnings
    assert urls[0] in warning
    assert len(origin.requests) == 4
    again = Noted()
    machine.page(urls[0], reporter=again)
    machine.page(urls[1], reporter=again)
    assert again.warnings == []
    assert len(origin.requests) == 4


def test_what_the_user_may_not_read_is_warned_of(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=FRESH)
    machine.page(url)
    (path,) = machine.kept()
    path.unlink()
    path.mkdir()  # root may read any file
    noted = Noted()
    assert machine.page(url, reporter=noted).body == b"one"
    assert len(noted.warnings) == 1


def test_what_came_over_a_way_that_others_can_change_is_not_kept(
    machine: Machine, origin: Origin
) -> None:
    origin.put("/a/", b"one", headers=FRESH)
    for trusted, expected in ((), 0), (("index.invalid",), 1):
        web = machine.web(proxy=origin.url, trusted_hosts=trusted)
        origin.resources["http://index.invalid/a/"] = origin.resources["/a/"]
        page = web.page("http://index.invalid/a/", accept=ACCEPT)
        assert page is not None
        assert len(machine.kept()) == expected


def test_redirect_is_followed_each_time_and_remembered_for_when_nobody_can_be_asked(
    machine: Machine, origin: Origin
) -> None:
    url = origin.put("/old/", b"", status=302, headers={"Location": "/new/?sig=T0KEN"})
    origin.put("/new/", b"one", headers=FRESH)
    for _ in range(2):
        assert machine.page(url).url == f"{origin.url}/new/?sig=T0KEN"
    assert [each.path for each in origin.requests] == ["/old/", "/new/?sig=T0KEN", "/old/"]
    offline = machine.page(url, Network.NEVER)
    assert (offline.body, offline.url) == (b"one", f"{origin.url}/new/")


def test_page_that_moved_is_asked_for_at_its_new_place_without_conditions(
    machine: Machine, origin: Origin
) -> None:
    url = origin.put("/old/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/old/", b"", status=301, headers={"Location": "/new/"})
    origin.put("/new/", b"two", headers=STALE)
    assert machine.page(url).body == b"two"
    assert origin.asked() == ["", 'If-None-Match: "one"', ""]


@pytest.mark.parametrize("status", [204, 206, 300, 304])
def test_answer_without_all_of_a_page_is_an_error_and_not_kept(
    machine: Machine, origin: Origin, status: int
) -> None:
    url = origin.put("/a/", b"", status=status, headers=FRESH)
    with pytest.raises(FetchError, match=str(status)):
        machine.page(url)
    assert machine.kept() == []


def test_archive_is_no_answer_where_a_page_is_asked_for(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/a", sdist, headers=FRESH)
    machine.locate(url)
    assert machine.page(url).body == sdist
    assert machine.locate(url).source == source_of(sdist)
    assert len(origin.requests) == 2


def test_confirmation_of_something_else_confirms_nothing(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"one", headers=STALE)
    machine.page(url)
    origin.put("/a/", b"", status=304, headers={"ETag": '"two"'})
    with pytest.raises(FetchError, match="304"):
        machine.page(url)
    assert origin.asked() == ["", 'If-None-Match: "one"', ""]


def test_circle_of_redirects_is_told_and_is_none_offline(machine: Machine, origin: Origin) -> None:
    url = origin.put("/a/", b"", status=302, headers={"Location": "/b/"})
    origin.put("/b/", b"", status=302, headers={"Location": "/a/"})
    with pytest.raises(FetchError, match="circle"):
        machine.page(url)
    with pytest.raises(NotInCache):
        machine.page(url, Network.NEVER)


# Indexes.


def index_page(origin: Origin, *versions: str) -> bytes:
    links = [
        f'<a href="{origin.url}/pure-{v}.tar.gz#sha256={v.replace(".", "") * 32}">x</a>'
        for v in versions
    ]
    return "\n".join(links).encode()


def test_offline_an_index_answers_with_what_it_said(machine: Machine, origin: Origin) -> None:
    body = index_page(origin, "1.0", "2.0")
    origin.put("/simple/pure/", body, headers={**STALE, "Content-Type": "text/html"})
    index = f"{origin.url}/simple/"
    first = machine.locate("pure", Network.AS_NEEDED, index)
    assert first.filename == "pure-2.0.tar.gz"
    assert machine.locate("pure<3", Network.NEVER, index).source == first.source
    assert machine.locate("pure<2", Network.NEVER, index).filename == "pure-1.0.tar.gz"
    with pytest.raises(NotInCache):
        machine.locate("pure>2", Network.NEVER, index)
    with pytest.raises(NotInCache):
        machine.locate("other", Network.NEVER, index)
    assert len(origin.requests) == 1


# Archives of which nobody told the hash.


def test_fresh_archive_is_not_asked_for_again(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/pure-1.0.tar.gz", sdist, headers=FRESH)
    first = machine.locate(url)
    assert machine.locate(url).source == first.source == source_of(sdist)
    assert origin.asked() == [""]


def test_stale_archive_is_asked_for_conditionally_and_not_fetched_again(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/pure-1.0.tar.gz", sdist, headers=STALE)
    for _ in range(2):
        assert machine.locate(url).source == source_of(sdist)
    assert origin.asked() == ["", 'If-None-Match: "one"']


def test_caller_is_told_of_a_download_only_where_there_is_one(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/pure-1.0.tar.gz", sdist, headers=STALE)
    for expected in (["resolving", "downloading"], ["resolving"]):
        noted = Noted()
        machine.locate(url, reporter=noted)
        assert noted.steps == expected


def test_branch_that_changed_is_another_source(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/archive/main.tar.gz", sdist, headers={"ETag": '"one"'})
    first = machine.locate(url)
    changed = other(sdist)
    origin.put("/archive/main.tar.gz", changed, headers={"ETag": '"two"'})
    assert machine.locate(url).source == source_of(changed) != first.source
    origin.put("/archive/main.tar.gz", sdist, headers={"ETag": '"one"'})
    assert machine.locate(url).source == first.source


def test_archive_is_on_the_disk_once(machine: Machine, origin: Origin, sdist: bytes) -> None:
    machine.locate(origin.put("/pure-1.0.tar.gz", sdist, headers=FRESH))
    holding = [path for path in machine.root.rglob("*") if path.is_file() and path.stat().st_size]
    assert [path.name for path in holding if sdist in path.read_bytes()] == ["pure-1.0.tar.gz"]
    assert all(path.stat().st_size < 2000 for path in machine.kept())


@pytest.mark.parametrize("way", ["gone", "damaged"])
def test_archive_that_is_not_on_the_shelf_is_fetched_however_fresh(
    machine: Machine, origin: Origin, sdist: bytes, way: str
) -> None:
    url = origin.put("/pure-1.0.tar.gz", sdist, headers=FRESH)
    machine.locate(url)
    (path,) = machine.kept("sources-v1")
    if way == "gone":
        path.unlink()
    else:
        path.write_bytes(b"damaged")
    assert machine.locate(url).source == source_of(sdist)
    assert path.read_bytes() == sdist
    assert origin.asked() == ["", ""]


def test_offline_an_archive_that_was_asked_for_is_what_it_was(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    origin.put("/pure-1.0.tar.gz", sdist, headers=STALE)
    url = origin.put("/latest", b"", status=302, headers={"Location": "/pure-1.0.tar.gz?t=T0KEN"})
    machine.locate(url)
    assert machine.locate(url, Network.NEVER).source == source_of(sdist)
    assert len(origin.requests) == 2
    with pytest.raises(NotInCache):
        machine.locate(f"{origin.url}/other.tar.gz", Network.NEVER)


@pytest.mark.parametrize("kind", ["sha512", "sha384", "sha1", "md5"])
def test_archive_with_a_hash_of_another_kind_needs_no_network_again(
    machine: Machine, origin: Origin, sdist: bytes, kind: str
) -> None:
    import hashlib

    url = origin.put("/pure-1.0.tar.gz", sdist)  # stale at once
    digest = hashlib.new(kind, sdist).hexdigest()
    for network in (Network.AS_NEEDED, Network.AS_NEEDED, Network.NEVER):
        assert machine.locate(f"{url}#{kind}={digest}", network).source == source_of(sdist)
    assert len(origin.requests) == 1
    with pytest.raises(HashMismatch):
        machine.locate(f"{url}#{kind}={'0' * len(digest)}")


def test_archive_with_its_sha256_is_not_kept_a_second_time(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/pure-1.0.tar.gz", sdist, headers=FRESH)
    text = f"{url}#sha256={sha256_chunks([sdist])}"
    sources = machine.sources()
    sources.fetch(sources.locate(parse_request(text), CPYTHON_313, Options()), Options())
    assert machine.kept() == []
    assert len(machine.kept("sources-v1")) == 1


def test_wheel_of_an_index_keeps_its_name_whatever_its_server_calls_it(
    machine: Machine, origin: Origin, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "pure", "1.0")
    told = {"Content-Type": "application/zip", "Content-Disposition": "filename=other.zip"}
    origin.put(f"/files/{wheel.name}", wheel.read_bytes(), headers=told)
    page = f'<a href="/files/{wheel.name}">x</a>'
    origin.put("/simple/pure/", page.encode(), headers={"Content-Type": "text/html"})
    sources = machine.sources(f"{origin.url}/simple/")
    located = sources.locate(parse_request("pure"), CPYTHON_313, Options(), wants_binary=True)
    assert sources.fetch(located, Options()).name == wheel.name


# Whose answer it is.


def test_other_credentials_have_other_answers(machine: Machine, origin: Origin) -> None:
    start = origin.url.replace("://", "://jane:s3cret@")
    origin.put("/a/", b"hers", headers=FRESH, credentials=BASIC)
    assert machine.page(f"{start}/a/").body == b"hers"
    for url in (f"{origin.url}/a/", f"{origin.url.replace('://', '://joe:s3cret@')}/a/"):
        for network in (Network.AS_NEEDED, Network.NEVER):
            with pytest.raises((FetchError, NotInCache)):
                machine.page(url, network)
    assert machine.page(f"{start}/a/", Network.NEVER).body == b"hers"


def test_nothing_secret_is_on_the_disk(machine: Machine, origin: Origin, sdist: bytes) -> None:
    start = origin.url.replace("://", "://jane:s3cret@")
    told = {**FRESH, "Set-Cookie": "session=T0KEN", "Content-Location": "/?t=T0KEN"}
    origin.put("/a/", b"page", headers=told, credentials=BASIC)
    origin.put("/x.tar.gz", sdist, headers=told, credentials=BASIC)
    far = f"{start}/x.tar.gz?signature=T0KEN"
    origin.put("/far", b"", status=307, headers={"Location": far}, credentials=BASIC)
    machine.page(f"{start}/a/?token=T0KEN")
    for path in ("/x.tar.gz?token=T0KEN", "/far?token=T0KEN"):
        machine.locate(f"pure @ {start}{path}")
    files = [path for path in machine.root.rglob("*") if path.is_file()]
    shown = "\n".join(map(str, files)) + "".join(p.read_bytes().decode("latin-1") for p in files)
    assert len(machine.kept()) == 4
    assert origin.host in shown  # of a redirect, the place is
    assert [secret for secret in SECRETS if secret in shown] == []


# One key.


def test_every_spelling_of_one_archive_is_one_source(
    machine: Machine, origin: Origin, sdist: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "sdists" / "pure-1.0.tar.gz"
    origin.put("/files/pure-1.0.tar.gz", sdist, headers={"ETag": '"one"'})
    origin.put("/mirror/pure-1.0.tar.gz", sdist)
    page = f'<a href="/files/pure-1.0.tar.gz#sha256={sha256_chunks([sdist])}">x</a>'
    origin.put("/simple/pure/", page.encode(), headers={"Content-Type": "text/html"})
    url, digest = f"{origin.url}/files/pure-1.0.tar.gz", sha256_chunks([sdist])
    texts = [
        str(path),
        path.as_uri(),
        url,
        url.replace("://", "://jane:s3cret@"),
        f"{url}?token=T0KEN",
        f"{url}?token=other#egg=pure",
        f"{url}#egg=pure&sha256={digest}",
        f"{url}#sha256={digest}&egg=not%20a%20name[",
        f"{origin.url}/mirror/p%75re%2D1.0.tar.gz",
        f"pure @ {url}",
        f"pure@{url}?token=T0KEN#subdirectory=.",
        "pure==1.0",
        "pure",
    ]
    found = [machine.locate(text, Network.AS_NEEDED, f"{origin.url}/simple/") for text in texts]
    assert {each.source for each in found} == {source_of(sdist)}
    assert not [each for each in found if any(s in repr(each) + each.origin for s in SECRETS)]


def test_requirement_that_nothing_matches_is_asked_for_again_before_that_is_said(
    machine: Machine, origin: Origin
) -> None:
    page = {**FRESH, "Content-Type": "text/html"}
    origin.put("/simple/pure/", index_page(origin, "1.0"), headers=page)
    index = f"{origin.url}/simple/"
    machine.locate("pure", Network.AS_NEEDED, index)
    new = {**page, "ETag": '"two"'}
    origin.put("/simple/pure/", index_page(origin, "1.0", "2.0"), headers=new)
    assert machine.locate("pure", Network.AS_NEEDED, index).filename == "pure-1.0.tar.gz"
    assert machine.locate("pure==2.0", Network.AS_NEEDED, index).filename == "pure-2.0.tar.gz"
    with pytest.raises(NoMatchingSource):
        machine.locate("pure==3.0", Network.AS_NEEDED, index)


def test_promise_is_what_the_archive_is_checked_by(
    machine: Machine, origin: Origin, sdist: bytes
) -> None:
    url = origin.put("/pure-1.0.tar.gz", b"something else", headers=FRESH)
    wrong = replace(parse_request(url), hashes=(f"sha512:{'0' * 128}",))
    with pytest.raises(HashMismatch):
        machine.sources().locate(wrong, CPYTHON_313, Options())
    assert machine.kept() == machine.kept("sources-v1") == []
