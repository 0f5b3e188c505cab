"""A package index for tests: a real HTTP server on loopback (PEP 503, 691, 700, 592, 658)."""

from __future__ import annotations

import base64
import hashlib
import html
import http.server
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

HTML = "text/html"
HTML_V1 = "application/vnd.pypi.simple.v1+html"
JSON_V1 = "application/vnd.pypi.simple.v1+json"
JSON_LATEST = "application/vnd.pypi.simple.latest+json"


class Request(NamedTuple):
    """What a client asked."""

    method: str
    path: str
    headers: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file that the index offers, with what its page says of it."""

    name: str
    content: bytes
    project: str
    """The normalized name."""
    version: str
    yanked: str | None = None
    """The reason, which may be empty; None for a file that is not yanked."""
    requires_python: str | None = None
    hashes: bool = True
    size: bool = True
    upload_time: str | None = None
    """ISO 8601, in UTC, ending in ``Z``."""
    metadata: bytes | None = None
    """What ``<file>.metadata`` answers (PEP 658); None where there is no such thing."""

    @property
    def sha256(self) -> str:
        """The hash of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def href(self) -> str:
        """Where the file is, from a project's page."""
        return f"../../files/{quote(self.name)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer, before it goes out."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(kw_only=True, slots=True)
class _Answer:
    """What a path is told to answer; None leaves the index's own answer as it is."""

    status: int | None
    headers: Mapping[str, str]
    body: bytes | None
    times: int | None
    delay: float
    until: threading.Event | None
    truncated: bool


class IndexServer:
    """An index at ``url``, from ``with`` until the end of it."""

    def __init__(
        self,
        *,
        html_only: bool = False,
        json_only: bool = False,
        credentials: tuple[str, str] | None = None,
        cache_control: str | None = None,
    ) -> None:
        self.html_only = html_only
        self.json_only = json_only
        self.credentials = credentials
        self.cache_control = cache_control
        self.requests: list[Request] = []
        self._files: dict[str, File] = {}
        self._answers: dict[str, _Answer] = {}
        self._lock = threading.Lock()
        self._server = _Server(self)

    def __enter__(self) -> Self:
        # Polling often makes the end of every test quick.
        serve = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering, on open connections too; stopping twice is fine."""
        self._server.stop()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The index's URL, with no credentials in it."""
        return f"http://{self.host}/simple/"

    @property
    def url_with_credentials(self) -> str:
        """The index's URL as users write it into their settings."""
        user, password = self.credentials or ("", "")
        return f"http://{quote(user, safe='')}:{quote(password, safe='')}@{self.host}/simple/"

    def file_url(self, name: str) -> str:
        """Return the URL of a file."""
        return f"http://{self.host}/files/{quote(name)}"

    def add(
        self,
        path: Path,
        *,
        yanked: str | None = None,
        requires_python: str | None = None,
        hashes: bool = True,
        size: bool = True,
        upload_time: str | None = None,
        metadata: bytes | None = None,
    ) -> File:
        """Offer a wheel or an sdist; one of the same name takes the other's place."""
        project, version = _identity(path.name)
        added = File(
            name=path.name,
            content=path.read_bytes(),
            project=project,
            version=version,
            yanked=yanked,
            requires_python=requires_python,
            hashes=hashes,
            size=size,
            upload_time=upload_time,
            metadata=metadata,
        )
        with self._lock:
            self._files[added.name] = added
        return added

    def remove(self, name: str) -> None:
        """Offer a file no longer."""
        with self._lock:
            del self._files[name]

    def answer(
        self,
        path: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        times: int | None = None,
        delay: float = 0,
        until: threading.Event | None = None,
        truncated: bool = False,
    ) -> None:
        """Change how a path is answered: always, or so many times.

        What is not given stays as it would be, so that ``delay`` (seconds), ``until``
        (an event to wait for) and ``truncated`` (half of the body, and the connection
        closed) also work on the true answer.
        """
        with self._lock:
            self._answers[path] = _Answer(
                status=status,
                headers=headers or {},
                body=body,
                times=times,
                delay=delay,
                until=until,
                truncated=truncated,
            )

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(request.path == path for request in self.requests)

    # What follows runs in the server's threads.

    def _respond(self, request: Request) -> tuple[Response, bool]:
        """Return the answer, and whether its body breaks off."""
        with self._lock:
            self.requests.append(request)
            told = self._take_answer(request.path)
            response = self._conditional(request, self._route(request))
        if told is None:
            return response, False
        if told.until is not None:
            told.until.wait()
        time.sleep(told.delay)
        return _override(response, told), told.truncated

    def _take_answer(self, path: str) -> _Answer | None:
        told = self._answers.get(path)
        if told is None or told.times is None:
            return told
        told.times -= 1
        if told.times <= 0:
            del self._answers[path]
        return told

    def _route(self, request: Request) -> Response:
        path = unquote(urlsplit(request.path).path)
        if not self._is_allowed(request):
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="index"'})
        if path.startswith("/files/"):
            return self._file(path.removeprefix("/files/"))
        if path.startswith("/simple/"):
            return self._page(path.removeprefix("/simple/"), request.headers)
        return Response(status=404)

    def _is_allowed(self, request: Request) -> bool:
        if self.credentials is None:
            return True
        token = base64.b64encode(":".join(self.credentials).encode()).decode()
        return request.headers.get("Authorization") == f"Basic {token}"

    def _file(self, name: str) -> Response:
        found = self._files.get(name)
        if found is not None:
            return Response(
                headers={"Content-Type": "application/octet-stream"}, body=found.content
            )
        described = self._files.get(name.removesuffix(".metadata"))
        if described is not None and described.metadata is not None:
            return Response(body=described.metadata)
        return Response(status=404)

    def _page(self, rest: str, headers: Message) -> Response:
        kind = _negotiate(
            ", ".join(headers.get_all("Accept", [])),
            html_only=self.html_only,
            json_only=self.json_only,
        )
        if kind is None:
            return Response(status=406)
        if rest == "":
            names = sorted({offered.project for offered in self._files.values()})
            return self._typed(kind, _project_list(names, kind))
        project = rest.rstrip("/")
        if rest != f"{canonicalize_name(project)}/":
            return Response(
                status=301, headers={"Location": f"/simple/{canonicalize_name(project)}/"}
            )
        files = [offered for offered in self._files.values() if offered.project == project]
        if not files:
            return Response(status=404)
        return self._typed(kind, _project_page(project, files, kind))

    def _typed(self, kind: str, text: str) -> Response:
        body = text.encode()
        headers = {
            "Content-Type": kind,
            "Vary": "Accept",
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        }
        if self.cache_control is not None:
            headers["Cache-Control"] = self.cache_control
        return Response(headers=headers, body=body)

    def _conditional(self, request: Request, response: Response) -> Response:
        """Answer 304 where the client has this very page."""
        etag = response.headers.get("ETag")
        if etag is None or request.headers.get("If-None-Match") != etag:
            return response
        return Response(status=304, headers=response.headers)


def _identity(filename: str) -> tuple[str, str]:
    """Return the normalized name and the version that a file name states."""
    if filename.endswith(".whl"):
        name, version, _, _ = parse_wheel_filename(filename)
    else:
        name, version = parse_sdist_filename(filename)
    return name, str(version)


def _override(response: Response, told: _Answer) -> Response:
    replaced = told.status is not None
    body = b"" if replaced else response.body
    return Response(
        status=response.status if told.status is None else told.status,
        headers={**({} if replaced else response.headers), **told.headers},
        body=body if told.body is None else told.body,
    )


# Pages.


def _negotiate(accept: str, *, html_only: bool, json_only: bool) -> str | None:
    """Return the content type to answer with, or None where the client takes none."""
    if html_only:
        return HTML
    wishes = _qualities(accept or "*/*")
    wanted_json = max(wishes.get(JSON_V1, 0.0), wishes.get(JSON_LATEST, 0.0))
    if json_only:
        return JSON_V1 if wanted_json or "*/*" in wishes else None
    offers = [
        (wanted_json, JSON_V1),
        (wishes.get(HTML_V1, 0.0), HTML_V1),
        (wishes.get(HTML, wishes.get("*/*", 0.0)), HTML),
    ]
    quality, kind = max(offers, key=lambda offer: offer[0])
    return kind if quality else None


def _qualities(accept: str) -> dict[str, float]:
    qualities = {}
    for wish in accept.split(","):
        kind, *parameters = (part.strip() for part in wish.split(";"))
        given = [p.removeprefix("q=") for p in parameters if p.startswith("q=")]
        qualities[kind] = float(given[0]) if given else 1.0
    return qualities


def _project_list(names: list[str], kind: str) -> str:
    if kind == JSON_V1:
        projects = [{"name": name} for name in names]
        return json.dumps({"meta": {"api-version": "1.1"}, "projects": projects})
    return _html([f'<a href="{name}/">{name}</a><br>' for name in names])


def _project_page(project: str, files: list[File], kind: str) -> str:
    if kind != JSON_V1:
        return _html([_anchor(offered) for offered in files])
    page = {
        "meta": {"api-version": "1.1"},
        "name": project,
        "versions": sorted({offered.version for offered in files}),
        "files": [_json_file(offered) for offered in files],
    }
    return json.dumps(page)


def _html(lines: list[str]) -> str:
    head = '<meta name="pypi:repository-version" content="1.1">'
    return "\n".join(
        ["<!DOCTYPE html>", f"<html><head>{head}</head><body>", *lines, "</body></html>"]
    )


def _anchor(offered: File) -> str:
    attributes = {"href": offered.href + (f"#sha256={offered.sha256}" if offered.hashes else "")}
    if offered.requires_python is not None:
        attributes["data-requires-python"] = offered.requires_python
    if offered.yanked is not None:
        attributes["data-yanked"] = offered.yanked
    if offered.upload_time is not None:
        attributes["data-upload-time"] = offered.upload_time
    if offered.metadata is not None:
        attributes["data-core-metadata"] = f"sha256={_sha256(offered.metadata)}"
    written = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{html.escape(offered.name)}</a><br>"


def _json_file(offered: File) -> dict[str, object]:
    told: dict[str, object] = {
        "filename": offered.name,
        "url": offered.href,
        "hashes": {"sha256": offered.sha256} if offered.hashes else {},
    }
    if offered.requires_python is not None:
        told["requires-python"] = offered.requires_python
    if offered.yanked is not None:
        # PEP 691: a reason that is empty is spelled true.
        told["yanked"] = offered.yanked or True
    if offered.size:
        told["size"] = len(offered.content)
    if offered.upload_time is not None:
        told["upload-time"] = offered.upload_time
    if offered.metadata is not None:
        told["core-metadata"] = {"sha256": _sha256(offered.metadata)}
    return told


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# HTTP.


class _Handler(http.server.BaseHTTPRequestHandler):
    """Sends what the index answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and body in one packet

    def do_GET(self) -> None:
        request = Request(self.command, self.path, self.headers)
        assert isinstance(self.server, _Server)
        response, truncated = self.server.index._respond(request)
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if truncated:
            self.close_connection = True
        if self.command != "HEAD":
            end = len(response.body) // 2 if truncated else None
            self.wfile.write(response.body[:end])

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the index keeps its requests."""


class _Server(http.server.ThreadingHTTPServer):
    """A threading server that can also close the connections that clients keep."""

    def __init__(self, index: IndexServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self._connections: set[socket.socket] = set()
        self._stopped = False

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it closed by itself

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""
