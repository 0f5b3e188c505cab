"""Pages and files come over real connections, or an error says what to try."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.index import HTML, JSON_V1, IndexServer
from support.projects import make_sdist, materialise
from wheelwell.digest import Sha256
from wheelwell.errors import Cancelled, FetchError, HashMismatch
from wheelwell.indexes import Connection
from wheelwell.options import Options
from wheelwell.protocols import Reporter
from wheelwell.sources.fetch import Web, local_path
from wheelwell.sources.index import ACCEPT

CREDENTIALS = ("j@ne", "x:yz/w")
SECRETS = ("j@ne", "j%40ne", "x:yz/w", "x%3Ayz%2Fw", "T0KEN")
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")


class Told(Reporter):
    """Keeps what it is told of a download."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int | None]] = []

    def advanced(self, done: int, total: int | None) -> None:
        self.seen.append((done, total))


@pytest.fixture
def web() -> Web:
    return connected()


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return make_sdist(materialise("pure", tmp_path / "trees"), tmp_path / "sdists")


@pytest.fixture
def stalled() -> Iterator[str]:
    """The URL of a server that sends the beginning of a file, and then nothing."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                ended.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a-1.tar.gz"
        ended.set()
        thread.join()


def connected(**settings: object) -> Web:
    return Web(Connection(**settings), agent="wheelwell/test")  # type: ignore[arg-type]


def download(web: Web, url: str, target: Path, *hashes: str) -> Sha256:
    return web.download(url, target.parent, filename=target.name, hashes=hashes).sha256


def test_page_is_asked_for_as_json_and_told_as_what_it_is(
    index: IndexServer, web: Web, sdist: Path
) -> None:
    index.add(sdist)
    page = web.page(f"{index.url}pure/", accept=ACCEPT)
    assert page is not None
    assert page.content_type == JSON_V1
    assert page.url == f"{index.url}pure/"
    assert index.requests[0].headers["User-Agent"] == "wheelwell/test"


def test_page_is_told_as_html_where_the_index_knows_nothing_else(web: Web, sdist: Path) -> None:
    with IndexServer(html_only=True) as index:
        index.add(sdist)
        page = web.page(f"{index.url}pure/", accept=ACCEPT)
    assert page is not None
    assert page.content_type == HTML
    assert sdist.name.encode() in page.body


def test_page_tells_where_it_was_after_redirects(index: IndexServer, web: Web, sdist: Path) -> None:
    index.add(sdist)
    index.answer("/old/", status=302, headers={"Location": "/simple/pure/"})
    page = web.page(f"http://{index.host}/old/", accept=ACCEPT)
    assert page is not None
    assert page.url == f"{index.url}pure/"


@pytest.mark.parametrize("status", [404, 410])
def test_page_that_is_not_there_is_none(index: IndexServer, web: Web, status: int) -> None:
    index.answer("/simple/pure/", status=status)
    assert web.page(f"{index.url}pure/", accept=ACCEPT) is None
    assert len(index.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_is_told_at_once_and_hints_at_credentials(
    index: IndexServer, web: Web, status: int
) -> None:
    index.answer("/simple/pure/", status=status)
    with pytest.raises(FetchError, match=f"the server answered {status}") as raised:
        web.page(f"{index.url}pure/", accept=ACCEPT)
    assert raised.value.status == status
    assert "credentials" in raised.value.hint
    assert len(index.requests) == 1


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_faults_of_the_server_are_told_after_some_tries(
    index: IndexServer, web: Web, status: int
) -> None:
    index.answer("/simple/pure/", status=status)
    with pytest.raises(FetchError, match=f"the server answered {status}") as raised:
        web.page(f"{index.url}pure/", accept=ACCEPT)
    assert raised.value.status == status
    assert len(index.requests) == 5
    assert "5 times" in raised.value.hint


@pytest.mark.usefixtures("_no_pauses")
def test_fault_that_passes_is_not_told(index: IndexServer, web: Web, sdist: Path) -> None:
    index.add(sdist)
    index.answer("/simple/pure/", status=503, times=2)
    assert web.page(f"{index.url}pure/", accept=ACCEPT) is not None


@pytest.mark.usefixtures("_no_pauses")
def test_server_that_does_not_answer_is_told_with_the_time_waited(index: IndexServer) -> None:
    ended = threading.Event()
    index.answer("/simple/pure/", until=ended)
    with pytest.raises(FetchError, match=r"no answer within 0\.1 s"):
        connected(timeout=0.1).page(f"{index.url}pure/", accept=ACCEPT)
    ended.set()


def test_server_that_stops_in_the_middle_is_told(stalled: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"no answer within 0\.1 s"):
        download(connected(timeout=0.1), stalled, tmp_path / "a")


@pytest.mark.usefixtures("_no_pauses")
def test_server_that_is_down_is_an_error_and_no_miss(index: IndexServer, web: Web) -> None:
    index.stop()
    with pytest.raises(FetchError, match="no connection") as raised:
        web.page(f"{index.url}pure/", accept=ACCEPT)
    assert raised.value.url == f"{index.url}pure/"
    assert raised.value.hint


@pytest.mark.usefixtures("_no_pauses")
def test_host_that_is_not_known_is_told(web: Web) -> None:
    with pytest.raises(FetchError, match="name is not known") as raised:
        web.page("http://index.invalid/simple/pure/", accept=ACCEPT)
    assert "--offline" in raised.value.hint


def test_redirects_in_a_circle_are_told(index: IndexServer, web: Web) -> None:
    index.answer("/simple/pure/", status=302, headers={"Location": "/simple/pure/"})
    with pytest.raises(FetchError, match="circle"):
        web.page(f"{index.url}pure/", accept=ACCEPT)


@pytest.mark.parametrize(
    "url", ["http://[", "http://", "ftp://host.example/a", "nothing", "/a/path/", "http://a:port/"]
)
def test_what_is_no_url_is_told(web: Web, url: str) -> None:
    with pytest.raises(FetchError, match="no URL"):
        web.page(url, accept=ACCEPT)


def test_page_that_breaks_off_is_an_error(index: IndexServer, web: Web, sdist: Path) -> None:
    index.add(sdist)
    index.answer("/simple/pure/", truncated=True)
    with pytest.raises(FetchError, match="broke off"):
        web.page(f"{index.url}pure/", accept=ACCEPT)


def test_download_writes_the_file_and_returns_its_hash(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    added = index.add(sdist)
    told = Told()
    found = web.download(
        index.file_url(sdist.name),
        tmp_path,
        hashes=[f"sha256:{added.sha256}"],
        caller=Options(reporter=told),
    )
    assert found.sha256 == added.sha256
    assert found.path == tmp_path / sdist.name
    assert found.path.read_bytes() == added.content
    assert told.seen[0] == (len(added.content), len(added.content))


def test_download_that_breaks_off_is_an_error(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    index.answer(f"/files/{sdist.name}", truncated=True)
    with pytest.raises(FetchError, match="broke off"):
        download(web, index.file_url(sdist.name), tmp_path / "got")


def test_download_that_is_another_file_is_a_mismatch(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    with pytest.raises(HashMismatch, match=sdist.name):
        download(web, index.file_url(sdist.name), tmp_path / sdist.name, "sha256:" + "0" * 64)


@pytest.mark.parametrize("status", [401, 404])
def test_download_that_is_refused_or_gone_is_an_error(
    index: IndexServer, web: Web, tmp_path: Path, status: int
) -> None:
    index.answer("/files/a-1.tar.gz", status=status)
    with pytest.raises(FetchError, match=str(status)) as raised:
        download(web, index.file_url("a-1.tar.gz"), tmp_path / "got")
    assert raised.value.status == status


def test_download_ends_when_the_caller_takes_it_back(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        web.download(index.file_url(sdist.name), tmp_path, hashes=(), caller=Options(cancel=cancel))


def test_archive_that_is_announced_as_gzip_encoded_keeps_its_bytes(
    index: IndexServer, web: Web, tmp_path: Path
) -> None:
    body = gzip.compress(b"content")
    index.answer("/files/a-1.tar.gz", status=200, headers={"Content-Encoding": "gzip"}, body=body)
    found = download(web, index.file_url("a-1.tar.gz"), tmp_path / "got")
    assert found == hashlib.sha256(body).hexdigest()
    assert index.requests[0].headers["Accept-Encoding"] == "identity"


def test_target_that_cannot_be_written_is_not_the_servers_fault(
    index: IndexServer, web: Web, sdist: Path, tmp_path: Path
) -> None:
    index.add(sdist)
    with pytest.raises(FileNotFoundError):
        download(web, index.file_url(sdist.name), tmp_path / "not-there" / "got")
    with pytest.raises(FileNotFoundError):
        download(web, sdist.as_uri(), tmp_path / "not-there" / "got")


def test_credentials_of_the_url_are_used(web: Web, sdist: Path, tmp_path: Path) -> None:
    with IndexServer(credentials=CREDENTIALS) as index:
        index.add(sdist)
        page = web.page(f"{index.url_with_credentials}pure/", accept=ACCEPT)
        assert page is not None
        assert page.url == f"{index.url_with_credentials}pure/"
        assert not any(secret in repr(page) for secret in SECRETS)
        url = f"{index.url_with_credentials}../files/{sdist.name}"
        download(web, url, tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == sdist.read_bytes()


def test_credentials_of_netrc_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: Web, sdist: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with IndexServer(credentials=("user", "secret")) as index:
        index.add(sdist)
        assert web.page(f"{index.url}pure/", accept=ACCEPT) is not None


def test_credentials_are_not_sent_to_where_a_redirect_leads(web: Web, sdist: Path) -> None:
    with IndexServer(credentials=CREDENTIALS) as index, IndexServer() as other:
        other.add(sdist)
        elsewhere = {"Location": f"{other.url}pure/"}
        index.answer("/simple/pure/", status=302, headers=elsewhere)
        page = web.page(f"{index.url_with_credentials}pure/", accept=ACCEPT)
        assert page is not None
        assert page.url == f"{other.url}pure/"
        assert "Authorization" in index.requests[0].headers
        assert "Authorization" not in other.requests[0].headers


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("fault", ["refused", "failed", "down", "cut", "circle", "hangs", "bad"])
def test_no_error_shows_credentials(fault: str, sdist: Path) -> None:
    ended = threading.Event()
    with IndexServer(credentials=CREDENTIALS) as index:
        index.add(sdist)
        url = f"{index.url_with_credentials}pure/?token=T0KEN"
        path = "/simple/pure/?token=T0KEN"
        match fault:
            case "refused":
                index.answer(path, status=403)
            case "failed":
                index.answer(path, status=500)
            case "down":
                index.stop()
            case "cut":
                index.answer(path, truncated=True)
            case "circle":
                index.answer(path, status=302, headers={"Location": path})
            case "hangs":
                index.answer(path, until=ended)
            case _:
                url = url.replace(index.host, "127.0.0.1:port")
        with pytest.raises(FetchError) as raised:
            connected(timeout=0.1 if fault == "hangs" else 30).page(url, accept=ACCEPT)
        ended.set()
    error = raised.value
    shown = "".join(traceback.format_exception(error))
    told = f"{shown} {error!r} {error.hint} {error.url} {error.reason}"
    assert not any(secret in told for secret in SECRETS)


def test_proxy_of_the_settings_is_used_before_the_environments(
    index: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web = connected(proxy=f"http://{index.host}")
    assert web.page("http://index.invalid/simple/pure/", accept=ACCEPT) is None
    assert [request.path for request in index.requests] == ["http://index.invalid/simple/pure/"]


def test_proxy_of_the_environment_is_used(
    index: IndexServer, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://{index.host}")
    assert web.page("http://index.invalid/simple/pure/", accept=ACCEPT) is None
    assert [request.path for request in index.requests] == ["http://index.invalid/simple/pure/"]


def test_repr_of_a_connection_shows_no_proxys_password() -> None:
    assert "secret" not in repr(Connection(proxy="http://user:secret@proxy.example"))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[IndexServer, str]]:
    """An index that speaks TLS with a certificate of its own, and that certificate's path."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=index", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with IndexServer() as index:
        index._server.socket = context.wrap_socket(index._server.socket, server_side=True)
        yield index, certificate


@pytest.mark.usefixtures("_no_pauses")
def test_certificate_that_is_not_trusted_is_told(secure: tuple[IndexServer, str]) -> None:
    index, _ = secure
    with pytest.raises(FetchError, match="certificate is not trusted") as raised:
        connected().page(f"https://{index.host}/simple/pure/", accept=ACCEPT)
    assert "PIP_CERT" in raised.value.hint
    assert index.requests == []


def test_certificates_of_the_settings_are_used_before_the_environments(
    secure: tuple[IndexServer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, certificate = secure
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Path(ssl.__file__)))
    web = connected(certificates=certificate)
    assert web.page(f"https://{index.host}/simple/pure/", accept=ACCEPT) is None


@pytest.mark.parametrize("port", [True, False])
def test_trusted_hosts_certificate_is_not_checked(
    secure: tuple[IndexServer, str], port: bool
) -> None:
    index, _ = secure
    web = connected(trusted_hosts=(index.host if port else "127.0.0.1",))
    assert web.page(f"https://{index.host}/simple/pure/", accept=ACCEPT) is None


@pytest.mark.usefixtures("_no_pauses")
def test_server_that_speaks_no_tls_is_not_called_untrusted(index: IndexServer, web: Web) -> None:
    with pytest.raises(FetchError, match="no secure connection"):
        web.page(f"https://{index.host}/simple/pure/", accept=ACCEPT)


def test_file_of_certificates_that_is_not_there_is_told(index: IndexServer) -> None:
    with pytest.raises(FetchError, match=r"not-there\.pem"):
        connected(certificates="/not-there.pem").page(f"https://{index.host}/", accept=ACCEPT)


def test_page_of_this_machine_is_a_file_or_a_directorys_index(web: Web, tmp_path: Path) -> None:
    page = tmp_path / "a b" / "index.html"
    page.parent.mkdir()
    page.write_bytes(b"<a href='x.zip'>")
    for url in (page.as_uri(), page.parent.as_uri(), f"{page.parent.as_uri()}/"):
        found = web.page(url, accept=ACCEPT)
        assert found is not None
        assert (found.body, found.url) == (b"<a href='x.zip'>", page.as_uri())
        assert found.content_type == "text/html"


def test_page_of_this_machine_that_is_not_there_is_none(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("none.html", "none/", "file/below", "."):
        assert web.page(f"{tmp_path.as_uri()}/{name}", accept=ACCEPT) is None


def test_page_of_this_machine_that_cannot_be_read_is_an_error(web: Web, tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(FetchError, match="directory"):
        web.page(tmp_path.as_uri(), accept=ACCEPT)


def test_file_of_this_machine_is_copied_and_hashed(web: Web, tmp_path: Path, sdist: Path) -> None:
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    assert download(web, sdist.as_uri(), tmp_path / "got", f"sha256:{digest}") == digest
    assert (tmp_path / "got").read_bytes() == sdist.read_bytes()
    with pytest.raises(HashMismatch):
        download(web, sdist.as_uri(), tmp_path / "again", "sha256:" + "0" * 64)


def test_file_of_this_machine_that_cannot_be_read_is_an_error(web: Web, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not there"):
        download(web, f"{tmp_path.as_uri()}/none", tmp_path / "got")
    with pytest.raises(FetchError, match="directory"):
        download(web, tmp_path.as_uri(), tmp_path / "got")


def test_local_path_is_decoded() -> None:
    assert local_path("file:///a%20b/c") == local_path("file://localhost/a%20b/c") == Path("/a b/c")
