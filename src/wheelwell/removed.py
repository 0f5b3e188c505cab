"""Removed: what Pythons have no longer, and how a log shows that a source still wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that Python had."""

    what: str
    since: tuple[int, int]
    """The first version without it."""


def _table(text: str) -> dict[str, tuple[int, int]]:
    """Read lines of a version and the names that it took away."""
    found: dict[str, tuple[int, int]] = {}
    for line in text.strip().splitlines():
        version, *names = line.split()
        major, minor = version.split(".")
        found |= dict.fromkeys(names, (int(major), int(minor)))
    return found


MODULES: Mapping[str, tuple[int, int]] = _table(
    """
    3.12 asynchat asyncore distutils imp numpy.distutils smtpd
    3.13 cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes
    3.13 sndhdr spwd sunau telnetlib uu xdrlib
    """
)
"""Modules that cannot be imported from a version on; numpy has had its own way since then."""

_ATTRIBUTES = _table(
    """
    3.10 collections.Callable collections.Hashable collections.Iterable collections.Iterator
    3.10 collections.Mapping collections.MutableMapping collections.MutableSet collections.Sequence
    3.10 collections.Set
    3.11 asyncio.coroutine inspect.formatargspec inspect.getargspec
    3.12 configparser.SafeConfigParser locale.format pkgutil.ImpImporter
    3.13 typing.io typing.re unittest.makeSuite
    3.14 ast.Bytes ast.NameConstant ast.Num ast.Str pkgutil.find_loader pkgutil.get_loader
    """
)
_SYMBOLS = _table(
    """
    3.9 tp_print
    3.10 use_tracing _Py_HashDouble
    3.11 PyCode_New PyCode_NewWithPosOnlyArgs PyFrameObject co_code co_varnames
    3.12 PyUnicode_AS_DATA PyUnicode_AS_UNICODE PyUnicode_AsUnicode PyUnicode_AsUnicodeAndSize
    3.12 PyUnicode_FromUnicode PyUnicode_GET_DATA_SIZE PyUnicode_GET_SIZE PyUnicode_GetSize
    3.12 PyUnicode_WCHAR_KIND curexc_traceback curexc_type curexc_value ob_digit
    3.13 PyCFunction_Call PyEval_CallFunction PyEval_CallMethod PyEval_CallObject
    3.13 PyEval_CallObjectWithKeywords _PyDict_SetItem_KnownHash _PyList_Extend _PyLong_AsByteArray
    3.13 _PyThreadState_UncheckedGet _PyUnicode_FastCopyCharacters
    """
)
"""What of the C API is gone, is hidden, or takes other arguments."""

_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)")
_ATTRIBUTE = re.compile(
    r"AttributeError: module '([\w.]+)' has no attribute '(\w+)'"
    r"|ImportError: cannot import name '(\w+)' from '([\w.]+)'"
)
_OTHERS = (
    (re.compile(r"fatal error: '?longintrepr\.h"), Removed("longintrepr.h", (3, 11))),
    (
        re.compile(r"fatal error: '?(?:graminit|grammar|node|parsetok)\.h"),
        Removed("the header of its old parser", (3, 10)),
    ),
    (re.compile(r"ValueError: invalid mode: '\w*U"), Removed("the file mode U", (3, 11))),
    (re.compile(r"no attribute 'readfp'"), Removed("configparser's readfp", (3, 12))),
)
_C = re.compile(r"\berror: (.*?)(?:; did you mean .*)?$|\bnote: '(\w+)' declared here")
_NAME = re.compile(r"\w+")


def removed(line: str) -> Removed | None:
    """Return what a line of a log misses that some Pythons have, and others do not."""
    return _of_python(line) or _of_c(line)


def _of_python(line: str) -> Removed | None:
    for pattern, what in _OTHERS:
        if pattern.search(line):
            return what
    if found := _MODULE.search(line):
        known = [each for each in MODULES if f"{found[1]}.".startswith(f"{each}.")]
        return Removed(f"the module {known[0]}", MODULES[known[0]]) if known else None
    if found := _ATTRIBUTE.search(line):
        name = f"{found[1] or found[4]}.{found[2] or found[3]}"
        return Removed(name, _ATTRIBUTES[name]) if name in _ATTRIBUTES else None
    return None


def _of_c(line: str) -> Removed | None:
    found = _C.search(line)
    names = _NAME.findall(found[1] or found[2] or "") if found else ()
    return next((Removed(each, _SYMBOLS[each]) for each in names if each in _SYMBOLS), None)
