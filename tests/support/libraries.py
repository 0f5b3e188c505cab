"""Shared libraries for tests, made by the machine's own compiler: `libdemo.so.1`, old or new."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

NAME = "libdemo.so.1"


def make_library(into: Path, *, level: int, name: str = NAME) -> Path:
    """Put a library into a directory, in place of one that is there, with its header.

    It has functions `demo_1` to `demo_{level}`, each with a symbol version of its own (`DEMO_1`
    to `DEMO_{level}`), as glibc's and libstdc++'s have; `DEMO_NEWEST()` calls the last.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        source, script, built = (Path(scratch, each) for each in ("demo.c", "demo.map", name))
        numbers = range(1, level + 1)
        source.write_text("".join(f"int demo_{n}(void) {{ return {n}; }}\n" for n in numbers))
        script.write_text("".join(f"DEMO_{n} {{ global: demo_{n}; }};\n" for n in numbers))
        command = ["cc", "-shared", "-fPIC", f"-Wl,--version-script={script}"]
        command += [f"-Wl,-soname,{name}", str(source), "-o", str(built)]
        subprocess.run(command, check=True)
        (into / "demo.h").write_text(
            f"int demo_{level}(void);\n#define DEMO_NEWEST() demo_{level}()\n"
        )
        _move(built, into / name)
    link = into / "libdemo.so"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    return into / name


def link_to(directory: Path, *further: str) -> list[str]:
    """Return what a compiler is told to link to the library in a directory."""
    return [f"-I{directory}", f"-L{directory}", "-Wl,--no-as-needed", "-ldemo", *further]


def compile_shared(source: str, into: Path, *arguments: str) -> bytes:
    """Compile C to a shared library, and return its bytes."""
    into.mkdir(parents=True, exist_ok=True)
    (into / "shared.c").write_text(source)
    command = ["cc", "-shared", "-fPIC", str(into / "shared.c"), "-o", str(into / "shared.so")]
    subprocess.run([*command, *arguments], check=True)
    return (into / "shared.so").read_bytes()


def _move(source: Path, target: Path) -> None:
    """Copy beside the target and rename, as a package manager does: it is another file then."""
    staged = target.with_name(f".{target.name}")
    staged.write_bytes(source.read_bytes())
    os.replace(staged, target)
