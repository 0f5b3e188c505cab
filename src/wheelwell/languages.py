"""Languages: what a source is written in, read from its file names and build files."""

from __future__ import annotations

import itertools
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping

BUILD_FILES = frozenset(
    {"pyproject.toml", "setup.cfg", "setup.py", "CMakeLists.txt", "meson.build"}
)
"""The names of files whose text declares languages."""

_BY_SUFFIX: Mapping[str, tuple[str, ...]] = {
    ".c": ("c",),
    ".m": ("c",),
    ".s": ("c",),  # assembly goes through the C compiler
    ".pyx": ("c", "c++"),
    ".i": ("c", "c++"),  # SWIG, which setuptools runs by itself
    ".sip": ("c++",),
    ".pyf": ("c", "fortran"),  # f2py
    ".cc": ("c++",),
    ".cpp": ("c++",),
    ".cxx": ("c++",),
    ".c++": ("c++",),
    ".mm": ("c++",),
    ".rs": ("rust",),
    ".f": ("fortran",),
    ".for": ("fortran",),
    ".ftn": ("fortran",),
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
    "hatch-mypyc": ("c",),
    "mypy": ("c",),
    "nanobind": ("c++",),
    "nuitka": ("c",),
    "pybind11": ("c++",),
    "pythran": ("c++",),
    "maturin": ("rust",),
    "setuptools-rust": ("rust",),
}
"""Build requirements that write or compile code which the source itself does not show."""

_BY_NAME: Mapping[str, str] = {
    "asm": "c",
    "c": "c",
    "cpp": "c++",
    "cxx": "c++",
    "objc": "c",
    "objcpp": "c++",
    "objcxx": "c++",
    "cuda": "cuda",
    "cython": "c",
    "fortran": "fortran",
    "hip": "c++",
    "rust": "rust",
}
"""What CMake and Meson call them, in lower case."""

_CMAKE_PROJECT = re.compile(r"^\s*project\s*\(", re.IGNORECASE | re.MULTILINE)
_CMAKE_LANGUAGE = re.compile(r"^\s*enable_language\s*\(", re.IGNORECASE | re.MULTILINE)
_CMAKE_TOKEN = re.compile(r"""#[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"#]+""", re.DOTALL)
_MESON_CALL = re.compile(r"\b(?:project|add_languages)\s*\(")
_MESON_TOKEN = re.compile(r"#[^\n]*|(?:\b\w+\s*:\s*)?'(?:[^'\\\n]|\\.)*'|[()]")
_MOST_ARGUMENTS = 1000  # a call that is never closed must not be read to the end of the file
_SETUP_REQUIRES = re.compile(r"setup[-_]requires")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


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
        "setup.cfg": _in_setup,
        "setup.py": _in_setup,
    }
    return readers[name](text) if name in readers else set()


def _build_requirements(text: str) -> list[str]:
    """Return the names in `build-system.requires` (PEP 518)."""
    try:
        requires = tomllib.loads(text)["build-system"]["requires"]
        return [re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0] for requirement in requires]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return []  # broken, or not there: the build itself says what is wrong with it


def _in_setup(text: str) -> set[str]:
    """Read `setup_requires`; which of the words are in it is not worth a parser."""
    return _required(_WORD.findall(text)) if _SETUP_REQUIRES.search(text) else set()


def _required(names: Iterable[str]) -> set[str]:
    return {
        language
        for name in names
        for language in _BY_REQUIREMENT.get(re.sub(r"[-_.]+", "-", name).lower(), ())
    }


def _in_cmake(text: str) -> set[str]:
    found: set[str] = set()
    for arguments in _calls(text, _CMAKE_PROJECT, _CMAKE_TOKEN):
        words = [word.lower() for word in arguments[1:]]
        words = words[words.index("languages") + 1 :] if "languages" in words else words
        named = {_BY_NAME[word] for word in words if word in _BY_NAME}
        if any("$" in word for word in words) or (not named and "none" not in words):
            named |= {"c", "c++"}  # what project() enables where it names no language
        found |= named
    for arguments in _calls(text, _CMAKE_LANGUAGE, _CMAKE_TOKEN):
        found |= {_BY_NAME[word.lower()] for word in arguments if word.lower() in _BY_NAME}
    return found


def _in_meson(text: str) -> set[str]:
    found: set[str] = set()
    for arguments in _calls(text, _MESON_CALL, _MESON_TOKEN):
        # What a keyword is before (`license: 'C'`) names no language.
        words = [token.strip("'").lower() for token in arguments if token.startswith("'")]
        found |= {_BY_NAME[word] for word in words if word in _BY_NAME}
    return found


def _calls(text: str, call: re.Pattern[str], token: re.Pattern[str]) -> Iterator[list[str]]:
    """Yield the arguments of each call, comments and parentheses left out."""
    for start in call.finditer(text):
        arguments, depth = [], 1
        for found in itertools.islice(token.finditer(text, start.end()), _MOST_ARGUMENTS):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if not depth:
                break
            if not found[0].startswith(("#", "(", ")")):
                arguments.append(found[0])
        yield arguments
