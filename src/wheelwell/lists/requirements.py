"""Requirements files, as `pip install -r` reads them, as far as requests need it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wheelwell.errors import ConfigurationError, InvalidRequest
from wheelwell.request import Request, parse_request

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s+(?=--?[A-Za-z])")
_HASH = re.compile(r"--hash(?:\s*=\s*|\s+)(\w+):([0-9A-Fa-f]+)")
_SWITCH = re.compile(r"(--[A-Za-z-]+|-[A-Za-z])(?:\s*=\s*|\s+|)(.*)")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")

_HASHES = ("sha256", "sha384", "sha512")
"""Kinds of hashes that a requirement may promise, as with pip."""


@dataclass(slots=True)
class Listed:
    """What a requirements file asks for."""

    requests: list[Request] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    """Its index switches, as settings by name."""

    constraints: list[Request] = field(default_factory=list)
    """What versions must fulfil, if they are wanted at all."""

    must_be_hashed: bool = False
    """Whether it says `--require-hashes`."""


def read(path: str) -> Listed:
    """Read a requirements file, and those that it names.

    Raises `ConfigurationError` with file and line for what cannot be read or is not known.
    """
    listed = Listed()
    _read_into(listed, os.path.abspath(path), ())
    _check_hashes(listed, path)
    return listed


def parse(text: str, directory: str) -> list[Request]:
    """Read the text of a requirements file that holds nothing but requirements.

    Raises `InvalidRequest`.
    """
    return [_request(line, directory) for _, line in _lines(text)]


def written(requests: Iterable[Request]) -> str:
    """Return requests as the text of a requirements file, credentials included."""
    return "".join(f"{_line(request)}\n" for request in requests)


def _line(request: Request) -> str:
    if request.path:
        return request.path
    if not request.url:
        hashes = "".join(f" --hash={each}" for each in request.hashes)
        return f"{request.text}{hashes}"
    place = f"git+{request.url}{f'@{request.ref}' if request.ref else ''}"
    place = place if request.is_git else request.url
    ending = f"#subdirectory={request.subdirectory}" if request.subdirectory else ""
    return f"{request.name} @ {place}{ending}" if request.name else f"{place}{ending}"


def _check_hashes(listed: Listed, path: str) -> None:
    """As with pip: where one requirement has hashes, or the file asks for them, all must."""
    unhashed = [request.text for request in listed.requests if not request.hashes]
    if unhashed and (listed.must_be_hashed or len(unhashed) < len(listed.requests)):
        raise ConfigurationError(
            f"{path}: every requirement must have a hash, and these have none: "
            + ", ".join(unhashed[:8]),
            hint="give every requirement its --hash, or none",
        )


def _read_into(listed: Listed, path: str, above: tuple[str, ...]) -> None:
    if "\0" in path:
        raise ConfigurationError(f"no file is called {path!r}")
    if os.path.realpath(path) in map(os.path.realpath, above):
        raise ConfigurationError(f"{path} names itself, through {' and '.join(above)}")
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    for number, line in _lines(text):
        place = f"{path}, line {number}"
        try:
            if line.startswith("-"):
                _take_option(listed, line, path, (*above, path), place)
            else:
                listed.requests.append(_request(line, os.path.dirname(path)))
        except InvalidRequest as error:
            raise ConfigurationError(f"{place}: {error.message}", hint=error.hint) from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Return the logical lines: continued ones joined, comments and blank ones left out."""
    start, pending = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        start = start or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += f"{line[:-1].strip()} "
            continue
        whole = _COMMENT.sub("", pending + line).strip()
        if whole:
            yield start, _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), whole)
        start, pending = 0, ""


def _request(line: str, directory: str) -> Request:
    text, *options = _OPTION.split(line)
    hashes = []
    for option in options:
        promise = _HASH.fullmatch(option.strip())
        if promise is None:
            name = re.split(r"[\s=]", option.strip(), maxsplit=1)[0]  # its value may be secret
            raise InvalidRequest(f"{name} is not known for a requirement")
        if promise[1] not in _HASHES:
            raise InvalidRequest(
                f"a hash of the kind {promise[1]} vouches for nothing",
                hint=f"use one of {', '.join(_HASHES)}",
            )
        hashes.append(f"{promise[1]}:{promise[2]}")
    return parse_request(text, directory=directory, hashes=tuple(hashes))


def _take_option(listed: Listed, line: str, path: str, above: tuple[str, ...], place: str) -> None:
    name, values = _split(line, place)
    if name in {"-r", "--requirement"} and len(values) == 1:
        _read_into(listed, _below(path, values[0]), above)
    elif name in {"-c", "--constraint"} and len(values) == 1:
        constraints = Listed()
        _read_into(constraints, _below(path, values[0]), above)
        listed.constraints += constraints.requests
    elif name in {"-i", "--index-url"} and len(values) == 1:
        listed.switches["index-url"] = values[0]
    elif name == "--extra-index-url" and values:
        listed.switches.setdefault("extra-index-url", []).extend(values)
    elif name in {"-f", "--find-links"} and len(values) == 1:
        is_url = "://" in values[0] or values[0].startswith("file:")
        found = values[0] if is_url else _below(path, values[0])
        listed.switches.setdefault("find-links", []).append(found)
    elif name == "--no-index" and not values:
        listed.switches["no-index"] = True
    elif name == "--require-hashes" and not values:
        listed.must_be_hashed = True
    else:
        raise ConfigurationError(f"{place}: {name} is not known here")


def _split(line: str, place: str) -> tuple[str, list[str]]:
    """Return a switch and its values: `-r FILE`, `-rFILE`, `--requirement FILE` or with `=`."""
    switch = _SWITCH.fullmatch(line)
    if switch is None:
        raise ConfigurationError(f"{place}: {line.split(maxsplit=1)[0]} is not known here")
    try:
        return switch[1], shlex.split(switch[2])
    except ValueError as error:
        raise ConfigurationError(f"{place}: {switch[1]} cannot be read: {error}") from error


def _below(path: str, name: str) -> str:
    """Return the path that `name` is from the directory of the file `path`."""
    return os.path.abspath(os.path.join(os.path.dirname(path), os.path.expanduser(name)))
