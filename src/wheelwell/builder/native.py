"""Native code: what the head of an extension module says of itself (ELF, Mach-O)."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

HEAD = 64
"""How many bytes of a file are enough to tell."""

_ELF: Mapping[int, str] = {
    0x03: "i686",
    0x15: "ppc64le",
    0x16: "s390x",
    0x28: "armv7l",
    0x3E: "x86_64",
    0xB7: "aarch64",
    0xF3: "riscv64",
    0x102: "loongarch64",
}
_MACH: Mapping[int, str] = {0x01000007: "x86_64", 0x0100000C: "arm64"}
_FAT = b"\xca\xfe\xba\xbe"
_NATIVE = re.compile(r"\.(pyd|dll|dylib|so(\.\d+)*)$")


def is_native(name: str) -> bool:
    """Say whether a file of a wheel should be native code that the interpreter loads."""
    return _NATIVE.search(name) is not None


def machines(head: bytes) -> tuple[str, ...]:
    """Return the architectures of native code, empty where it is none that is known.

    A Mach-O file for several architectures (a "universal" one) has as many.
    """
    head = head.ljust(HEAD, b"\0")  # a file may be shorter; no architecture is 0
    if head[:4] == b"\x7fELF":
        order = "<" if head[5] == 1 else ">"
        return _named(_ELF, struct.unpack_from(f"{order}H", head, 18))
    if head[:4] in {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"}:
        return _named(_MACH, struct.unpack_from("<I", head, 4))
    if head[:4] == _FAT:
        return _named(_MACH, struct.unpack_from(">I16xI", head, 8))
    return ()


def _named(names: Mapping[int, str], numbers: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(names[number] for number in numbers if number in names)
