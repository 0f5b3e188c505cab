"""What a build's log, its wheel and its build files say of extensions is gathered from disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import make_wheel
from wheelwell.builder.shortfall import declares_extensions, holds_programs, log_of_hook

ELF = b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00" + bytes(44)


def test_log_is_read_from_where_the_hook_began(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    before = "building 'of.a.requirement' extension\n"
    log.write_bytes(before.encode() + b"\xff\nbuilding 'foo._bar' extension\n")

    assert [each.name for each in log_of_hook(log, len(before)).attempts] == ["foo._bar"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", "setup(ext_modules=[Extension('a', ['a.c'])])"),
        ("setup.py", "setup(cffi_modules=['build.py:ffi'])"),
        ("setup.py", "extensions = cythonize ('a.pyx')"),
        ("setup.py", "from mypyc.build import mypycify; modules = mypycify(['a.py'])"),
        ("_custom_build.py", "RustExtension; rust_extensions = []"),
        ("pyproject.toml", "[tool.setuptools]\next-modules = [{name = 'a'}]"),
        ("pyproject.toml", "[[tool.setuptools-rust.ext-modules]]"),
        ("pyproject.toml", "[tool.hatch.build.hooks.mypyc]\ndependencies = ['hatch-mypyc']"),
    ],
)
def test_build_file_that_speaks_of_extensions_is_seen(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert declares_extensions(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", "setup(name='a')  # no ext_modules any more"),
        ("package/setup.py", "setup(ext_modules=[Extension('a', ['a.c'])])"),
        ("README.md", "ext_modules = []"),
        ("setup.py", "x" * (1 << 18) + " ext_modules"),
    ],
)
def test_what_no_build_reads_is_not_looked_at(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "a-directory.py").mkdir()
    assert not declares_extensions(tmp_path)


def test_native_code_of_another_name_is_found(tmp_path: Path) -> None:
    name, files = "foo-1.0.data/scripts/foo", {"foo/__init__.py": b"", "foo/short": b"\x7f"}
    plain = make_wheel(tmp_path / "plain", "foo", "1.0", files=files)
    program = make_wheel(tmp_path / "program", "foo", "1.0", files={**files, name: ELF})

    assert not holds_programs(plain)
    assert holds_programs(program)
