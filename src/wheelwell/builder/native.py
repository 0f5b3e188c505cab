"""Native code: what the head of an extension module says of itself (ELF, Mach-O)."""

from __future__ import annotations

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


def is_native(name: str) -> bool:
    """Say whether a file of a wheel should be native code that the interpreter loads."""
    base = name.rpartition("/")[2]
    return base.endswith((".so", ".dylib", ".pyd", ".dll")) or ".so." in base


def machines(head: bytes) -> tuple[str, ...]:
    """Return the architectures of native code, empty where it is none that is known.

    A Mach-O file for several architectures (a "universal" one) has as many.
    """
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        order = "<" if head[5] == 1 else ">"
        return tuple(filter(None, (_ELF.get(struct.unpack_from(f"{order}H", head, 18)[0], ""),)))
    if head[:4] in {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"}:
        return tuple(filter(None, (_MACH.get(struct.unpack_from("<I", head, 4)[0], ""),)))
    if head[:4] == _FAT and len(head) >= 28:
        kinds = (struct.unpack_from(">I", head, 8)[0], struct.unpack_from(">I", head, 28)[0])
        return tuple(_MACH[kind] for kind in kinds if kind in _MACH)
    return ()
