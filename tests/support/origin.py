"""An origin server for tests: resources with validators, ranges, and connections that break."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from support.index import Request


@dataclass(kw_only=True)
class Resource:
    """What a path answers."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Validators among them: `ETag` and `Last-Modified` are compared."""

    ranges: bool = True
    """Whether `Range` is understood."""

    breaks: list[int] = field(default_factory=list)
    """After how many bytes of the body the connection ends, for each of the next answers."""

    partial: Mapping[str, str] | None = None
    """The header fields of partial answers, right or wrong; None for the right ones."""

    most: int | None = None
    """How many bytes a partial answer gives at most."""

    status: int = 200
    credentials: str = ""
    """What `Authorization` must be; empty for nothing."""


class Origin:
    """A server at ``url``, from ``with`` until the end of it."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[Request] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.origin = self  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Where it is; no slash at the end."""
        return f"http://{self.host}"

    def put(self, path: str, body: bytes, **settings: object) -> str:
        """Offer something at a path; return its URL."""
        self.resources[path] = Resource(body=body, **settings)  # type: ignore[arg-type]
        return f"{self.url}{path}"

    def asked(self) -> list[str | None]:
        """Return what was asked for so far: the conditions of each request, as one text."""
        names = ("If-None-Match", "If-Modified-Since", "Range", "If-Range")
        told = [[f"{n}: {r.headers[n]}" for n in names if r.headers[n]] for r in self.requests]
        return ["; ".join(each) for each in told]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        origin: Origin = self.server.origin  # type: ignore[attr-defined]
        origin.requests.append(Request(self.command, self.path, self.headers))
        resource = origin.resources.get(self.path) or origin.resources.get(
            urlsplit(self.path).path, Resource(body=b"", status=404)
        )
        if resource.credentials and self.headers["Authorization"] != resource.credentials:
            self._send(401, {"WWW-Authenticate": 'Basic realm="origin"'}, b"")
        elif resource.status != 200:
            self._send(resource.status, resource.headers, resource.body)
        elif _is_same(resource.headers, self.headers):
            self._send(304, resource.headers, b"")
        else:
            self._send_body(resource)

    def _send_body(self, resource: Resource) -> None:
        wanted = self.headers["Range"]
        condition = self.headers["If-Range"]
        validators = {resource.headers.get("ETag"), resource.headers.get("Last-Modified")}
        end = resource.breaks.pop(0) if resource.breaks else None
        if not resource.ranges or not wanted or (condition and condition not in validators):
            self._send(200, resource.headers, resource.body, end=end)
            return
        start, size = int(wanted.removeprefix("bytes=").rstrip("-")), len(resource.body)
        if start >= size:
            self._send(416, {"Content-Range": f"bytes */{size}"}, b"")
            return
        part = resource.body[start:][: resource.most]
        span = f"bytes {start}-{start + len(part) - 1}/{size}"
        told = resource.partial or {**resource.headers, "Content-Range": span}
        self._send(206, told, part, end=end)

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes, *, end: int | None = None
    ) -> None:
        self.send_response_only(status)
        if "Date" not in headers:
            self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:end])
        self.wfile.flush()
        if end is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the origin keeps its requests."""


def _is_same(ours: Mapping[str, str], asked: Message) -> bool:
    """Say whether a client's conditions hold (RFC 9110, 13.2.2)."""
    if asked["If-None-Match"]:
        return asked["If-None-Match"] == ours.get("ETag")
    since = asked["If-Modified-Since"]
    return since is not None and since == ours.get("Last-Modified")
