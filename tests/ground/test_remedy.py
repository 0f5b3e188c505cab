"""What to try is read from the words of compilers, linkers and those who call them."""

from __future__ import annotations

import pytest

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
        ("[Errno 2] No such file or directory: 'gcc'", "a compiler: gcc cannot be started"),
        ("[Errno 13] Permission denied: '/opt/cc'", "a compiler: /opt/cc cannot be started"),
        ("command 'gcc' failed: No such file or directory", "a compiler: gcc cannot be started"),
        ("unable to execute 'cc': No such file or directory", "a compiler: cc cannot be started"),
        ("unable to execute 'x86_64-linux-gnu-gcc': No such", "x86_64-linux-gnu-gcc cannot be"),
        ("sh: 1: cargo: command not found", "a compiler: cargo cannot be started"),
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
        ("x.cpp:196:12: fatal error: longintrepr.h: No such file or directory", "an older Python"),
        (
            "a.c:3:53: error: \u2018PyLongObject\u2019 has no member named",
            "not made for this Python (PyLongObject): take a newer",
        ),
        ("a.c:9: error: too few arguments to \u2018_PyLong_AsByteArray\u2019", "an older Python"),
        ("a.c:9: error: call to undeclared function '_PyGen_Send'; ISO C99", "an older Python"),
        ("(Could not resolve host: index.of.crates)", "build where index.of.crates can be reached"),
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
    ],
)
def test_a_file_that_is_missing_is_no_compiler_and_no_program(line: str) -> None:
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
