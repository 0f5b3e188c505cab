"""What to try is read from the words of compilers, linkers and those who call them."""

from __future__ import annotations

import pytest

from wheelwell.programs import usual_name
from wheelwell.remedy import remedy, to_install, to_mend


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
        ("ld: library 'xml2' not found", "the library xml2 for development (Debian: libxml2-dev"),
        ("[Errno 2] No such file or directory: 'gcc'", "a compiler: gcc cannot be started"),
        ("[Errno 2] No such file or directory: 'clang'", "Debian: clang, "),
        ("error: command 'gcc' failed: No such file", "gcc, or xcode-select --install on macOS)"),
        ("sh: 1: cmake: not found", "cmake, or --build-requirement cmake)"),
        ("[Errno 13] Permission denied: '/opt/cc'", "a compiler: /opt/cc cannot be started"),
        ("command 'gcc' failed: No such file or directory", "a compiler: gcc cannot be started"),
        ("unable to execute 'cc': No such file or directory", "a compiler: cc cannot be started"),
        ("unable to execute 'x86_64-linux-gnu-gcc': No such", "x86_64-linux-gnu-gcc cannot be"),
        ("sh: 1: cargo: command not found", "a compiler: cargo cannot be started"),
        ("error: command 'x86_64-linux-gnu-g++-12' failed: No such file", "Debian: build-essent"),
        ("[Errno 2] No such file or directory: '/opt/hipcc'", "compiler: /opt/hipcc cannot be"),
        ("./build.sh: line 3: frobnicate: command not found", "the program frobnicate"),
        ("  No CMAKE_CXX_COMPILER could be found.", "no c++ is found (Debian: build-essential"),
        ("  No CMAKE_CUDA_COMPILER could be found.", "no nvcc is found (Debian: nvidia-cuda-tool"),
        ("configure: error: no acceptable C compiler found in $PATH", "no cc is found (Debian"),
        ('was unable to find a build program corresponding to "Ninja".', "Fedora: ninja-build"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "Fedora: cargo"),
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
    ("header", "told"),
    [
        ("libpq-fe.h", "Debian: libpq-dev, Fedora: libpq-devel, Alpine: libpq-dev"),
        ("graphviz/cgraph.h", "Debian: libgraphviz-dev, Fedora: graphviz-devel"),
        ("openssl/ssl.h", "Debian: libssl-dev, Fedora: openssl-devel, Alpine: openssl-dev"),
        ("systemd/sd-daemon.h", "Debian: libsystemd-dev, Fedora: systemd-devel"),
        ("unheard-of.h", "as in lib…-dev"),
    ],
)
def test_the_usual_packages_are_named(header: str, told: str) -> None:
    assert told in remedy([f"a.c:1:10: fatal error: {header}: No such file or directory"])


def test_a_failure_that_names_nothing_has_no_such_hint() -> None:
    assert to_install(["error: expected ';' before '}' token"]) == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            '../cairo/meson.build:31:12: ERROR: Dependency "cairo" not found (tried pkg-config)',
            "what brings cairo.pc, which pkg-config looks for (Debian: libcairo2-dev",
        ),
        ("No package 'libsystemd' found", "Debian: libsystemd-dev"),
        ("Package 'libpcsclite', required by 'virtual:world', not found", "libpcsclite.pc"),
        ("Package krb5-gssapi was not found in the pkg-config search path.", "Debian: libkrb5-dev"),
        ("Error: pg_config executable not found.", "the program pg_config (Debian: libpq-dev"),
        ("Could not run curl-config: [Errno 2] No such file: 'curl-config'", "the program curl-c"),
        ("/bin/sh: 1: krb5-config: not found", "the program krb5-config (Debian: libkrb5-dev"),
        ("meson.build:3:7: ERROR: Program 'frob' not found or not executable", "program frob"),
        ("error: command 'swig' failed: No such file or directory", "the program swig (Debian"),
        ("../meson.build:66:0: ERROR: Unknown compiler(s): [['gfortran'], ['g95']]", "gfortran"),
        (
            "a.c:3:53: error: \u2018PyLongObject\u2019 has no member named",
            "not made for this Python (PyLongObject): take a newer",
        ),
        ("a.c:9: error: call to undeclared function '_PyGen_Send'; ISO C99", "an older Python"),
        ("(Could not resolve host: index.of.crates)", "build where index.of.crates can be reached"),
        ("/bin/sh: 1: cmake: not found", "the program cmake (Debian: cmake"),
        ("make: gfortran: No such file or directory", "a compiler: gfortran cannot be started"),
        ("env: ‘pkg-config’: No such file or directory", "the program pkg-config (Debian"),
        ("error: linker `cc` not found", "a compiler: cc cannot be started (Debian"),
        ("error: can't find Rust compiler", "a compiler: rustc cannot be started (Debian: cargo"),
        ("OSError: CUDA_HOME environment variable is not set.", "Fedora: cuda-toolkit"),
        ("RuntimeError: CMake must be installed to build this", "the program cmake"),
        (
            "../meson.build:1:0: ERROR: Could not detect Ninja v1.8.2 or newer",
            "Debian: ninja-build",
        ),
        ("Could NOT find PkgConfig (missing: PKG_CONFIG_EXECUTABLE)", "Fedora: pkgconf-pkg-config"),
        ("Error: Please make sure the libxml2 and libxslt development packages", "libxslt1-dev"),
        ("a.c:4:10: fatal error: Eigen/Core: No such file or directory", "libeigen3-dev"),
        ("a.c:4:10: fatal error: linux/limits.h: No such file or directory", "linux-headers"),
        ("a.c:4: fatal error: numpy/ndarrayobject.h: No such file", "--build-requirement numpy, "),
    ],
)
def test_what_mends_a_build_is_read_from_its_telling_lines(line: str, told: str) -> None:
    assert told in to_mend([line], [])


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'",
        "error: README.md not found",
        "error: package directory 'src' not found",
        "error: something else",
        "a.c:1:2: fatal error: longintrepr.h: No such file or directory",
        "a.c:9: error: too few arguments to ‘_PyLong_AsByteArray’",
        "a.c:9: error: ‘PyArray_Descr’ {aka ‘struct _PyArray_Descr’} has no member named ‘elsize’",
        "configure: error: no acceptable frob found",
        "sh: 1: git: not found",
        "a.c:3:1: error: unknown type name ‘PyArrayFoo’",
    ],
)
def test_what_is_no_program_and_no_header_of_the_system_is_not_to_be_installed(line: str) -> None:
    assert to_mend([line], [line]) == ""


def test_what_a_build_could_do_without_is_not_what_mends_it() -> None:
    log = [
        "conftest.c:1:10: fatal error: yaml.h: No such file or directory",
        "checking for swig... not found",
        "No package 'cairo' found",
    ]
    last = "a.c:1:10: fatal error: zlib.h: No such file or directory"

    assert "zlib.h" in to_mend([], [*log, last])
    assert "zlib.h" in to_mend([log[0], last], log)
    assert to_mend(["error: something else"], log[1:]) == ""


def test_of_packages_that_may_stand_in_for_each_other_the_first_is_told() -> None:
    tried = [
        f"Command 'pkg-config --exists {name}' returned non-zero exit status 1."
        for name in ("mysqlclient", "mariadb", "perconaserverclient")
    ]

    assert "Debian: default-libmysqlclient-dev" in to_mend(
        ["Exception: Can not find valid pkg-config name."], tried
    )


def test_where_pkg_config_is_missing_it_is_told_before_what_it_would_find() -> None:
    telling = ['../meson.build:9:1: ERROR: Dependency "cairo" not found, tried pkgconfig']
    log = ["Did not find pkg-config by name 'pkg-config'", *telling]

    assert "program pkg-config (" in to_mend(telling, log)
    assert "cairo.pc" in to_mend(telling, telling)
    assert to_mend(["error: something else"], log[:1]) == ""


def test_a_program_that_a_shell_does_not_find_is_told_from_the_log() -> None:
    log = ["/bin/sh: 1: krb5-config: not found", "sh: 1: frobnicate: not found"]

    assert "Debian: libkrb5-dev" in to_mend(["error: something else"], log)


@pytest.mark.parametrize(
    ("named", "name"),
    [
        ("/usr/bin/x86_64-linux-gnu-g++-12", "c++"),
        ("clang-17", "clang"),
        ("aarch64-linux-musl-gcc", "cc"),
        ("CXX", "c++"),
        ("Fortran", "gfortran"),
        ("Unix Makefiles", "make"),
        ("llvm-config", "llvm-config"),
        ("my-cmake", "my-cmake"),
    ],
)
def test_a_program_is_known_by_whatever_it_is_called(named: str, name: str) -> None:
    assert usual_name(named) == name
