"""Wheels by path or URL: upstream's own, named by a list, that nobody has to build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from wheelwell.digest import Sha256, is_sha256
from wheelwell.errors import InvalidSource, NoMatchingSource
from wheelwell.fit import tags_of
from wheelwell.interpreter import Interpreter
from wheelwell.request import Request
from wheelwell.sources.archives import Archives
from wheelwell.sources.hashing import hash_file
from wheelwell.sources.located import Caller, Located
from wheelwell.sources.naming import name_in_url
from wheelwell.urls import without_credentials


@dataclass(frozen=True, slots=True)
class Wheels:
    """Finds wheels that a request names. Threads share it."""

    archives: Archives

    def locate(self, request: Request, interpreter: Interpreter, caller: Caller) -> Located:
        """Return where a wheel is, and what it hashes to, which may take fetching it.

        Raises `NoMatchingSource` where it is not for the interpreter, and as `Archives` does.
        """
        filename = check_fitting(request, interpreter)
        if request.path:
            path = Path(request.path)
            if not path.is_file():
                raise InvalidSource(f"there is no file {path}")
            sha256 = hash_file(path, promised=request.hashes)
            return Located(
                request=request,
                source=None,
                path=path,
                filename=filename,
                origin=path.as_uri(),
                wheel=sha256,
            )
        located = Located(
            request=request,
            source=None,
            url=request.url,
            filename=filename,
            origin=without_credentials(request.url),
        )
        return replace(located, wheel=self._sha256(located, caller))

    def _sha256(self, located: Located, caller: Caller) -> Sha256:
        promised = located.request.hashes
        told = {each[7:].lower() for each in promised if each.startswith("sha256:")}
        if len(told) == 1 and is_sha256(digest := told.pop()):
            return Sha256(digest)
        return self.archives.download(located, caller, promised=promised)[1]


def check_fitting(request: Request, interpreter: Interpreter) -> str:
    """Return the file name of a wheel. Raises `NoMatchingSource` where its tags do not fit."""
    filename = Path(request.path).name if request.path else name_in_url(request.url)
    if tags_of(filename) & set(interpreter.tags):
        return filename
    raise NoMatchingSource(
        f"{filename} is not for Python {interpreter.version} on this machine",
        hint="a marker behind it says where it is wanted",
    )
