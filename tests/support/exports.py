"""Exports for tests: entries to export, a plain web server, and installers that take from it."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from support.projects import make_wheel
from support.stored import place_of
from support.values import PURE, record_of
from wheelwell.digest import sha256_chunks, sha256_text
from wheelwell.key import Keyed
from wheelwell.source import Archive
from wheelwell.store.disk import open_store
from wheelwell.store.entry import Entry

JSON = "application/vnd.pypi.simple.v1+json"


def stored(
    cache_dir: Path,
    name: str = "foo",
    version: str = "1.0",
    *,
    content: str = "",
    built_at: str = "2026-11-20T22:00:00+00:00",
    keyed: Keyed = PURE,
    project: dict[str, Any] | None = None,
    degraded: str = "no",
) -> Entry:
    """Store a good, pure wheel; another `content` is another wheel of the same name."""
    source = Archive(sha256=sha256_text(f"{name} {version}"))
    keyed = replace(keyed, name=name, version=version, source=source)
    files = {f"{name}/__init__.py": f"__version__ = {version!r}  # {content}\n".encode()}
    scratch = cache_dir.parent / f"scratch-{os.urandom(4).hex()}"
    wheel = make_wheel(scratch, name, version, files=files, project=project)
    log = scratch / "log"
    log.write_text("built\n")
    record = record_of(
        keyed,
        filename=wheel.name,
        sha256=sha256_chunks([wheel.read_bytes()]),
        native=(),
        degraded=degraded,
        evidence=("error: no compiler",) if degraded == "yes" else (),
    )
    origin = f"https://files.example/{name}-{version}.tar.gz"
    observed = replace(record.observed, built_at=built_at, origin=origin)
    store = open_store(str(cache_dir), warn=print)
    return store.publish(
        place_of(keyed), replace(record, observed=observed), wheel=str(wheel), log=str(log)
    )


def damage(path: str | Path) -> None:
    """Change a byte in the middle of a file; its size and times stay as they were."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(status.st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files; with `has_json`, its pages in JSON to those who take them."""

    def __init__(self, *arguments: Any, asked: list[str], has_json: bool, **more: Any) -> None:
        self._asked, self._has_json = asked, has_json
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        self._asked.append(self.path)
        if self._has_json and self.path.endswith("/") and JSON in self.headers.get("Accept", ""):
            self.path += "index.json"
        super().do_GET()

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return JSON if os.fspath(path).endswith("index.json") else super().guess_type(path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextlib.contextmanager
def served(directory: Path, *, has_json: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Serve a directory on loopback; give its URL, and the paths that are asked for."""
    asked: list[str] = []
    handler = functools.partial(_Handler, directory=str(directory), asked=asked, has_json=has_json)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def pip_install(
    target: Path, *arguments: str | Path, python: str | Path = sys.executable, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `pip install` into a directory of its own."""
    command = [str(python), "-m", "pip", "install", "--target", str(target), *map(str, arguments)]
    return _run(command, {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **environ})


def uv_install(
    target: Path, *arguments: str | Path, cache: Path
) -> subprocess.CompletedProcess[str]:
    """Run `uv pip install` into a directory of its own."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--python", sys.executable, "--target", str(target)]
    return _run([*command, *map(str, arguments)], {"UV_CACHE_DIR": str(cache)})


def _run(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
