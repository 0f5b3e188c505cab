"""What to try is read from the words of compilers, linkers and those who call them."""

from __future__ import annotations

import pytest

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
        ("openssl/ssl.h", "Debian: libssl-dev, Fedora: openssl-devel, Alpine: openssl-dev"),
        ("systemd/sd-daemon.h", "Debian: libsystemd-dev, Fedora: systemd-devel)"),
        ("unheard-of.h", "as in lib…-dev"),
    ],
)
def test_the_usual_packages_are_named(header: str, told: str) -> None:
    assert told in remedy([f"a.c:1:10: fatal error: {header}: No such file or directory"])


def test_a_failure_that_names_nothing_has_no_such_hint() -> None:
    assert to_install(["error: expected ';' before '}' token"]) == ""
