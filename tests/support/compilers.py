"""Compilers for tests: the machine's own, under another name and version."""

from __future__ import annotations

import shutil
from pathlib import Path

REAL = shutil.which("cc")
"""The machine's own; asked before any test has a say about `PATH`."""

SAYS = {
    "gcc": "gcc (Test) {version}\nCopyright (C) Free Software Foundation, Inc.",
    "clang": "Test clang version {version}",
    "nvcc": "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release {version}",
}


def make_compiler(into: Path, identity: str, version: str, *, commands: tuple[str, ...]) -> Path:
    """Put commands into a directory that compile as the machine's `cc` does.

    Asked for their version, they say that they are the compiler `identity`.
    """
    assert REAL is not None
    into.mkdir(parents=True, exist_ok=True)
    said = SAYS[identity].format(version=version)
    language = "-x c" if identity == "nvcc" else ""
    for name in commands:
        command = into / name
        command.write_text(
            f"#!/bin/sh\ncase \"$1\" in\n--version) echo '{said}'; exit;;\nesac\n"
            f'exec {REAL} {language} "$@"\n'
        )
        command.chmod(0o755)
    return into
