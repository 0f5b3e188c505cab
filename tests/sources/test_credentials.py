"""Credentials are looked for as pip looks for them, and go nowhere else."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.origin import Origin
from wheelwell.config import load
from wheelwell.errors import Cancelled, FetchError
from wheelwell.indexes import Connection, Network
from wheelwell.options import Options
from wheelwell.protocols import Reporter
from wheelwell.sources.credentials import Credentials
from wheelwell.sources.fetch import Web

INDEX = "https://host.example/simple/"


class Noted(Reporter):
    """Keeps what it is warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def page(web: Web, url: str, **choices: object) -> bytes | None:
    found = web.page(url, accept="*/*", caller=Options(**choices))  # type: ignore[arg-type]
    return None if found is None else found.body


def web(*indexes: str, **settings: str) -> Web:
    connection = Connection(**settings)  # type: ignore[arg-type]
    return Web(connection, agent="wheelwell/test", indexes=indexes)


# Whose they are.


@pytest.mark.parametrize(
    ("url", "indexes", "expected"),
    [
        ("https://a:b@host.example/x", ["https://c:d@host.example/simple/"], ("a", "b")),
        ("https://a%40x:b%2Fc@host.example/x", [], ("a@x", "b/c")),
        ("https://token@host.example/x", [], ("token", "")),
        ("https://host.example/files/x", ["https://c:d@host.example/simple/"], ("c", "d")),
        ("https://HOST.example/files/x", ["https://c:d@host.example/simple/"], ("c", "d")),
        ("https://c@host.example/files/x", ["https://c:d@host.example/simple/"], ("c", "d")),
        ("https://e@host.example/files/x", ["https://c:d@host.example/simple/"], ("e", "")),
        ("https://host.example:8443/x", ["https://c:d@host.example/simple/"], None),
        ("http://host.example/x", ["https://c:d@host.example/simple/"], None),
        ("https://other.example/x", ["https://c:d@host.example/simple/"], None),
        (
            "https://host.example/b/files/x",
            ["https://c:d@host.example/a/simple/", "https://e:f@host.example/b/simple/"],
            ("e", "f"),
        ),
        ("https://host.example/x", [""], None),
    ],
)
def test_urls_own_credentials_come_first_and_then_those_of_its_index(
    url: str, indexes: list[str], expected: tuple[str, str] | None
) -> None:
    assert Credentials(indexes).of(url) == expected


def test_netrc_comes_after_the_index(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine host.example login n password p\n")
    assert Credentials().of("https://host.example/x") == ("n", "p")
    assert Credentials(["https://c:d@host.example/"]).of("https://host.example/x") == ("c", "d")
    assert Credentials().of("https://a:b@host.example/x") == ("a", "b")


def test_password_that_is_not_ascii_goes_as_utf8(origin: Origin) -> None:
    start = origin.url.replace("://", "://j%C3%B8rgen:%E2%82%AC@")
    origin.put("/a/", b"one", credentials=basic("jørgen", "€"))
    assert page(web(), f"{start}/a/") == b"one"


def test_user_alone_is_a_token(origin: Origin) -> None:
    origin.put("/a/", b"one", credentials=basic("t0ken", ""))
    assert page(web(), f"{origin.url.replace('://', '://t0ken@')}/a/") == b"one"


def test_file_of_an_index_is_fetched_with_its_credentials(origin: Origin, tmp_path: Path) -> None:
    url = origin.put("/files/a.tar.gz", b"one", credentials=basic("jane", "s3cret"))
    index = f"{origin.url.replace('://', '://jane:s3cret@')}/simple/"
    assert web(index).download(url, tmp_path, hashes=()).path is not None
    with pytest.raises(FetchError, match="401"):
        web().download(url, tmp_path, hashes=())


# Redirects.


def test_credentials_do_not_go_along_to_another_host(origin: Origin, tmp_path: Path) -> None:
    with Origin() as other:
        far = other.put("/far.tar.gz", b"one")
        origin.put("/a.tar.gz", b"", status=302, headers={"Location": far})
        start = origin.url.replace("://", "://jane:s3cret@")
        web(f"{start}/simple/").download(f"{start}/a.tar.gz", tmp_path, hashes=())
        assert origin.requests[0].headers["Authorization"] == basic("jane", "s3cret")
        assert other.requests[0].headers["Authorization"] is None


def test_credentials_go_along_on_the_same_host(origin: Origin, tmp_path: Path) -> None:
    origin.put("/b.tar.gz", b"one", credentials=basic("jane", "s3cret"))
    origin.put("/a.tar.gz", b"", status=302, headers={"Location": "/b.tar.gz"})
    start = origin.url.replace("://", "://jane:s3cret@")
    assert web().download(f"{start}/a.tar.gz", tmp_path, hashes=()).path is not None


# Keyrings.

KEYRING = """#!{python}
import json, os, sys
log = {log!r}
with open(log, "a") as file:
    file.write(json.dumps([sys.argv[1:], sys.stdin.read()]) + "\\n")
kept = {kept!r}
service, *user = sys.argv[4:]
if service not in kept or (user and user[0] != kept[service]["username"]):
    sys.exit(1)
print(json.dumps(kept[service]))
"""


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What a command `keyring` keeps, once `install` has put it on the path."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return {}


def install(tmp_path: Path, kept: dict[str, dict[str, str]], text: str = KEYRING) -> None:
    path = tmp_path / "bin" / "keyring"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.format(python=sys.executable, log=str(tmp_path / "log"), kept=kept))
    path.chmod(0o755)


def asked(tmp_path: Path) -> list[list[str]]:
    """Return what the keyring was asked for; it had nothing to read."""
    try:
        lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    except FileNotFoundError:
        return []
    assert all(read == "" for _, read in lines)
    assert all(given[:3] == ["--mode=creds", "--output=json", "get"] for given, _ in lines)
    return [given[3:] for given, _ in lines]


PAIR = {"username": "jane", "password": "s3cret"}


@pytest.mark.parametrize("by", ["index", "host"])
def test_keyring_is_asked_for_the_index_and_then_for_the_host(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]], by: str
) -> None:
    index = f"{origin.url}/simple/"
    install(tmp_path, {index if by == "index" else origin.host: PAIR})
    origin.put("/simple/a/", b"one", credentials=basic("jane", "s3cret"))
    client = web(index, keyring="subprocess")
    assert page(client, f"{index}a/") == b"one"
    assert asked(tmp_path) == [[index], [origin.host]][: 1 if by == "index" else 2]
    assert page(client, f"{index}a/") == b"one"  # known by now
    assert len(origin.requests) == 3
    assert len(asked(tmp_path)) <= 2


def test_keyring_is_asked_for_the_user_of_the_url(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]]
) -> None:
    install(tmp_path, {origin.host: PAIR})
    origin.put("/a/", b"one", credentials=basic("jane", "s3cret"))
    start = origin.url.replace("://", "://jane@")
    assert page(web(keyring="subprocess"), f"{start}/a/") == b"one"
    assert asked(tmp_path) == [[origin.host, "jane"]]
    with pytest.raises(FetchError, match="401"):
        page(web(keyring="subprocess"), f"{origin.url.replace('://', '://joe@')}/a/")


@pytest.mark.parametrize("provider", ["auto", "disabled"])
def test_keyring_is_left_alone_unless_it_is_named(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]], provider: str
) -> None:
    install(tmp_path, {origin.host: PAIR})
    origin.put("/a/", b"one", credentials=basic("jane", "s3cret"))
    with pytest.raises(FetchError, match="401"):
        page(web(keyring=provider), f"{origin.url}/a/")
    assert asked(tmp_path) == []


def test_keyring_is_not_asked_where_a_server_is_content(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]]
) -> None:
    install(tmp_path, {origin.host: PAIR})
    origin.put("/a/", b"one")
    assert page(web(keyring="subprocess"), f"{origin.url}/a/") == b"one"
    assert asked(tmp_path) == []


def test_keyring_that_is_wrong_is_asked_once(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]]
) -> None:
    install(tmp_path, {origin.host: PAIR})
    origin.put("/a/", b"one", credentials=basic("jane", "other"))
    with pytest.raises(FetchError, match="401"):
        page(web(keyring="subprocess"), f"{origin.url}/a/")
    assert len(origin.requests) == 2


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 2\n", "#!/bin/sh\necho none\n", "no program"])
def test_keyring_that_fails_is_none(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]], text: str
) -> None:
    install(tmp_path, {}, text)
    origin.put("/a/", b"one", credentials=basic("jane", "s3cret"))
    with pytest.raises(FetchError, match="401"):
        page(web(keyring="subprocess"), f"{origin.url}/a/")


def test_keyring_that_hangs_is_ended_when_the_caller_goes(
    origin: Origin, tmp_path: Path, keyring: dict[str, dict[str, str]]
) -> None:
    import threading

    class Leaving(threading.Event):
        def is_set(self) -> bool:
            return (tmp_path / "started").exists()

    script = f"#!/bin/sh\n: > {tmp_path}/started\nexec sleep 1000\n"
    install(tmp_path, {}, script)
    origin.put("/a/", b"one", credentials=basic("jane", "s3cret"))
    with pytest.raises(Cancelled):
        page(web(keyring="subprocess"), f"{origin.url}/a/", cancel=Leaving())


def test_keyring_that_can_be_imported_is_asked_where_it_is_named(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = "from types import SimpleNamespace\ndef get_credential(service, user):\n"
    fake += "    return SimpleNamespace(username=service, password='s3cret')\n"
    (tmp_path / "keyring.py").write_text(fake)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    origin.put("/a/", b"one", credentials=basic(origin.host, "s3cret"))
    assert page(web(keyring="import"), f"{origin.url}/a/") == b"one"
    monkeypatch.delitem(sys.modules, "keyring")


def test_keyring_that_is_not_there_is_warned_of(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    origin.put("/a/", b"one", credentials=basic("jane", "s3cret"))
    for provider in ("import", "nonsense"):
        noted = Noted()
        with pytest.raises(FetchError, match="401"):
            page(web(keyring=provider), f"{origin.url}/a/", reporter=noted)
        assert provider in noted.warnings[0]


@pytest.mark.parametrize("network", [Network.AS_NEEDED, Network.NEVER])
def test_what_a_keyring_opened_is_there_offline(
    origin: Origin,
    tmp_path: Path,
    cache_dir: Path,
    keyring: dict[str, dict[str, str]],
    network: Network,
) -> None:
    from wheelwell.store.disk import open_store
    from wheelwell.store.responses import DiskResponses

    install(tmp_path, {origin.host: PAIR})
    told = {"Cache-Control": "max-age=600"}
    origin.put("/a/", b"one", headers=told, credentials=basic("jane", "s3cret"))
    layout = open_store(str(cache_dir), warn=lambda _: None).layout
    for each in (Network.AS_NEEDED, network):
        client = Web(
            Connection(keyring="subprocess"),
            agent="wheelwell/test",
            responses=DiskResponses(layout),
        )
        assert page(client, f"{origin.url}/a/", network=each) == b"one"
    assert len(origin.requests) == (3 if network is Network.AS_NEEDED else 2)


def test_pips_setting_names_the_keyring(tmp_path: Path) -> None:
    environ = {"PIP_KEYRING_PROVIDER": "subprocess", "PIP_CONFIG_FILE": "/dev/null"}
    connection = load({"cache-dir": "/x"}, environ=environ, directory=str(tmp_path)).connection
    assert connection.keyring == "subprocess"
