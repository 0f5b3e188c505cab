"""What to try is read from the words of compilers, linkers and those who call them."""

from __future__ import annotations

import pytest

from wheelwell.programs import known_program
from wheelwell.remedy import remedy, to_install


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("yaml/_yaml.h:2:10: fatal error: yaml.h: No such file or directory", "the header yaml.h "),
        ("a.c:1:10: fatal error: openssl/ssl.h: No such file", "the header openssl/ssl.h "),
        ("a.c:1:10: fatal error: 'zlib.h' file not found", "the header zlib.h "),
        ("x.c:4:10: fatal error: Python.h: No such file or directory", "headers of this Python"),
        ("/usr/bin/ld: cannot find -lpq: No such file or directory", "the library pq "),
        ("/usr/bin/ld: cannot find -lyaml", "the library yaml "),
        ("ld: library not found for -lz", "the library z "),
        ("ld: library 'xml2' not found", "the library xml2 "),
        ("[Errno 2] No such file or directory: 'gcc'", "gcc, which cannot be started"),
        ("[Errno 13] Permission denied: '/opt/cc'", "/opt/cc, which cannot be started"),
        ("command 'gcc' failed: No such file or directory", "gcc, which cannot be started"),
        ("error: command 'x86_64-linux-gnu-g++-12' failed: No such file", "Debian: build-ess"),
        ("unable to execute 'cc': No such file or directory", "cc, which cannot be started"),
        ("unable to execute 'x86_64-linux-gnu-gcc': No such", "x86_64-linux-gnu-gcc, which"),
        ("sh: 1: cargo: command not found", "cargo, which cannot be started"),
        ("/bin/sh: 1: cmake: not found", "cmake, which cannot be started"),
        ("/bin/sh: ninja: not found", "ninja, which cannot be started"),
        ("[Errno 2] No such file or directory: '/opt/hipcc'", "/opt/hipcc, which cannot be"),
        ("make: gfortran: No such file or directory", "gfortran, which cannot be started"),
        ("env: ‘pkg-config’: No such file or directory", "pkg-config, which cannot be started"),
        ("./build.sh: line 3: frobnicate: command not found", "frobnicate, which cannot be"),
        ("  No CMAKE_CXX_COMPILER could be found.", "Fedora: gcc-c++"),
        ("  No CMAKE_CUDA_COMPILER could be found.", "Debian: nvidia-cuda-toolkit"),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc']]", "Alpine: build-base"),
        ("configure: error: no acceptable C compiler found in $PATH", "Alpine: build-base"),
        ("error: linker `cc` not found", "Debian: build-essential"),
        ('was unable to find a build program corresponding to "Ninja".', "Ninja, which"),
        ("error: can't find Rust compiler", "Homebrew: rust"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "Fedora: cargo"),
        ("OSError: CUDA_HOME environment variable is not set.", "Fedora: cuda-toolkit"),
        ("RuntimeError: CMake must be installed to build this", "or --build-requirement cmake"),
        (
            "../meson.build:1:0: ERROR: Could not detect Ninja v1.8.2 or newer",
            "Debian: ninja-build",
        ),
        ("Could NOT find PkgConfig (missing: PKG_CONFIG_EXECUTABLE)", "Fedora: pkgconf-pkg-config"),
        ("Error: pg_config executable not found.", "Debian: libpq-dev"),
        ("Please make sure the libxml2 and libxslt development packages", "Debian: libxslt1-dev"),
    ],
)
def test_what_is_missing_is_named(line: str, told: str) -> None:
    hint = remedy(["the extension a._b: not in the wheel", line, "speedups are not enabled"])
    assert hint.startswith("install ")
    assert told in hint


def test_the_first_cause_is_told_not_what_came_of_it() -> None:
    lines = ["a.c:1:10: fatal error: zlib.h: No such file or directory", "gcc: command not found"]
    assert "zlib.h" in remedy(lines)


def test_where_nothing_is_known_the_way_out_is_told() -> None:
    assert "--rebuild" in remedy(["command '/bin/false' failed with exit code 1"])
    assert "--rebuild" in remedy([])


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'README.rst'",
        "PermissionError: [Errno 13] Permission denied: '/etc/shadow'",
        "sh: 1: git: not found",
        "checking for frobnicate... not found",
        "Run-time dependency lapack found: NO",
        "/usr/include/python3.13/x.h:3:10: fatal error: longintrepr.h: No such file or directory",
        "error: command '/usr/bin/gcc' failed with exit code 1",
    ],
)
def test_what_is_no_program_and_no_header_of_the_system_is_not_to_be_installed(line: str) -> None:
    assert to_install([line]) == ""


def test_a_header_that_a_wheel_brings_is_a_build_requirement() -> None:
    line = "a.c:4:10: fatal error: numpy/arrayobject.h: No such file or directory"
    assert to_install([line]).startswith("--build-requirement numpy, which brings")


@pytest.mark.parametrize(
    ("named", "program"),
    [
        ("/usr/bin/x86_64-linux-gnu-g++-12", "c++"),
        ("clang-17", "cc"),
        ("aarch64-linux-musl-gcc", "cc"),
        ("CXX", "c++"),
        ("Fortran", "gfortran"),
        ("pkgconf", "pkg-config"),
        ("llvm-config", "llvm-config"),
        ("my-cmake", ""),
        ("README.md", ""),
    ],
)
def test_a_program_is_known_by_whatever_it_is_called(named: str, program: str) -> None:
    assert known_program(named) == program


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("libpq-fe.h", "Debian: libpq-dev, Fedora: libpq-devel, Alpine: libpq-dev"),
        ("openssl/ssl.h", "Debian: libssl-dev, Fedora: openssl-devel, Alpine: openssl-dev"),
        ("systemd/sd-daemon.h", "Debian: libsystemd-dev, Fedora: systemd-devel)"),
        ("Eigen/Core", "Debian: libeigen3-dev"),
        ("linux/limits.h", "Alpine: linux-headers"),
        ("unheard-of.h", "as in lib…-dev"),
    ],
)
def test_the_usual_packages_are_named(header: str, told: str) -> None:
    assert told in remedy([f"a.c:1:10: fatal error: {header}: No such file or directory"])


@pytest.mark.parametrize(
    ("library", "told"),
    [("pq", "Fedora: libpq-devel"), ("ssl", "libssl-dev"), ("foo", "as in lib…")],
)
def test_the_usual_packages_of_a_library_are_named(library: str, told: str) -> None:
    assert told in remedy([f"/usr/bin/ld: cannot find -l{library}"])


def test_a_failure_that_names_nothing_has_no_such_hint() -> None:
    assert to_install(["error: expected ';' before '}' token"]) == ""
