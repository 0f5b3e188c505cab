"""Version control as the source of a project's version, as far as its build files show that."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_TOOLS = re.compile(
    r"git|scm|vcs|versioning|versioneer|dunamai|miniver|setupmeta|^pbr$", re.IGNORECASE
)
"""Build requirements, and tables of `pyproject.toml`, by which the names of such tools are known:
setuptools-scm, hatch-vcs, flit-scm, versioningit, dunamai, poetry-dynamic-versioning,
setuptools-git-versioning, versioneer, pbr and their like."""

_MENTIONS: Mapping[str, re.Pattern[str]] = {
    "setup.py": re.compile(
        r"""['"]git['" ]|\bgit (?:describe|rev-|log|tag)|scm|vcs|versioneer|dunamai|miniver"""
        r"""|\bpbr\b|setupmeta|get_git|git_version""",
        re.IGNORECASE,
    ),
    "setup.cfg": re.compile(r"scm|vcs|versioneer|versioning|\bpbr\b|setupmeta", re.IGNORECASE),
    "CMakeLists.txt": re.compile(
        r"find_package\s*\(\s*Git\b|GIT_EXECUTABLE|\bgit describe|\bgit rev-", re.IGNORECASE
    ),
    "meson.build": re.compile(r"""vcs_tag|['"]git['" ]"""),
}
_LITERAL = re.compile(r"""\bversion\s*=\s*f?['"]""")
_SETTING = re.compile(r"^version\s*[=:]", re.MULTILINE)


def tells_version(texts: Mapping[str, str]) -> bool:
    """Say whether a project's version may come from version control.

    `texts` holds its build files by path. What cannot be known is assumed: a tag too many in the
    key costs a rebuild, one too few would hand out a wheel with another version.
    """
    pyproject = _table(texts.get("pyproject.toml", ""))
    if any(_TOOLS.search(name) for name in [*_required(pyproject), *_tools(pyproject)]):
        return True
    for path, text in texts.items():
        mention = _MENTIONS.get(posixpath.basename(path))
        if mention and mention.search(text):
            return True
    return _is_in_doubt(pyproject, texts)


def _is_in_doubt(pyproject: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
    """Say whether code that is not looked into computes the version."""
    project = _mapping(pyproject.get("project"))
    if "version" in project or _mapping(_mapping(pyproject.get("tool")).get("poetry")).get(
        "version"
    ):
        return False
    if _mapping(pyproject.get("build-system")).get("backend-path"):
        return True
    if project or "setup.py" not in texts:
        return False  # a dynamic version, by a backend whose tools for it were looked for above
    return not (_LITERAL.search(texts["setup.py"]) or _SETTING.search(texts.get("setup.cfg", "")))


def _required(pyproject: Mapping[str, Any]) -> list[str]:
    requires = _mapping(pyproject.get("build-system")).get("requires")
    words = requires if isinstance(requires, list) else []
    return [re.split(r"[^A-Za-z0-9._-]", str(word).strip())[0] for word in words]


def _tools(pyproject: Mapping[str, Any]) -> list[str]:
    """Return the tables of tools, and what PDM and Hatch are told to take the version from."""
    tools = _mapping(pyproject.get("tool"))
    chosen = [
        _mapping(_mapping(tools.get(tool)).get("version")).get("source")
        for tool in ("pdm", "hatch")
    ]
    # Some tools need no table below `tool` of their own: cibuildwheel's name holds none of these.
    return [*tools, *(str(source) for source in chosen if source)]


def _table(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}  # the build itself says what is wrong with it


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
