"""Ages: when files were uploaded, and what of a project was there before an instant. Values only.

The age of a file is what an index tells (PEP 700), of this file or of another with the same bytes:
a copy on this machine is as old as its original. It is never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_version

from wheelwell.errors import UnknownAge
from wheelwell.instants import instant
from wheelwell.sources.index import IndexFile
from wheelwell.sources.select import candidates
from wheelwell.urls import without_credentials


def uploads(files: Iterable[IndexFile]) -> dict[str, str]:
    """Return when each content was uploaded first, by its SHA-256, as far as that is told."""
    found: dict[str, str] = {}
    for file in files:
        told, sha256 = instant(file.upload_time), file.hashes.get("sha256", "")
        if told and sha256:
            found[sha256] = min(told, found.get(sha256, told))
    return found


def before(files: Sequence[IndexFile], as_of: str) -> list[IndexFile]:
    """Return those files that were uploaded before the instant `as_of`.

    Raises `UnknownAge` where that is not known of one: with it the answer might be another.
    """
    known = uploads(files)
    ages = [instant(f.upload_time) or known.get(f.hashes.get("sha256", ""), "") for f in files]
    ageless = [file for file, told in zip(files, ages, strict=True) if not told]
    if ageless:
        raise _unknown(ageless)
    return [file for file, told in zip(files, ages, strict=True) if told < as_of]


def is_newer(files: Sequence[IndexFile], *, name: str, version: str, than: str) -> bool:
    """Say whether a version is known to be newer than an instant; an empty one is any version."""
    found = candidates(files, name=name, rank=lambda _: 0)
    exact = canonicalize_version(version)
    wanted = [f.file for f in found if not version or canonicalize_version(f.version) == exact]
    told = [instant(file.upload_time) for file in wanted]
    first = max(told, default="") if not version else min(told, default="")
    return bool(first) and first > than


def page(project: str, files: Iterable[IndexFile]) -> bytes:
    """Return an index's page of a project in JSON (PEP 691)."""
    told = [_told(file) for file in files]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": told}).encode()


def _told(file: IndexFile) -> Mapping[str, Any]:
    found: dict[str, Any] = {"filename": file.filename, "url": file.url, "hashes": {**file.hashes}}
    if file.requires_python:
        found["requires-python"] = file.requires_python
    if file.yanked is not None:
        found["yanked"] = file.yanked or True
    if file.metadata is not None:
        # Both names: the older one is the one that older installers look for (PEP 714).
        found["core-metadata"] = found["dist-info-metadata"] = {**file.metadata} or True
    if file.size is not None:
        found["size"] = file.size
    if instant(file.upload_time):
        found["upload-time"] = file.upload_time
    return found


def _unknown(ageless: Sequence[IndexFile]) -> UnknownAge:
    first, *others = ageless
    more = f" and {len(others)} more" if others else ""
    return UnknownAge(
        f"{first.filename}{more} at {without_credentials(first.url).rpartition('/')[0]}: "
        "no index tells when it was uploaded",
        hint="--build-index-url URL asks one index alone, which must tell it (PEP 700)",
    )
