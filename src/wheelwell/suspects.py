"""Suspects: what the lines of a failed build say of who is to blame among its requirements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)'")


def named_first(requirements: Mapping[str, str], lines: Iterable[str]) -> dict[str, str]:
    """Return the requirements, by name and version, those that the lines name before the others."""
    text = "\n".join(lines)
    return dict(sorted(requirements.items(), key=lambda each: not _is_named(each[0], text)))


def undeclared(requirements: Mapping[str, str], lines: Iterable[str]) -> str:
    """Return the module that a build wants and that none of its requirements ever brought.

    Whole modules alone: a module within another may have been moved by a newer version.
    """
    from wheelwell.removed import MODULES  # not on the way to a hit

    found = _MISSING.search("\n".join(lines))
    once_there = {"pkg_resources", *MODULES}  # in an older setuptools, or Python
    if not found or found[1] in once_there:
        return ""
    return "" if any(_is_named(found[1], name) for name in requirements) else found[1]


def _is_named(name: str, text: str) -> bool:
    plain = "[-_.]".join(map(re.escape, re.split("[-_.]+", name)))
    return re.search(rf"(?<![\w-]){plain}(?![\w-])", text, re.IGNORECASE) is not None
