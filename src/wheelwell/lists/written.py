"""Requests written as a requirements file, for a resolver to read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wheelwell.request import Request


def written(requests: Iterable[Request]) -> str:
    """Return requests as the text of a requirements file, credentials included."""
    return "".join(f"{_line(request)}\n" for request in requests)


def _line(request: Request) -> str:
    hashes = "".join(f" --hash={each}" for each in request.hashes)
    if not request.path and not request.url:
        return f"{request.text}{hashes}"
    extras = f"[{','.join(request.extras)}]" if request.extras else ""
    ending = f"#subdirectory={request.subdirectory}" if request.subdirectory else ""
    marker = f" ; {request.marker}" if request.marker else ""
    if not request.path:
        place = f"git+{request.url}{f'@{request.ref}' if request.ref else ''}"
        place = place if request.is_git else request.url
    elif request.name or ending:
        place = Path(request.path).as_uri()
    else:
        return f"{request.path}{extras}{marker}{hashes}"
    named = f"{request.name}{extras} @ " if request.name else ""
    return f"{named}{place}{ending}{marker}{hashes}"
