"""What lines say of projects beside their versions, kept while a list is resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wheelwell.request import Request


def kept(resolved: Iterable[Request], asked: Iterable[Request]) -> list[Request]:
    """Return what a resolver made of requests, with the hashes and config settings of those."""
    hashes: dict[str, tuple[str, ...]] = {}
    config: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for request in asked:
        for name in filter(None, (request.name, request.path, request.url)):
            hashes[name] = (*hashes.get(name, ()), *request.hashes)
            config[name] = (*config.get(name, ()), *request.config)
    return [_with(request, hashes, config) for request in resolved]


def _with(
    request: Request,
    hashes: dict[str, tuple[str, ...]],
    config: dict[str, tuple[tuple[str, tuple[str, ...]], ...]],
) -> Request:
    names = [each for each in (request.name, request.path, request.url) if each in config]
    if not names:
        return request
    promised = tuple(dict.fromkeys(hashes[names[0]])) or request.hashes
    return replace(request, hashes=promised, config=config[names[0]])
