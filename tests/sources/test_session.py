"""Certificates and proxies come from where pip's users have put them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.index import IndexServer
from wheelwell.config import load
from wheelwell.errors import FetchError
from wheelwell.indexes import Connection
from wheelwell.sources import session
from wheelwell.sources.fetch import Web

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one certificate, with its key."""

    certificate: Path
    key: Path

    @property
    def both(self) -> Path:
        """Return a file that holds both, as a client's certificate does."""
        path = self.certificate.with_suffix(".both")
        path.write_text(self.certificate.read_text() + self.key.read_text())
        return path


def authority(directory: Path, name: str) -> Authority:
    key, certificate = directory / f"{name}.key", directory / f"{name}.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", str(key)]
    subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
    return Authority(certificate, key)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    """The server's, and another."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    directory = tmp_path_factory.mktemp("authorities")
    return authority(directory, "ours"), authority(directory, "other")


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in CERTIFICATES:
        monkeypatch.delenv(name, raising=False)
    session._system_context.cache_clear()
    yield
    session._system_context.cache_clear()


@pytest.fixture
def secure(authorities: tuple[Authority, Authority]) -> Iterator[IndexServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities[0].certificate, authorities[0].key)
    with _speaking_tls(context) as index:
        yield index


def _speaking_tls(context: ssl.SSLContext) -> IndexServer:
    index = IndexServer()
    index._server.socket = context.wrap_socket(index._server.socket, server_side=True)
    return index


def is_reached(index: IndexServer, connection: Connection) -> bool:
    web = Web(connection, agent="wheelwell/test")
    try:
        assert web.page(f"https://{index.host}/simple/a/", accept="text/html") is None
    except FetchError as error:
        assert "certificate is not trusted" in error.reason or "secure" in error.reason  # noqa: PT017
        return False
    return True


def as_pip_says(tmp_path: Path, **environ: object) -> Connection:
    told = {name: str(value) for name, value in environ.items()}
    told["PIP_CONFIG_FILE"] = "/dev/null"
    return load({"cache-dir": "/x"}, environ=told, directory=str(tmp_path)).connection


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("variable", CERTIFICATES)
def test_every_variable_that_pip_heeds_names_an_authority(
    secure: IndexServer,
    authorities: tuple[Authority, Authority],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
) -> None:
    assert not is_reached(secure, Connection())
    for each, expected in zip(authorities, (True, False), strict=True):
        named = each.certificate
        if variable == "SSL_CERT_DIR":
            named = tmp_path / each.certificate.stem
            named.mkdir()
            shutil.copy(each.certificate, named)
            subprocess.run(["openssl", "rehash", named], check=True, capture_output=True)
        monkeypatch.setenv(variable, str(named))
        session._system_context.cache_clear()
        pip = {variable: named} if variable.startswith("PIP_") else {}
        assert is_reached(secure, as_pip_says(tmp_path, **pip)) is expected


@pytest.mark.usefixtures("_no_pauses")
def test_what_is_named_stands_in_for_what_the_system_trusts(
    secure: IndexServer, authorities: tuple[Authority, Authority], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = authorities
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
    assert is_reached(secure, Connection())
    assert not is_reached(secure, Connection(certificates=str(other.certificate)))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.certificate))
    assert not is_reached(secure, Connection())
    assert is_reached(secure, Connection(certificates=str(ours.certificate)))


def test_trusted_host_is_trusted_with_credentials_in_its_url_and_no_other_is(
    secure: IndexServer, authorities: tuple[Authority, Authority]
) -> None:
    web = Web(Connection(trusted_hosts=("127.0.0.1",)), agent="wheelwell/test")
    url = f"https://a:b@{secure.host}/simple/a/"
    assert web.page(url, accept="text/html") is None
    assert not session.is_trusted(
        "https://127.0.0.1.example/", Connection(trusted_hosts=("127.0.0.1",))
    )


@pytest.mark.usefixtures("_no_pauses")
def test_host_is_trusted_without_the_others_being_so(
    secure: IndexServer, authorities: tuple[Authority, Authority]
) -> None:
    with _speaking_tls(_server_context(authorities[0])) as other:
        connection = Connection(trusted_hosts=(other.host,))
        assert is_reached(other, connection)
        assert not is_reached(secure, connection)
        assert is_reached(other, connection)


def _server_context(ours: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours.certificate, ours.key)
    return context


@pytest.mark.usefixtures("_no_pauses")
def test_clients_certificate_of_pips_settings_is_shown(
    authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    ours, client = authorities
    context = _server_context(ours)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 refuses only once something is read
    with _speaking_tls(context) as index:
        assert is_reached(
            index, as_pip_says(tmp_path, PIP_CERT=ours.certificate, PIP_CLIENT_CERT=client.both)
        )
        assert not is_reached(index, as_pip_says(tmp_path, PIP_CERT=ours.certificate))


def test_answers_of_a_secure_server_are_waited_for_in_turns_too(
    secure: IndexServer, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    body = bytes(range(256)) * 4096
    secure.answer("/files/a.tar.gz", status=200, body=body)
    web = Web(Connection(certificates=str(authorities[0].certificate)), agent="wheelwell/test")
    fetched = web.download(f"https://{secure.host}/files/a.tar.gz", tmp_path, hashes=())
    assert fetched.path is not None
    assert fetched.path.read_bytes() == body
