"""Places beside a requirements file: files, projects and links that it names by path or URL."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urljoin, urlsplit

URL = re.compile(r"(?:https?|file):", re.IGNORECASE)
"""How the URL of a file begins."""


def is_source(path: str) -> bool:
    """Say whether there is an archive, or the directory of a project."""
    names = (path, os.path.join(path, "pyproject.toml"), os.path.join(path, "setup.py"))
    return any(map(os.path.isfile, names))


def identity(path: str) -> str:
    """Return what tells a file, by its path or URL, from every other."""
    return path if URL.match(path) else os.path.realpath(path)


def local(path: str) -> str:
    """Return the path of a file; of one elsewhere, what relative paths in it are taken from."""
    if path.lower().startswith("file:"):
        return unquote(urlsplit(path).path)
    return os.path.join(os.getcwd(), "") if URL.match(path) else path


def below(path: str, name: str) -> str:
    """Return the path or URL of the file that `name` is in the file `path`."""
    if URL.match(name):
        return name
    if URL.match(path):
        return urljoin(path, name)
    return os.path.abspath(os.path.join(os.path.dirname(path), os.path.expanduser(name)))


def links(path: str, value: str) -> str:
    """Return a place of links: a path is the file's directory's, or else the working one's."""
    if "://" in value or URL.match(value):
        return value
    bare = os.path.expanduser(value)
    found = os.path.abspath(os.path.join(os.path.dirname(local(path)), bare))
    other = os.path.abspath(bare)
    return found if os.path.exists(found) or not os.path.exists(other) else other
