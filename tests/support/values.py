"""Values for tests, spelled out: an interpreter, a build that is fully named, its record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wheelwell.digest import Sha256
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.record import Observed, Record, Stamp
from wheelwell.settings import Settings
from wheelwell.source import Archive
from wheelwell.toolchain import Compiler, Toolchain

CPYTHON_313 = Interpreter(
    executable="/opt/python/bin/python3.13",
    implementation="cpython",
    version="3.13.0",
    soabi="cpython-313-x86_64-linux-gnu",
    extension_suffix=".cpython-313-x86_64-linux-gnu.so",
    platform="linux_x86_64",
    machine="x86_64",
    libc=("glibc", "2.36"),
    tags=("cp313-cp313-manylinux_2_36_x86_64", "cp313-abi3-linux_x86_64", "py3-none-any"),
    markers={"python_version": "3.13", "sys_platform": "linux"},
    compilers={"CC": "gcc", "CXX": "g++"},
)
"""A final CPython on Linux."""

GCC = Compiler(
    role="cc",
    identity="gcc",
    version="gcc (Debian 12.2.0-14) 12.2.0",
    target="x86_64-linux-gnu",
)
"""A C compiler."""

PURE = Keyed(
    name="foo",
    version="1.0",
    source=Archive(sha256=Sha256("ab" * 32)),
    interpreter=CPYTHON_313,
    settings=Settings(),
    toolchain=Toolchain(),
)
"""The build of a source without compiled code, with nothing set."""

FOO_WHEEL = "foo-1.0-py3-none-any.whl"
"""The file name of the wheel of `PURE`."""


def record_of(keyed: Keyed = PURE, **changes: Any) -> Record:
    """Return a record of a build, with some fields changed."""
    record = Record(
        key=keyed.key(),
        inputs=keyed.inputs(),
        build="0123456789abcdef",
        filename=FOO_WHEEL,
        sha256=Sha256("cd" * 32),
        stamp=Stamp(size=4, mtime_ns=3, ctime_ns=2, inode=1),
        native=("foo/_native.so",),
        observed=Observed(
            python="3.13.0",
            libc="glibc 2.36",
            requirements={"setuptools": "80.9.0"},
            wheelwell="0.1",
            frontend="build 1.6.1, uv 0.9.0",
            origin="https://files.example/foo-1.0.tar.gz",
            built_at="2026-11-20T22:00:00+00:00",
            seconds=1.5,
            cpu_seconds=1.25,
            peak_memory=1 << 20,
        ),
    )
    return replace(record, **changes)
