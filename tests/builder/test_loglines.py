"""Of a long log, the few lines are told that say why a build failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelwell.builder import loglines
from wheelwell.builder.loglines import MOST, telling_lines

MISSING_HEADER = """\
running build_ext
building '_cffi_backend' extension
creating build/temp.linux-x86_64-cpython-312/src/c
gcc -fno-strict-overflow -DNDEBUG -O2 -Wall -fPIC -c src/c/_cffi_backend.c -o _cffi_backend.o
src/c/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory
   15 | #include <ffi.h>
      |          ^~~~~~~
compilation terminated.
error: command '/usr/bin/gcc' failed with exit code 1
"""

MISSING_LIBRARY = """\
[3/3] Linking target psycopg/_psycopg.so
FAILED: psycopg/_psycopg.so
cc -shared -o psycopg/_psycopg.so psycopg/pqpath.o -lpq -lssl
/usr/bin/ld: cannot find -lpq: No such file or directory
collect2: error: ld returned 1 exit status
ninja: build stopped: subcommand failed.
"""

UNDEFINED = """\
/usr/bin/ld: build/a.o: in function `compress':
a.c:(.text+0x1f): undefined reference to `ZSTD_compress'
collect2: error: ld returned 1 exit status
"""

CMAKE = """\
-- Detecting CXX compile features - done
CMake Error at CMakeLists.txt:14 (find_package):
  By not providing "FindArrow.cmake" in CMAKE_MODULE_PATH this project has
  asked CMake to find a package configuration file provided by "Arrow", but
  CMake did not find one.

  Could not find a package configuration file provided by "Arrow" with any of
  the following names:

    ArrowConfig.cmake

-- Configuring incomplete, errors occurred!
"""

TRACEBACK = """\
running egg_info
Traceback (most recent call last):
  File "/env/site-packages/pyproject_hooks/_in_process.py", line 389, in <module>
    main()
    ~~~~^^
  File "<string>", line 12, in <module>
    raise RuntimeError("This package needs numpy, and it is not here")
ModuleNotFoundError: No module named 'numpy'
"""

BARE = """\
  File "<string>", line 28, in find_package_name
Exception: Can not find valid pkg-config name.
Specify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS env vars manually
"""

DOTTED = """\
Traceback (most recent call last):
  File "setup.py", line 3, in <module>
distutils.errors.DistutilsPlatformError: invalid Python installation
"""

UV = """\
Using Python 3.12.1 environment at: /cache/environments-v1/4fca/0
error: No solution found when resolving dependencies
  cause: Because absent was not found in the provided package locations and you require absent, \
we can conclude that your requirements are unsatisfiable.

hint: Packages were unavailable because index lookups were disabled
"""

UV_WRAPPED = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because setuptools-rust was not found in the provided package locations
      and you require setuptools-rust, we can conclude that your requirements
      are unsatisfiable.
"""

PIP = """\
Looking in indexes: http://127.0.0.1/simple/
ERROR: Could not find a version that satisfies the requirement absent (from versions: none)
ERROR: No matching distribution found for absent
"""

MESON = """\
Run-time dependency lapack found: NO (tried pkgconfig)

../meson.build:24:9: ERROR: Dependency "lapack" not found, tried pkgconfig
"""

CARGO = """\
   Compiling pyo3-build-config v0.20.0
error[E0432]: unresolved import `foo::bar`
 --> src/lib.rs:3:5
error: could not compile `demo` (lib) due to 1 previous error
"""

SHELL = """\
+ ./configure
./build.sh: line 3: autoreconf: command not found
"""


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (MISSING_HEADER, ["ffi.h: No such file", "command '/usr/bin/gcc' failed"]),
        (MISSING_LIBRARY, ["cannot find -lpq", "ld returned 1"]),
        (UNDEFINED, ["undefined reference to `ZSTD_compress'", "ld returned 1"]),
        (CMAKE, ["CMake Error at CMakeLists.txt:14", 'provided by "Arrow"']),
        (TRACEBACK, ["ModuleNotFoundError: No module named 'numpy'"]),
        (BARE, ["Exception: Can not find valid pkg-config name."]),
        (DOTTED, ["distutils.errors.DistutilsPlatformError"]),
        (UV, ["No solution found", "we can conclude"]),
        (UV_WRAPPED, ["No solution found", "Because setuptools-rust", "we can conclude"]),
        (PIP, ["satisfies the requirement absent", "No matching distribution"]),
        (MESON, ['Dependency "lapack" not found']),
        (CARGO, ["unresolved import `foo::bar`", "could not compile `demo`"]),
        (SHELL, ["autoreconf: command not found"]),
    ],
    ids=(
        "header library undefined cmake traceback bare dotted uv wrapped pip meson cargo shell"
    ).split(),
)
def test_lines_that_say_why_are_told_and_hardly_any_others(log: str, told: list[str]) -> None:
    lines = telling_lines(log)
    for part in told:
        assert any(part in line for line in lines), lines
    assert len(lines) <= len(told) + 1


@pytest.mark.parametrize(
    "harmless",
    [
        "gcc -Werror=format-security -c a.c",
        "copying src/errors.py -> build/lib",
        "checking for error_at_line... yes",
        "0 errors, 2 warnings",
        "a.c:3:5: warning: unused variable 'error' [-Wunused]",
    ],
)
def test_lines_that_only_speak_of_errors_are_not_told(harmless: str) -> None:
    assert telling_lines(f"{harmless}\nerror: the reason") == ("error: the reason",)


def test_order_is_the_log_s_and_each_line_is_told_once() -> None:
    log = "error: b\nerror: a\nerror: b\n"
    assert telling_lines(log) == ("error: b", "error: a")


def test_of_many_the_first_and_the_last_are_told() -> None:
    lines = telling_lines("".join(f"error: {number}\n" for number in range(100)))
    assert len(lines) == MOST
    assert lines[0] == "error: 0"
    assert lines[-1] == "error: 99"


def test_log_that_says_nothing_of_errors_is_told_by_its_end() -> None:
    log = "".join(f"step {number}\n" for number in range(100)) + "\n  \n"
    assert telling_lines(log) == tuple(f"step {number}" for number in range(100 - MOST, 100))


def test_a_whole_command_line_is_told_only_where_nothing_else_is() -> None:
    command = "error: Command '['gcc', '-c', 'a.c']' returned non-zero exit status 1."
    maturin = "Error: command ['maturin', 'build-wheel'] returned non-zero exit status 1"
    reason = "a.c:9:10: fatal error: portaudio.h: No such file or directory"

    assert telling_lines(f"{reason}\n{command}\n{maturin}\n") == (reason,)
    assert telling_lines(f"running build_ext\n{command}\n") == (command,)


def test_empty_log_tells_nothing() -> None:
    assert telling_lines("") == ()
    assert telling_lines("\n \n") == ()


def test_lines_are_fit_for_a_terminal() -> None:
    (line,) = telling_lines(f"\x1b[31merror:\x1b[0m \x07 {'x' * 1000} status 1\r\n")
    assert line.startswith("error: ? xxx")
    assert line.endswith("xxx status 1")
    assert "x … x" in line
    assert len(line) < 300


def test_of_a_very_long_log_beginning_and_end_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loglines, "READ", 10)
    log = tmp_path / "log"
    log.write_text("0123456789 and much more, up to 9876543210")
    assert loglines.read_log(log) == "01234567899876543210"
    assert loglines.read_log(log, start=30) == "to 9876543210"[-12:]
    log.write_text("all of it")
    assert loglines.read_log(log) == "all of it"
    assert loglines.read_log(log, start=4) == "of it"


@pytest.mark.parametrize(
    ("log", "hint"),
    [
        ("setuptools-scm was unable to detect version for /x", "SETUPTOOLS_SCM_PRETEND_VERSION"),
        ("error: something else", ""),
        ("x.h:8:4: error: #error no\nerror: command 'gcc' failed with exit code 1", ""),
    ],
)
def test_failure_that_is_met_again_and_again_has_a_hint(log: str, hint: str) -> None:
    found = loglines.hint_for(f"running build_ext\n{log}\n")
    assert hint in found
    assert bool(found) is bool(hint)


def test_of_many_lines_the_one_that_shows_a_mismatch_is_told() -> None:
    several = [f"a.c:{number}:1: error: ‘x{number}’ undeclared" for number in range(40)]
    sign = "a.c:9:9: error: ‘PyThreadState’ has no member named ‘use_tracing’"
    lines = telling_lines("\n".join([*several[:20], sign, *several[20:]]))
    assert len(lines) == MOST
    assert lines.index(sign) == MOST // 2 - 1
