"""pip's own cache: wheels where plain `pip install` takes them for wheels that it has built."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from wheelwell.errors import ExportError
from wheelwell.export.copying import copy, write
from wheelwell.export.item import Exported, Item, exported
from wheelwell.export.pip import CONFUSED, Pip, cleaned, directory_of
from wheelwell.export.taken import Taken
from wheelwell.fit import tags_of
from wheelwell.interpreter import Interpreter
from wheelwell.remote import is_commit
from wheelwell.request import Request
from wheelwell.urls import without_credentials

ORIGIN = "origin.json"
"""Beside a wheel, where its source came from (PEP 610), by which pip checks hashes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """The link to a source as pip has it."""

    url: str
    hashes: Mapping[str, str]
    subdirectory: str = ""


class PipCache:
    """The wheel cache of the pip of one interpreter."""

    def __init__(
        self, directory: str, pip: Pip, interpreter: Interpreter, *, is_forced: bool = False
    ) -> None:
        """`directory` is what pip will be given as `--cache-dir`; empty for what it has itself."""
        self._directory = os.path.abspath(directory or pip.cache)
        self._pip = pip
        self._interpreter = interpreter
        self._is_forced = is_forced
        self._taken = Taken()

    def put(self, item: Item) -> Exported:
        """Copy a wheel to where pip looks for what it built of its source."""
        self._check_python(item)
        link = link_of(item)
        if link.hashes and link.subdirectory and CONFUSED[0] <= self._pip.version <= CONFUSED[1]:
            raise ExportError(
                f"pip {'.'.join(map(str, self._pip.version))} keeps no wheel of a subdirectory of "
                "an archive with a hash in a way that is known",
                hint="a newer pip does; or leave the hash away",
            )
        below = directory_of(
            link.url, self._interpreter, hashes=link.hashes, subdirectory=link.subdirectory
        )
        place = f"{self._directory}/{below}"
        path = f"{place}/{item.record.filename}"
        self._taken.take(place, item)  # pip takes any wheel that is there
        os.makedirs(place, exist_ok=True)
        try:
            sha256 = item.record.sha256
            is_new = copy(item.wheel, path, sha256=sha256, is_forced=self._is_forced)
            if origin := _origin(item, link):
                write(f"{place}/{ORIGIN}", origin)
        except BaseException:
            self._taken.give_back(place, item)
            raise
        return exported(item, path, is_new=is_new)

    def finish(self) -> None:
        """Do nothing: every wheel is complete in itself."""

    def abandon(self) -> None:
        """Do nothing: what is there is whole."""

    def _check_python(self, item: Item) -> None:
        python = self._interpreter
        is_asked = item.request is not None or item.record.inputs["interpreter"] == python.inputs()
        if not is_asked or not tags_of(item.record.filename) & {*python.tags}:
            raise ExportError(
                f"{item.record.filename} was not built for Python {python.version}, whose pip "
                "is meant",
                hint="--python names the Python whose pip is meant",
            )


def link_of(item: Item) -> Link:
    """Return the link by which pip knows the source of an entry. Raises `ExportError`."""
    source, request = item.record.inputs["source"], item.request
    if request is not None and request.url:
        return _asked(item, request)
    url = item.origin or item.record.observed.origin
    if (
        source["kind"] == "archive"
        and not source["subdirectory"]
        and url.startswith(("https:", "http:"))
    ):
        return Link(url=cleaned(url), hashes={"sha256": source["sha256"]})
    raise ExportError(
        f"{item.name} {item.version} comes from {url or 'nowhere that is known'}, and pip keeps "
        "wheels safely only of what is at an http: or https: URL",
        hint="--to dir makes a directory that pip takes (--find-links)",
    )


def _asked(item: Item, request: Request) -> Link:
    """Return the link in a request that has a URL."""
    if not request.is_git:
        hashes = dict(each.split(":", 1) for each in request.hashes)
        return Link(url=request.url, hashes=hashes, subdirectory=request.subdirectory)
    if not is_commit(request.ref):
        raise ExportError(
            f"{request.text} names no full commit: pip keeps no wheel of what may change",
            hint=f"ask for it with @{item.record.inputs['source']['commit']}",
        )
    if request.url.startswith("file:"):
        raise ExportError(
            f"{request.text} is a repository on this machine, and where pip keeps wheels of such "
            "depends on its Python",
            hint="--to dir makes a directory that pip takes (--find-links)",
        )
    return Link(
        url=f"git+{request.url}@{request.ref}", hashes={}, subdirectory=request.subdirectory
    )


def _origin(item: Item, link: Link) -> bytes:
    """Return what stands in `origin.json`; of a commit pip finds out itself."""
    source = item.record.inputs["source"]
    if source["kind"] != "archive":
        return b""
    sha256 = source["sha256"]
    info = {"hash": f"sha256={sha256}", "hashes": {"sha256": sha256}}
    told: dict[str, object] = {"archive_info": info, "url": without_credentials(link.url)}
    if link.subdirectory:
        told["subdirectory"] = link.subdirectory
    return json.dumps(told, sort_keys=True).encode()
