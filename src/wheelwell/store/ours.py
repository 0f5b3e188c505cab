"""Ours: whether a directory is a cache, before anything in it is taken for what we left there."""

from __future__ import annotations

import contextlib
import os

from wheelwell import buckets
from wheelwell.store import modes
from wheelwell.store.layout import TAG, TAG_TEXT
from wheelwell.store.opening import at_once

MARKS = {".gitignore": "*\n", ".git": "", TAG: TAG_TEXT}
"""The files that mark a cache. An empty .git stops version tools that look for one above it."""

_WORDS = {name for name in buckets.ALL if "-v" not in name}
"""The buckets whose names anybody may have used for something else."""


def is_cache(root: str) -> bool:
    """Say whether a directory is a cache of ours: what has such names in another is not ours."""
    return os.path.isdir(f"{root}/{buckets.WHEELS}") or is_marked(root)


def is_marked(root: str) -> bool:
    """Say whether a directory bears our mark, and so holds nothing but a cache."""
    try:
        with open(f"{root}/{TAG}", encoding="utf-8", opener=at_once) as file:
            return file.read(len(TAG_TEXT)) == TAG_TEXT
    except (OSError, UnicodeDecodeError):
        return False


def mark(root: str) -> None:
    """Mark a directory that holds nothing but a cache. Raises `OSError`."""
    for name, text in MARKS.items():
        with (
            contextlib.suppress(FileExistsError),  # another process does the same
            open(f"{root}/{name}", "x", encoding="utf-8") as file,
        ):
            modes.share(f"{root}/{name}")
            file.write(text)


def holds_nothing_else(root: str) -> bool:
    """Say whether all that is in a directory has the name of something of a cache's."""
    return {*os.listdir(root)} <= {*buckets.ALL, *MARKS}


def foreign(root: str) -> str:
    """Return what is in a directory that is no cache, by the name of one of our buckets."""
    if is_cache(root):
        return ""
    try:
        return min(_WORDS.intersection(os.listdir(root)), default="")
    except OSError:
        return ""  # there is none, or nobody may look into it
