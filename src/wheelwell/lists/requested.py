"""What a line of a requirements file asks for: a request, with its hashes and settings."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from wheelwell.errors import InvalidRequest
from wheelwell.lists.beside import is_source
from wheelwell.lists.switches import OF_REQUIREMENTS, Line
from wheelwell.request import ARCHIVE_SUFFIXES, Request, parse_request

_HASH = re.compile(r"(\w+):([0-9A-Fa-f]+)")

_HASHES = ("sha256", "sha384", "sha512")
"""Kinds of hashes that a requirement may promise, as with pip."""


def requested(line: Line, directory: str) -> Request:
    """Return what a line asks for; relative paths are taken from a directory.

    Raises `InvalidRequest`.
    """
    hashes, config = [], dict[str, tuple[str, ...]]()
    for name, value in line.switches:
        if name not in OF_REQUIREMENTS:
            raise InvalidRequest(f"{name} stands on a line of its own")
        if name == "--hash":
            hashes.append(_hash(value))
            continue
        key, equals, setting = value.partition("=")
        if not key or not equals:
            raise InvalidRequest(f"{name} takes NAME=VALUE")
        config[key] = (*config.get(key, ()), setting)
    read_as = _editable if line.is_editable else _asked
    request = read_as(line.requirement, directory, tuple(hashes))
    return replace(request, config=tuple(config.items())) if config else request


def _hash(text: str) -> str:
    promise = _HASH.fullmatch(text)
    if promise is None:
        raise InvalidRequest("--hash is not KIND:DIGITS, in hexadecimal")
    if promise[1] not in _HASHES:
        raise InvalidRequest(
            f"--hash: one of the kind {promise[1]} vouches for nothing",
            hint=f"use one of {', '.join(_HASHES)}",
        )
    return f"{promise[1]}:{promise[2]}"


def _asked(text: str, directory: str, hashes: tuple[str, ...]) -> Request:
    """Read a requirement. A path is the file's directory's, or else the working directory's."""
    request = parse_request(text, directory=directory, hashes=hashes, may_be_wheel=True)
    if request.path and not is_source(request.path):
        other = parse_request(text, directory=os.getcwd(), hashes=hashes, may_be_wheel=True)
        if is_source(other.path):
            return other
    return request


def _editable(text: str, directory: str, hashes: tuple[str, ...]) -> Request:
    """Read what is to be installed in place: its wheel is what is built."""
    request = _asked(text, directory, hashes)
    if not request.path and not request.url:
        request = _asked(f"./{text}", directory, hashes)  # a directory, whatever it is called
    if hashes:
        raise InvalidRequest(f"--hash: {request.text} is editable, and has none")
    is_archive = request.is_wheel or request.path.lower().endswith(ARCHIVE_SUFFIXES)
    if is_archive or (request.url and not request.is_git):
        raise InvalidRequest(f"{request.text} is not editable: a directory or a repository is")
    return request
