"""A log shows that a source and what builds it are of different times, and what mends that."""

from __future__ import annotations

import pytest

from wheelwell.builder.loglines import telling_lines
from wheelwell.mismatch import Given, remedy_for

PKG_RESOURCES = """\
Traceback (most recent call last):
  File "/env/site-packages/setuptools/build_meta.py", line 317, in run_setup
    exec(code, locals())
  File "<string>", line 1, in <module>
ModuleNotFoundError: No module named 'pkg_resources'
"""

USE_2TO3 = """\
running egg_info
error in suds-jurko setup command: use_2to3 is invalid.
"""

FLAT = """\
running egg_info
error: Multiple top-level packages discovered in a flat-layout: ['bench', 'lib'].

To avoid accidental inclusion of unwanted files or directories,
setuptools will not proceed with this build.
"""

TEST_COMMAND = """\
  File "<string>", line 12, in <module>
ModuleNotFoundError: No module named 'setuptools.command.test'
"""

MSVC = """\
  File "/env/site-packages/numpy/distutils/mingw32ccompiler.py", line 28, in <module>
    from distutils.msvccompiler import get_build_version as get_build_msvc_version
ModuleNotFoundError: No module named 'distutils.msvccompiler'
"""

CLASSIFIERS = """\
    raise InvalidConfigError(
setuptools.errors.InvalidConfigError: License classifiers have been superseded by license \
expressions (see https://peps.python.org/pep-0639/). Please remove:

License :: OSI Approved :: MIT License
"""

DASHES = """\
setuptools.errors.InvalidConfigError: Invalid dash-separated key 'description-file' in 'metadata' \
(setup.cfg), please use the underscore name 'description_file' instead.
"""

CYTHON_LONG = """\
Error compiling Cython file:
------------------------------------------------------------
...
    elif isinstance(value, (int, long)):
                                 ^
------------------------------------------------------------

playhouse/_sqlite_ext.pyx:329:33: undeclared name not builtin: long
Traceback (most recent call last):
  File "/env/site-packages/Cython/Build/Dependencies.py", line 1297, in cythonize_one
    raise CompileError(None, pyx_file)
Cython.Compiler.Errors.CompileError: playhouse/_sqlite_ext.pyx
"""

CYTHON_SOURCES = """\
  File "/env/site-packages/setuptools/_distutils/cmd.py", line 107, in __getattr__
    raise AttributeError(attr)
AttributeError: cython_sources
"""

NOEXCEPT = """\
kiwi/solver.pyx:62:17: Cannot assign type 'int (void *) except? -1' to 'int (*)(void *) noexcept'. \
Exception values are incompatible. Suggest adding 'noexcept' to the type of 'compare'.
"""

NUMPY_DESCR = """\
x.c:101:13: error: ‘PyArray_Descr’ {aka ‘struct _PyArray_Descr’} has no member named ‘elsize’
  101 |         desc->elsize = MAX_STRING_SIZE;
error: command '/usr/bin/gcc' failed with exit code 1
"""

NUMPY_DESCR_CLANG = """\
src/x.c:18849:39: error: no member named 'subarray' in 'struct _PyArray_Descr'
"""

NUMPY_NAME = """\
src/_image.c:88:22: error: ‘NPY_OWNDATA’ undeclared (first use in this function)
"""

NUMPY_BINARY = """\
A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.1.0 as it may crash. To support both 1.x and 2.x
versions of NumPy, modules must be compiled with NumPy 2.0.
"""

NUMPY_INT = """\
  File "<string>", line 40, in <module>
AttributeError: module 'numpy' has no attribute 'int'.
"""

CMAKE_4 = """\
CMake Error at CMakeLists.txt:1 (cmake_minimum_required):
  Compatibility with CMake < 3.5 has been removed from CMake.

  Update the VERSION argument <min> value.
"""

CMAKE_3 = """\
CMake Error at CMakeLists.txt:1 (cmake_minimum_required):
  CMake 3.26 or higher is required.  You are running version 3.22.1
"""

MESON = """\
../meson.build:1:0: ERROR: Meson version is 0.61.2 but project requires >= 1.2.99
"""

BDIST_WHEEL = """\
usage: setup.py [global_opts] cmd1 [cmd1_opts] [cmd2 [cmd2_opts] ...]
error: invalid command 'bdist_wheel'
"""

ZEROS = """\
  File "/env/site-packages/setuptools/_core_metadata.py", line 285, in _distribution_fullname
TypeError: canonicalize_version() got an unexpected keyword argument 'strip_trailing_zero'
"""

METADATA = """\
packaging.metadata.InvalidMetadata: '2.4' is not a valid metadata version
"""

EDITABLE = """\
  File "/project/_backend.py", line 3, in <module>
ImportError: cannot import name 'build_editable' from 'setuptools.build_meta'
"""

LICENSE = """\
configuration error: `project.license` must be valid exactly by one definition (2 matches found):
"""

LICENSE_TYPE = """\
pyproject_metadata.errors.ConfigurationError: Field "project.license" has an invalid type, \
expecting a dictionary of strings (got "MIT")
"""

LICENSE_TABLE = """\
TypeError: Field `project.license` must be a table
"""

LICENSE_DICT = """\
flit_core.config.ConfigError: license field should be <class 'dict'>, not <class 'str'>
"""

CONFLICT = """\
pkg_resources.VersionConflict: (setuptools 59.6.0 (/usr/lib), Requirement.parse('setuptools>=61'))
"""

REQUIRES = """\
RuntimeError: this project requires Cython >= 0.29.32 to be built
"""

GIVEN = {
    "setuptools": "84.2.1",
    "cython": "3.2.0",
    "numpy": "2.3.0",
    "cmake": "4.1.0",
    "meson": "1",
}


def told(log: str, *, python: str = "3.12", given: dict[str, str] | None = None) -> str:
    requirements = GIVEN if given is None else given
    lines = telling_lines(f"running build_ext\n{log}")
    return remedy_for(lines, Given(project="foo", python=python, requirements=requirements))


@pytest.mark.parametrize(
    ("log", "switches"),
    [
        (PKG_RESOURCES, "--build-constraint 'setuptools<81':"),
        (USE_2TO3, "--build-constraint 'setuptools<58' --python 3.11:"),
        (FLAT, "--build-constraint 'setuptools<61' --python 3.11:"),
        (TEST_COMMAND, "--build-constraint 'setuptools<72':"),
        (MSVC, "--build-constraint 'setuptools<74':"),
        (CLASSIFIERS, "--build-constraint 'setuptools<77':"),
        (DASHES, "--build-constraint 'setuptools<78':"),
        (CYTHON_LONG, "--build-constraint 'Cython<3.1':"),
        (CYTHON_SOURCES, "--build-constraint 'Cython<3':"),
        (NOEXCEPT, "--build-constraint 'Cython<3':"),
        (NUMPY_DESCR, "--build-constraint 'numpy<2':"),
        (NUMPY_DESCR_CLANG, "--build-constraint 'numpy<2':"),
        (NUMPY_NAME, "--build-constraint 'numpy<2':"),
        (NUMPY_BINARY, "--build-constraint 'numpy<2':"),
        (NUMPY_INT, "--build-constraint 'numpy<1.24' --python 3.11:"),
        (CMAKE_4, "--build-constraint 'cmake<4':"),
    ],
)
def test_what_is_too_new_for_a_source_is_held_back(log: str, switches: str) -> None:
    assert told(log).startswith(switches)
    assert "(for good: build-constraints = [" in told(log)
    assert told(log).endswith("] in [packages.foo])")


@pytest.mark.parametrize(
    ("log", "switches"),
    [
        (CMAKE_3, "--build-constraint 'cmake>=3.26':"),
        (MESON, "--build-constraint 'meson>=1.2.99':"),
        (BDIST_WHEEL, "--build-constraint 'setuptools>=70.1':"),
        (ZEROS, "--build-requirement 'packaging>=22':"),
        (METADATA, "--build-requirement 'packaging>=24.2':"),
        (EDITABLE, "--build-constraint 'setuptools>=64':"),
        (LICENSE, "--build-constraint 'setuptools>=77':"),
        (LICENSE_TYPE, "--build-requirement 'pyproject-metadata>=0.9':"),
        (LICENSE_TABLE, "--build-requirement 'hatchling>=1.27':"),
        (LICENSE_DICT, "--build-requirement 'flit-core>=3.11':"),
        (CONFLICT, "--build-constraint 'setuptools>=61':"),
        (REQUIRES, "--build-constraint 'Cython>=0.29.32':"),
    ],
)
def test_what_is_too_old_for_a_source_is_raised(log: str, switches: str) -> None:
    assert told(log).startswith(switches)


def test_what_the_source_does_not_declare_is_a_further_build_requirement() -> None:
    hint = told(PKG_RESOURCES, given={"flit-core": "3.12"})
    assert hint.startswith("--build-requirement 'setuptools<81':")
    assert 'extra-build-requirements = ["setuptools<81"] in [packages.foo]' in hint


def test_an_older_python_is_named_only_where_a_later_one_is_too_late() -> None:
    assert "--python" not in told(USE_2TO3, python="3.11")
    assert "'Cython<3' --python 3.12:" in told(CYTHON_SOURCES, python="3.13")


LONGINTREPR = """\
aiohttp/_websocket.c:198:12: fatal error: longintrepr.h: No such file or directory
  198 |   #include "longintrepr.h"
"""

GRAMINIT = """\
src/x.c:3:10: fatal error: graminit.h: No such file or directory
"""

USE_TRACING = """\
a.c:5:9: error: ‘PyThreadState’ {aka ‘struct _ts’} has no member named ‘use_tracing’; \
did you mean ‘tracing’?
b.c:7:1: error: ‘PyTypeObject’ {aka ‘struct _typeobject’} has no member named ‘tp_print’
"""

AS_BYTE_ARRAY = """\
uvloop/loop.c:177586:27: error: too few arguments to function ‘_PyLong_AsByteArray’
"""

AS_BYTE_ARRAY_CLANG = """\
object.c:75:34: error: too few arguments to function call, expected 6, have 5
longobject.h:85:17: note: '_PyLong_AsByteArray' declared here
"""

GET_SIZE = """\
a.cpp:9:3: error: ‘PyUnicode_GET_SIZE’ was not declared in this scope; did you mean ‘PyBytes_SIZE’?
"""

FRAME = """\
x.c:2:98: error: invalid use of incomplete typedef ‘PyFrameObject’ {aka ‘struct _frame’}
"""

IMP = """\
  File "<string>", line 3, in <module>
ModuleNotFoundError: No module named 'imp'
"""

NUMPY_DISTUTILS = """\
ModuleNotFoundError: No module named 'numpy.distutils'
"""

PARSER = """\
AttributeError: module 'configparser' has no attribute 'SafeConfigParser'. Did you mean: \
'RawConfigParser'?
"""

MAPPING = """\
ImportError: cannot import name 'Mapping' from 'collections' (/usr/lib/python3.10/collections.py)
"""

MODE = """\
ValueError: invalid mode: 'rU'
"""


@pytest.mark.parametrize(
    ("log", "python", "gone"),
    [
        (LONGINTREPR, "3.11", "longintrepr.h is gone since 3.11; try --python 3.10"),
        (GRAMINIT, "3.10", "the header of its old parser is gone since 3.10; try --python 3.9"),
        (AS_BYTE_ARRAY, "3.13", "_PyLong_AsByteArray is gone since 3.13; try --python 3.12"),
        (AS_BYTE_ARRAY_CLANG, "3.13", "_PyLong_AsByteArray is gone since 3.13; try --python 3.12"),
        (GET_SIZE, "3.14", "PyUnicode_GET_SIZE is gone since 3.12; try --python 3.11"),
        (FRAME, "3.12", "PyFrameObject is gone since 3.11; try --python 3.10"),
        (IMP, "3.12", "the module imp is gone since 3.12; try --python 3.11"),
        (NUMPY_DISTUTILS, "3.12", "the module numpy.distutils is gone since 3.12"),
        (PARSER, "3.13", "configparser.SafeConfigParser is gone since 3.12; try --python 3.11"),
        (MAPPING, "3.10", "collections.Mapping is gone since 3.10; try --python 3.9"),
        (MODE, "3.11", "the file mode U is gone since 3.11; try --python 3.10"),
        (USE_TRACING, "3.12", "tp_print is gone since 3.9; try a newer version of the project"),
    ],
)
def test_a_python_that_is_too_new_for_a_source_is_told(log: str, python: str, gone: str) -> None:
    hint = told(log, python=python)
    assert hint.startswith(f"the source, or what builds it, is too old for Python {python}: {gone}")
    assert hint.endswith("a newer version of the project")


def test_a_python_that_has_what_is_missing_is_not_to_blame() -> None:
    assert told(IMP, python="3.11") == ""
    assert told(FRAME, python="3.10") == ""


def test_setuptools_brings_distutils_back() -> None:
    log = "ModuleNotFoundError: No module named 'distutils'\n"
    assert told(log, given={}).startswith("--build-requirement setuptools: ")
    assert "--python 3.11" in told(log)


@pytest.mark.parametrize(
    ("log", "what"),
    [
        (
            (
                "error: the configured Python interpreter version (3.13) is newer than PyO3's "
                "maximum supported version (3.12)"
            ),
            "--python 3.12, a newer version of the project, or --env PYO3_USE_ABI3",
        ),
        (
            (
                "error: package `home v0.5.11` cannot be built because it requires rustc 1.81 or "
                "newer, while the currently active rustc version is 1.63.0"
            ),
            "rustup update",
        ),
        (
            "Caused by:\n  lock file version 4 requires `-Znext-lockfile-bump`",
            "rustup update",
        ),
        (
            (
                "a.c:3:5: error: implicit declaration of function ‘foo’ "
                "[-Wimplicit-function-declaration]"
            ),
            "--env CFLAGS=-Wno-error=implicit-function-declaration",
        ),
        (
            "AttributeError: module 'setuptools.dist' has no attribute 'check_test_suite'",
            "--build-as-of upload",
        ),
    ],
)
def test_other_ages_have_their_own_ways_out(log: str, what: str) -> None:
    assert what in told(log)


@pytest.mark.parametrize(
    "log",
    [
        "a.c:3:5: error: expected ‘;’ before ‘}’ token",
        "ModuleNotFoundError: No module named 'torch'",
        (
            "a.c:9:3: error: implicit declaration of function ‘_PyGen_Send’; did you mean "
            "‘PyIter_Send’? [-Wimplicit-function-declaration]"
        ),
        "error: ‘foo’ undeclared; did you mean ‘PyUnicode_GET_SIZE’?",
        "AttributeError: module 'collections' has no attribute 'Frob'",
        "error:",
        "foo.pyx:3:1: 'bar.pxd' not found",
    ],
)
def test_other_failures_show_no_mismatch(log: str) -> None:
    assert told(log) == ""
