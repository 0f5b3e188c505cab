"""Fetching: pages and files over HTTP, or from this machine, with errors that say what to try."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from wheelwell.digest import Sha256
from wheelwell.errors import Cancelled, FetchError
from wheelwell.indexes import Connection
from wheelwell.sources.hashing import Hashers
from wheelwell.sources.pace import PacedAdapter
from wheelwell.urls import is_readable, without_credentials

_CHUNK = 1 << 18
_RETRIES = 4
_WORTH_RETRYING = (429, 500, 502, 503, 504)
_TELL_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a page, and what it is."""

    body: bytes
    content_type: str
    url: str = field(repr=False)
    """Where it was in the end, after redirects."""


class Web:
    """Fetches over HTTP and from `file:` URLs. Threads may share it."""

    def __init__(self, connection: Connection, *, agent: str) -> None:
        self._connection = connection
        self._session = _session(connection, agent)

    def page(self, url: str, *, accept: str) -> Page | None:
        """Return a page, or None where there is none (404 and 410). Raises `FetchError`."""
        if url.startswith("file:"):
            return _local_page(url)
        with self._get(url, {"Accept": accept, "Cache-Control": "max-age=0"}) as response:
            if response.status_code in {404, 410}:
                return None
            _check_status(response, url)
            with _translated(url, self._connection.timeout):
                body = response.content
            return Page(body, response.headers.get("Content-Type", ""), response.url)

    def download(
        self,
        url: str,
        target: Path,
        *,
        hashes: Sequence[str],
        advanced: Callable[[int, int | None], None],
        is_cancelled: Callable[[], bool],
    ) -> Sha256:
        """Write the file at `url` to `target`, and return its SHA-256.

        Raises `HashMismatch` where it has none of `hashes` (none given, none asked), `FetchError`,
        `Cancelled`, and `OSError` where `target` cannot be written.
        """
        hashers = Hashers(hashes)
        done, told = 0, 0.0
        with self._chunks(url) as (chunks, total), target.open("xb") as file:
            for chunk in chunks:
                if is_cancelled():
                    raise Cancelled(f"cancelled while {target.name} was downloaded")
                file.write(chunk)
                hashers.update(chunk)
                done += len(chunk)
                if time.monotonic() - told > _TELL_EVERY:
                    advanced(done, total)
                    told = time.monotonic()
        hashers.check(target.name)
        return hashers.sha256()

    @contextlib.contextmanager
    def _chunks(self, url: str) -> Iterator[tuple[Iterator[bytes], int | None]]:
        if url.startswith("file:"):
            with _opened(local_path(url)) as file:
                size = os.fstat(file.fileno()).st_size
                yield iter(lambda: file.read(_CHUNK), b""), size
            return
        # Some servers announce a .tar.gz as gzip-encoded: its bytes are wanted as they are stored.
        with self._get(url, {"Accept-Encoding": "identity"}) as response:
            _check_status(response, url)
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
            yield self._stream(response, url), total

    def _stream(self, response: requests.Response, url: str) -> Iterator[bytes]:
        with _translated(url, self._connection.timeout):
            yield from response.raw.stream(_CHUNK, decode_content=False)

    def _get(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        connection = self._connection
        kinds = ("http", "https") if connection.proxy else ()
        with _translated(url, connection.timeout):
            return self._session.get(
                url,
                headers=headers,
                timeout=connection.timeout,
                stream=True,
                # With the call, because the environment's would win over the session's.
                verify=False if _is_trusted(url, connection) else connection.certificates or None,
                proxies=dict.fromkeys(kinds, connection.proxy),
            )


def filename_of(url: str) -> str:
    """Return the file name that a URL ends with. Raises `FetchError` where it has none."""
    name = unquote(urlsplit(url).path.rpartition("/")[2]) if is_readable(url) else ""
    if not name or name in {".", ".."} or "/" in name or "\0" in name:
        raise FetchError(without_credentials(url), "it does not end with a file's name")
    return name


def local_path(url: str) -> Path:
    """Return the path that a `file:` URL names."""
    return Path(unquote(urlsplit(url).path))


def _session(connection: Connection, agent: str) -> requests.Session:
    session = requests.Session()
    retry = urllib3.Retry(
        total=_RETRIES,
        backoff_factor=0.25,
        status_forcelist=_WORTH_RETRYING,
        raise_on_status=False,
        allowed_methods=("GET",),
    )
    adapter = PacedAdapter(max_retries=retry)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = agent
    if connection.trusted_hosts:  # that a certificate is not checked is what the user asked for
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if connection.client_certificate:
        session.cert = connection.client_certificate
    return session


def _is_trusted(url: str, connection: Connection) -> bool:
    host = urlsplit(url).netloc.rpartition("@")[2]
    return not {host, host.rpartition(":")[0]}.isdisjoint(connection.trusted_hosts)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FetchError(str(path), "it is not there") from error
    except OSError as error:
        raise FetchError(str(path), error.strerror or "it cannot be read") from error


def _local_page(url: str) -> Page | None:
    index = local_path(url)
    try:
        if index.is_dir():
            index /= "index.html"
        return Page(index.read_bytes(), "text/html", index.as_uri())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FetchError(str(index), error.strerror or "it cannot be read") from error


def _check_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status < 400:
        return
    hint = ""
    if status in {401, 403, 407}:
        hint = "the server wants other credentials: put them into the URL, or into ~/.netrc"
    elif status in _WORTH_RETRYING:
        hint = f"it was asked {_RETRIES + 1} times; try again later"
    raise FetchError(
        without_credentials(url), f"the server answered {status}", status=status, hint=hint
    )


@contextlib.contextmanager
def _translated(url: str, timeout: float) -> Iterator[None]:
    """Turn the client's exceptions into ours. Their texts may hold credentials: none is shown."""
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        reason, hint = _explain(error, timeout)
        raise FetchError(without_credentials(url), reason, hint=hint) from None


def _explain(error: Exception, timeout: float) -> tuple[str, str]:
    causes = " ".join(type(each).__name__ for each in _chain(error))
    if "Cert" in causes:
        return "its certificate is not trusted", "PIP_CERT or REQUESTS_CA_BUNDLE can name it"
    if "SSL" in causes:
        return "no secure connection", "is it a server for https?"
    if "Timeout" in causes:
        slow = "TooSlow" in causes
        why = "the server sends too slowly" if slow else f"no answer within {timeout:g} s"
        return why, "is the server up, and is there a proxy to use?"
    if "IncompleteRead" in causes or "ProtocolError" in causes:
        return "the connection broke off before the end", "try again"
    if "NameResolution" in causes or "gaierror" in causes:
        return "the host's name is not known", "is there a network? --offline asks for none"
    if "NewConnection" in causes or "ConnectionError" in causes:
        return "no connection", "is the server up, and is there a proxy to use?"
    for name, why in _OF_ANSWERS.items():
        if name in causes:
            return why, ""
    if type(error) is OSError:  # of a file of certificates: the client's own have classes
        return str(error), ""
    return f"it is no URL that can be fetched ({type(error).__name__})", ""


_OF_ANSWERS = {
    "TooManyRedirects": "the server redirects in a circle",
    "DecodeError": "its content is not encoded as its head says",
}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk the causes of an exception, the client's own nesting included."""
    seen: set[int] = set()
    pending: list[Any] = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
