"""What is read from a log: which extensions were begun, which failed, and when builds give up."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelwell.buildlog import BuildLog, is_failure, is_surrender, read

# As these projects' builds printed it, without the options of compilers.
WHOLE = """\
running build_ext
building 'wrapt._wrappers' extension
gcc -O3 -c src/wrapt/_wrappers.c -o build/temp.linux-x86_64-cpython-311/src/wrapt/_wrappers.o
gcc -shared build/_wrappers.o -o build/lib/wrapt/_wrappers.cpython-311-x86_64-linux-gnu.so
installing to build/bdist.linux-x86_64/wheel
"""
OPTIONAL = """\
running build_ext
building 'wrapt._wrappers' extension
gcc -O3 -c src/wrapt/_wrappers.c -o build/temp/_wrappers.o
warning: build_ext: building extension "wrapt._wrappers" failed: [Errno 2] No such file or \
directory: 'gcc'

installing to build/bdist.linux-x86_64/wheel
"""
SIMPLEJSON = """\
building 'simplejson._speedups' extension
/bin/false -c simplejson/_speedups.c -o build/simplejson/_speedups.o
***************************************************************************
WARNING: The C extension could not be compiled, speedups are not enabled.
Failure information, if any, is above.
I'm retrying the build without the C extension now.
***************************************************************************
running bdist_wheel
WARNING: The C extension could not be compiled, speedups are not enabled.
Plain-Python installation succeeded.
"""
COVERAGE = """\
building 'coverage.tracer' extension
** Couldn't install with extension module, trying without it...
** BuildFailed: Command '['gcc', '-c', 'a.c']' returned non-zero exit status 1.
"""
PYYAML = """\
building 'yaml._yaml' extension
yaml/_yaml.h:2:10: fatal error: yaml.h: No such file or directory
    2 | #include <yaml.h>
compilation terminated.
Error compiling module, falling back to pure Python
"""
ZOPE = """\
building 'zope.proxy._zope_proxy_proxy' extension
        An optional code optimization (C extension) could not be compiled.
        Optimizations for this package will not be available!
command 'gcc' failed: Permission denied
"""
SETPROCTITLE = """\
building 'setproctitle._setproctitle' extension
Failed to build extension setproctitle._setproctitle: [Errno 2] No such file: 'gcc'
Failed to build C module: [Errno 2] No such file: 'gcc'
"""
PYRSISTENT = """\
building 'pvectorc' extension
WARNING: Could not build the pvectorc extension module.
         Pyrsistent will still work but performance may be degraded.
"""
DULWICH = """\
running build_ext
running build_rust
error: failed to get `pyo3` as a dependency of package `objects-py v0.22.6`
build_rust: optional Rust extension dulwich._objects failed
`cargo metadata --manifest-path crates/objects/Cargo.toml` failed with code 101
"""


def test_extension_that_is_compiled_was_linked_and_did_not_fail() -> None:
    log = read(WHOLE.splitlines())
    (attempt,) = log.attempts
    assert (attempt.name, attempt.is_linked, attempt.failures) == ("wrapt._wrappers", True, ())
    assert log.runs_build_ext
    assert log.failures == log.surrenders == ()


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (OPTIONAL, "wrapt._wrappers", 'building extension "wrapt._wrappers" failed'),
        (SIMPLEJSON, "simplejson._speedups", "speedups are not enabled"),
        (COVERAGE, "coverage.tracer", "returned non-zero exit status 1"),
        (PYYAML, "yaml._yaml", "fatal error: yaml.h: No such file or directory"),
        (ZOPE, "zope.proxy._zope_proxy_proxy", "could not be compiled"),
        (SETPROCTITLE, "setproctitle._setproctitle", "Failed to build C module"),
        (PYRSISTENT, "pvectorc", "Could not build the pvectorc extension module"),
        (DULWICH, "dulwich._objects", "optional Rust extension dulwich._objects failed"),
    ],
    ids="wrapt simplejson coverage pyyaml zope setproctitle pyrsistent dulwich".split(),
)
def test_extension_that_failed_is_told_of_with_the_lines_that_say_so(
    text: str, name: str, told: str
) -> None:
    (attempt,) = read(text.splitlines()).attempts
    assert attempt.name == name
    assert not attempt.is_linked
    assert any(told in line for line in attempt.failures)


def test_failure_is_of_the_extension_that_was_begun_last() -> None:
    text = WHOLE + PYYAML + WHOLE.replace("wrapt", "other")
    first, second, third = read(text.splitlines()).attempts
    assert (first.failures, third.failures) == ((), ())
    assert "yaml.h" in second.failures[0]


def test_extension_that_is_tried_twice_is_one() -> None:
    (attempt,) = read((PYYAML + PYYAML).splitlines()).attempts
    assert len(attempt.failures) == 2


def test_object_file_of_a_module_is_not_the_module() -> None:
    text = "building 'a._b' extension\ngcc -c a/_b.c -o build/a/_b.o\n"
    (attempt,) = read(text.splitlines()).attempts
    assert not attempt.is_linked
    assert attempt.first == ("gcc -c a/_b.c -o build/a/_b.o",)


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/ld: cannot find -lyaml: No such file or directory",
        "collect2: error: ld returned 1 exit status",
        "a.c:(.text+0x1f): undefined reference to `ZSTD_compress'",
        "unable to execute 'gcc': No such file or directory",
        "error: command '/usr/bin/gcc' failed with exit code 1",
        "error[E0432]: unresolved import `foo::bar`",
        "error: could not compile `demo` (lib) due to 1 previous error",
        "distutils.errors.CompileError: command 'cc' failed",
        "CMake Error at CMakeLists.txt:14 (find_package):",
    ],
)
def test_words_of_compilers_and_linkers_are_failures(line: str) -> None:
    assert is_failure(line)


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: Failed to compile C++ extension, falling back to pure Python",
        "libyaml is not found or a compiler error: forcing --without-libyaml",
        "Speedups could not be built",
        "unable to build the C extension",
        "continuing without the C extension",
    ],
)
def test_words_of_projects_that_go_on_are_surrenders(line: str) -> None:
    assert is_surrender(line)


@pytest.mark.parametrize(
    "line",
    [
        "copying src/errors.py -> build/lib/errors.py",
        "adding 'coverage/exceptions.py'",
        "warning: no previously-included files found matching 'lib/cyextension/*.c'",
        "gcc -Werror=format-security -c a.c -o a.o",
        "a.c:3:5: warning: unused variable 'error' [-Wunused]",
        "        Package would be ignored #",
        "Could not import setuptools_scm, using the version file",
        "0 errors, 2 warnings",
        "checking for error_at_line... yes",
        "adding 'zope/proxy/_zope_proxy_proxy.c'",
        "`project.license` as a TOML table is deprecated",
        "building extension modules",
    ],
)
def test_what_healthy_builds_print_is_neither(line: str) -> None:
    assert not is_failure(line)
    assert not is_surrender(line)


@given(st.text(alphabet="building 'a.b' extension\n\"failed:-o .so\x1b[", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(read(text.splitlines()), BuildLog)


def test_long_lines_are_read_in_a_moment() -> None:
    lines = [word * 200_000 for word in ("native ", "could not build ", "-o a.so ", "command '")]
    begun = time.process_time()
    read(["building 'a' extension", *lines])
    assert time.process_time() - begun < 20  # what is quadratic takes hours


def test_lines_are_fit_for_a_terminal_and_short() -> None:
    (attempt,) = read(["building 'a' extension", f"\x1b[31merror:\x1b[0m {'x' * 5000}"]).attempts
    assert attempt.failures[0].startswith("error: xxx")
    assert len(attempt.failures[0]) < 300
