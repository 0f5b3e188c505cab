"""Pages of a static index, as text: PEP 503 in HTML, PEP 691 and 700 in JSON, PEP 658 and 714."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from packaging.version import Version

from wheelwell.digest import Sha256, is_sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A wheel as a project's page lists it."""

    filename: str
    version: str
    """Canonical (PEP 440)."""

    sha256: Sha256
    metadata: Sha256
    """The SHA-256 of the file with its metadata."""

    requires_python: str
    """As its metadata says it; empty for nothing."""

    size: int
    """In bytes."""

    uploaded: str
    """When it was built, as PEP 700 writes instants; empty where that is not known."""

    def to_json(self) -> dict[str, Any]:
        """Return the file's object in the project's page."""
        told: dict[str, Any] = {
            "filename": self.filename,
            "url": quote(self.filename),
            "hashes": {"sha256": self.sha256},
            "size": self.size,
            "core-metadata": {"sha256": self.metadata},
            "dist-info-metadata": {"sha256": self.metadata},
        }
        told |= {"requires-python": self.requires_python} if self.requires_python else {}
        return told | ({"upload-time": self.uploaded} if self.uploaded else {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Listed:
        """Read what `to_json` wrote; raise `KeyError`, `TypeError` or `ValueError` otherwise."""
        filename = str(value["filename"])
        hashes = (value["hashes"]["sha256"], value["core-metadata"]["sha256"])
        if "/" in filename or not filename.endswith(".whl") or not all(map(is_sha256, hashes)):
            raise ValueError(f"no wheel: {filename!r}")
        return cls(
            filename=filename,
            version=str(Version(filename.split("-")[1])),
            sha256=Sha256(hashes[0]),
            metadata=Sha256(hashes[1]),
            requires_python=str(value.get("requires-python", "")),
            size=int(value["size"]),
            uploaded=str(value.get("upload-time", "")),
        )


def project_json(project: str, files: Iterable[Listed]) -> str:
    """Return a project's page in JSON (PEP 691, 700)."""
    listed = _sorted(files)
    versions = sorted({each.version for each in listed}, key=Version)
    return _json(
        {"name": project, "versions": versions, "files": [each.to_json() for each in listed]}
    )


def project_html(project: str, files: Iterable[Listed]) -> str:
    """Return a project's page in HTML (PEP 503)."""
    return _html(f"Links for {project}", [_anchor(each) for each in _sorted(files)])


def root_json(projects: Iterable[str]) -> str:
    """Return the page of all projects in JSON."""
    return _json({"projects": [{"name": name} for name in sorted(projects)]})


def root_html(projects: Iterable[str]) -> str:
    """Return the page of all projects in HTML."""
    return _html("Simple index", [f'<a href="{name}/">{name}</a><br>' for name in sorted(projects)])


def files_of(text: str) -> list[Listed]:
    """Read the files of a project's page in JSON. Raises `ValueError`."""
    try:
        return [Listed.from_json(each) for each in json.loads(text)["files"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a project's page: {error!r}") from error


def _sorted(files: Iterable[Listed]) -> list[Listed]:
    return sorted(files, key=lambda each: (Version(each.version), each.filename))


def _anchor(file: Listed) -> str:
    told = {"href": f"{quote(file.filename)}#sha256={file.sha256}"}
    told |= {"data-requires-python": file.requires_python} if file.requires_python else {}
    # PEP 714 renamed it; pip before 23.2 knows only the old name.
    for name in ("data-core-metadata", "data-dist-info-metadata"):
        told[name] = f"sha256={file.metadata}"
    written = " ".join(f'{name}="{html.escape(value)}"' for name, value in told.items())
    return f"<a {written}>{html.escape(file.filename)}</a><br>"


def _html(title: str, lines: list[str]) -> str:
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html><head><meta charset="utf-8">',
            '<meta name="pypi:repository-version" content="1.1">',
            f"<title>{html.escape(title)}</title></head><body>",
            *lines,
            "</body></html>\n",
        )
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps({"meta": {"api-version": "1.1"}, **value}, indent=1) + "\n"
