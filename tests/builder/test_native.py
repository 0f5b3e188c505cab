"""Native code is known by its name, and its architecture by its head."""

from __future__ import annotations

import os
import platform
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.builder.native import HEAD, is_native, machines


def elf(number: int, order: str = "<", bits: int = 2) -> bytes:
    """Return the head of an ELF file for a machine, by its number (the System V ABI's)."""
    ident = b"\x7fELF" + bytes([bits, 1 if order == "<" else 2, 1]) + bytes(9)
    return ident + struct.pack(f"{order}HHI", 3, number, 1) + bytes(40)


def fat(*numbers: int) -> bytes:
    """Return the head of a universal Mach-O file."""
    entries = b"".join(struct.pack(">5I", number, 0, 4096, 1, 12) for number in numbers)
    return (b"\xca\xfe\xba\xbe" + struct.pack(">I", len(numbers)) + entries).ljust(HEAD, b"\0")


X86_64, ARM64 = 0x01000007, 0x0100000C


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (elf(0x3E), ("x86_64",)),
        (elf(0x03, bits=1), ("i686",)),
        (elf(0xB7), ("aarch64",)),
        (elf(0x28, bits=1), ("armv7l",)),
        (elf(0x15), ("ppc64le",)),
        (elf(0x16, ">"), ("s390x",)),
        (elf(0xF3), ("riscv64",)),
        (elf(0x102), ("loongarch64",)),
        (elf(0x7777), ()),
        (b"\xcf\xfa\xed\xfe" + struct.pack("<I", X86_64), ("x86_64",)),
        (b"\xcf\xfa\xed\xfe" + struct.pack("<I", ARM64), ("arm64",)),
        (fat(X86_64, ARM64), ("x86_64", "arm64")),
        (fat(ARM64), ("arm64",)),
        (b"/* GNU ld script */ INPUT(libfoo.so.1)", ()),
        (b"", ()),
    ],
)
def test_architecture_is_read_from_the_head(head: bytes, found: tuple[str, ...]) -> None:
    assert machines(head) == found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads an ELF file")
def test_a_real_program_is_for_this_machine() -> None:
    with open(os.path.realpath(sys.executable), "rb") as file:
        assert machines(file.read(HEAD)) == (platform.machine(),)


BEGINNINGS = [b"", b"\x7fELF", b"\x7fELF\x02\x01", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=HEAD))
@settings(deadline=None)
def test_no_file_is_too_short_or_too_strange_to_be_read(beginning: bytes, rest: bytes) -> None:
    assert isinstance(machines((beginning + rest)[:HEAD]), tuple)


@pytest.mark.parametrize(
    "name",
    [
        "foo/_foo.cpython-313-x86_64-linux-gnu.so",
        "foo/_foo.abi3.so",
        "foo.libs/libgomp-a34b3233.so.1.0.0",
        "foo/.dylibs/libz.1.dylib",
        "foo/_foo.pyd",
        "foo/foo.dll",
    ],
)
def test_extension_modules_and_libraries_are_native(name: str) -> None:
    assert is_native(name)


@pytest.mark.parametrize("name", ["foo/so", "foo.so/data.txt", "foo/notes.so.txt", "foo/also", ""])
def test_what_is_only_called_alike_is_not_native(name: str) -> None:
    assert not is_native(name)
