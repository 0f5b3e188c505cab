"""A dated index: on loopback, with what the real indexes had before an instant.

pip can filter by date where an index speaks JSON, uv where it tells a date for every file; neither
says what it left out for want of one. An index of ours that leaves out what is too new serves both
alike, whatever the real ones speak, and says which file's age is not known.
"""

from __future__ import annotations

import contextlib
import http.server
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from wheelwell.indexes import Connection
from wheelwell.request import is_name, normalize

_JSON = "application/vnd.pypi.simple.v1+json"

_PATIENCE = "180"
"""How long, in seconds, an installer is to wait for us: a real index may be asked five times."""

_OTHERS = frozenset(
    """
    PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_PROXY
    UV_CONFIG_FILE UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX UV_INDEX_URL
    UV_NO_INDEX UV_OFFLINE UV_TORCH_BACKEND
    """.split()
)
"""Variables by which an installer would look elsewhere too."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class DatedIndex:
    """An index on this machine, for as long as a `with` block lasts.

    `page` gives the JSON of one project (PEP 691), or None where there is none; threads call it.
    Nobody else on the machine can guess where the index is.
    """

    def __init__(self, page: Callable[[str], bytes | None]) -> None:
        self._page = page
        self._token = secrets.token_urlsafe(24)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[str, bytes | None] = {}
        self._problems: list[Exception] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/{self._token}/simple/"

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve for the length of a `with` block."""
        index = self

        class Handler(_Handler):
            def body(self) -> bytes | None:
                return index._answer(self.path)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def check(self) -> None:
        """Raise what went wrong for the first project that did; an installer only sees its lack."""
        if self._problems:
            raise self._problems[0]

    def _answer(self, path: str) -> bytes | None:
        start = f"/{self._token}/simple/"
        name = unquote(path.removeprefix(start).rstrip("/"))
        if not path.startswith(start) or not is_name(name):
            return None
        return self._of(normalize(name))

    def _of(self, name: str) -> bytes | None:
        """Return a project's page, looked up once however often it is asked for."""
        with self._locks[name]:
            if name not in self._known:
                try:
                    self._known[name] = self._page(name)
                except Exception as error:  # noqa: BLE001 - this is the server's thread: see check
                    self._problems.append(error)
                    self._known[name] = None
            return self._known[name]


def dated_variables(
    environ: Mapping[str, str], *, url: str, cache: str, connection: Connection
) -> dict[str, str]:
    """Return the variables of an installer, changed so that it knows no index but the one at `url`.

    Their caches are left aside: they hold wheels that were built with the requirements of today.
    Configuration files too, which name other indexes, and proxies, which cannot reach this one.
    """
    kept = {name: value for name, value in environ.items() if name not in _OTHERS}
    if connection.proxy:
        kept |= dict.fromkeys(_PROXIES, connection.proxy)
    for name, value in _as_pip_has_it(connection).items():
        if value:
            kept.setdefault(name, value)
    direct = ",".join(filter(None, (environ.get("NO_PROXY", environ.get("no_proxy")), "127.0.0.1")))
    return kept | {
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": url,
        "PIP_CACHE_DIR": cache,
        "PIP_DEFAULT_TIMEOUT": _PATIENCE,
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": url,
        "UV_CACHE_DIR": cache,
        "UV_HTTP_TIMEOUT": _PATIENCE,
    }


def _as_pip_has_it(connection: Connection) -> dict[str, str]:
    return {
        "PIP_CERT": connection.certificates,
        "PIP_CLIENT_CERT": connection.client_certificate,
        "PIP_TRUSTED_HOST": " ".join(connection.trusted_hosts),
    }


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD with what is at a path, in JSON."""

    protocol_version = "HTTP/1.1"

    def body(self) -> bytes | None:
        """Return what is at the path that is asked for."""
        raise NotImplementedError

    def do_GET(self) -> None:
        found = self.body()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", _JSON)
        self.send_header("Content-Length", str(len(found or b"")))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(found or b"")

    do_HEAD = do_GET  # noqa: N815 - http.server's own name

    def log_message(self, *args: object) -> None:
        """Say nothing: what went wrong is told by `DatedIndex.check`."""
