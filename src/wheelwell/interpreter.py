"""Interpreters: a Python as a build and an installer see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OLDEST = (3, 9)
"""The oldest Python that wheels are built for (what `packaging` can describe from within)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python executable, with all of it that decides what is built and what fits."""

    executable: str
    """Absolute path of the base interpreter, behind environments and links."""

    implementation: str
    """`sys.implementation.name`, as in `cpython`."""

    version: str
    """The full version (PEP 440), as in `3.13.0` or `3.15.0a2`."""

    soabi: str
    """`SOABI`: names threading, debug and platform of extension modules."""

    extension_suffix: str
    """`EXT_SUFFIX`, as in `.cpython-313-x86_64-linux-gnu.so`."""

    platform: str
    """The platform tag of what is built here (PEP 425), as in `linux_x86_64`."""

    machine: str
    """The architecture of the interpreter itself, as in `x86_64`."""

    libc: tuple[str, str]
    """Family and version, as in `("glibc", "2.36")`; two empty strings where there is none."""

    tags: tuple[str, ...]
    """The tags of wheels that run here, the most wanted first (PEP 425)."""

    markers: Mapping[str, str]
    """The environment markers (PEP 508)."""

    compilers: Mapping[str, str]
    """The interpreter's own compiler commands (`CC`, `CXX`), empty where it has none."""

    @property
    def series(self) -> str:
        """The version's first two numbers, as in `3.13`."""
        return ".".join(self.version.split(".")[:2])

    def inputs(self) -> dict[str, str]:
        """Return the interpreter's part of the key.

        Before its final release a Python's ABI may still change: its full version is then named.
        """
        final = self.version.replace(".", "").isdigit()
        return {
            "implementation": self.implementation,
            "version": self.series if final else self.version,
            "soabi": self.soabi,
        }

    def platform_inputs(self) -> dict[str, str]:
        """Return the platform's part of the key; the libc's version is left to the fit."""
        return {"tag": self.platform, "machine": self.machine, "libc": self.libc[0]}

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "executable": self.executable,
            "implementation": self.implementation,
            "version": self.version,
            "soabi": self.soabi,
            "extension_suffix": self.extension_suffix,
            "platform": self.platform,
            "machine": self.machine,
            "libc": list(self.libc),
            "tags": list(self.tags),
            "markers": dict(self.markers),
            "compilers": dict(self.compilers),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Interpreter:
        """Read what `to_json` wrote.

        Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` where it is something else.
        """
        family, libc_version = value["libc"]
        return cls(
            executable=_text(value, "executable"),
            implementation=_text(value, "implementation"),
            version=_text(value, "version"),
            soabi=_text(value, "soabi"),
            extension_suffix=_text(value, "extension_suffix"),
            platform=_text(value, "platform"),
            machine=_text(value, "machine"),
            libc=(str(family), str(libc_version)),
            tags=tuple(map(str, value["tags"])),
            markers={str(name): str(text) for name, text in value["markers"].items()},
            compilers={str(name): str(text) for name, text in value["compilers"].items()},
        )


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is not text")
    return text
