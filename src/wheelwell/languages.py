"""Languages: what a source is written in, read from its file names and build files."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping

BUILD_FILES = frozenset(
    {"pyproject.toml", "setup.cfg", "setup.py", "CMakeLists.txt", "meson.build"}
)
"""The names of files whose text declares languages."""

_BY_SUFFIX: Mapping[str, tuple[str, ...]] = {
    ".c": ("c",),
    ".m": ("c",),
    ".pyx": ("c", "c++"),
    ".cc": ("c++",),
    ".cpp": ("c++",),
    ".cxx": ("c++",),
    ".c++": ("c++",),
    ".mm": ("c++",),
    ".rs": ("rust",),
    ".f": ("fortran",),
    ".for": ("fortran",),
    ".f77": ("fortran",),
    ".f90": ("fortran",),
    ".f95": ("fortran",),
    ".f03": ("fortran",),
    ".f08": ("fortran",),
    ".cu": ("cuda", "c++"),
    ".cuh": ("cuda", "c++"),
}

_BY_REQUIREMENT: Mapping[str, tuple[str, ...]] = {
    "cffi": ("c",),
    "cython": ("c", "c++"),
    "mypy": ("c",),
    "nanobind": ("c++",),
    "pybind11": ("c++",),
    "maturin": ("rust",),
    "setuptools-rust": ("rust",),
}
"""Build requirements that write or compile code which the source itself does not show."""

_BY_NAME: Mapping[str, str] = {
    "c": "c",
    "cpp": "c++",
    "cxx": "c++",
    "objc": "c",
    "objcpp": "c++",
    "objcxx": "c++",
    "cuda": "cuda",
    "cython": "c",
    "fortran": "fortran",
    "rust": "rust",
}
"""What CMake and Meson call them, in lower case."""

_CMAKE_PROJECT = re.compile(r"^\s*project\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_CMAKE_LANGUAGE = re.compile(r"^\s*enable_language\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_MESON_PROJECT = re.compile(r"^\s*project\s*\((.*?)\)", re.MULTILINE | re.DOTALL)
_MESON_LANGUAGE = re.compile(r"\badd_languages\s*\(([^)]*)\)")
_MESON_TEXT = re.compile(r"(\w+\s*:\s*)?'([^']*)'")
_QUOTED = re.compile(r"""["']\s*([A-Za-z0-9][A-Za-z0-9._-]*)""")
_INDENTED = re.compile(r"^\s+([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def languages_of(names: Iterable[str], texts: Mapping[str, str]) -> frozenset[str]:
    """Return the compiled languages of a source.

    `names` are the paths of all its files in POSIX form; `texts` holds the text of those whose
    last part is one of `BUILD_FILES`. What cannot be known is assumed: a language too many costs
    a rebuild, one too few would hand out a wheel that another compiler built.
    """
    found: set[str] = set()
    for name in names:
        found.update(_BY_SUFFIX.get(posixpath.splitext(name)[1].lower(), ()))
        if posixpath.basename(name) == "Cargo.toml":
            found.add("rust")
    for path, text in texts.items():
        found.update(_declared(posixpath.basename(path), text))
    return frozenset(found)


def _declared(name: str, text: str) -> set[str]:
    readers: Mapping[str, Callable[[str], set[str]]] = {
        "CMakeLists.txt": _in_cmake,
        "meson.build": _in_meson,
        "pyproject.toml": lambda text: _required(_build_requirements(text)),
        "setup.cfg": lambda text: _required(_INDENTED.findall(text)),
        "setup.py": lambda text: _required(_QUOTED.findall(text)),
    }
    return readers[name](text) if name in readers else set()


def _build_requirements(text: str) -> list[str]:
    """Return the names in `build-system.requires` (PEP 518)."""
    try:
        requires = tomllib.loads(text)["build-system"]["requires"]
        return [re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0] for requirement in requires]
    except (tomllib.TOMLDecodeError, RecursionError, KeyError, TypeError, AttributeError):
        return []  # broken, or not there: the build itself says what is wrong with it


def _required(names: Iterable[str]) -> set[str]:
    return {
        language
        for name in names
        for language in _BY_REQUIREMENT.get(re.sub(r"[-_.]+", "-", name).lower(), ())
    }


def _in_cmake(text: str) -> set[str]:
    found: set[str] = set()
    for arguments in _CMAKE_PROJECT.findall(text):
        words = [word.lower() for word in arguments.split()[1:]]
        named = {_BY_NAME[word] for word in words if word in _BY_NAME}
        if not named and "none" not in words:
            named = {"c", "c++"}  # what project() enables where it names no language
        found |= named
    for arguments in _CMAKE_LANGUAGE.findall(text):
        found |= {_BY_NAME[word] for word in arguments.lower().split() if word in _BY_NAME}
    return found


def _in_meson(text: str) -> set[str]:
    found: set[str] = set()
    for arguments in (*_MESON_PROJECT.findall(text), *_MESON_LANGUAGE.findall(text)):
        words = [word.lower() for keyword, word in _MESON_TEXT.findall(arguments) if not keyword]
        found |= {_BY_NAME[word] for word in words if word in _BY_NAME}
    return found
