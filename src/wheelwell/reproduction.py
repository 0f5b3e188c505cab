"""Reproduction: a build done once more, and its wheel compared with the one in the cache."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelwell.comparison import Finding, Member, compare, required
from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.wheel import Wheel

if TYPE_CHECKING:
    from wheelwell.builder.builder import Built

_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """How a second build of a wheel compares with the first."""

    wheel: Wheel
    """The one in the cache."""

    sha256: Sha256
    """Of the second one."""

    findings: tuple[Finding, ...]
    """What differs; nothing, where the bytes are the same."""

    kept: Path | None = None
    """Where the second wheel is, if it was to be kept."""

    @property
    def is_same(self) -> bool:
        """Whether both are the same, byte by byte."""
        return self.sha256 == self.wheel.sha256

    def to_json(self) -> dict[str, Any]:
        """Return what `wheelwell reproduce --json` prints."""
        return {
            "request": self.wheel.request,
            "filename": self.wheel.filename,
            "path": str(self.wheel.path),
            "python": self.wheel.python,
            "same": self.is_same,
            "sha256": [self.wheel.sha256, self.sha256],
            "differences": [finding.to_json() for finding in self.findings],
            "kept": None if self.kept is None else str(self.kept),
        }


def is_whole(wheel: Wheel) -> bool:
    """Say whether a stored wheel has the bytes that it was stored with. Raises `OSError`."""
    return _hash(wheel.path) == wheel.sha256


def reproduction_of(wheel: Wheel, built: Built, *, keep_in: Path | None) -> Reproduction:
    """Compare a wheel with one that was built again. Raises `OSError`."""
    sha256 = _hash(built.wheel)
    kept = None
    if keep_in is not None:
        keep_in.mkdir(parents=True, exist_ok=True)
        kept = Path(shutil.copyfile(built.wheel, keep_in / built.wheel.name))
    found = () if sha256 == wheel.sha256 else tuple(_findings(wheel, built))
    return Reproduction(wheel=wheel, sha256=sha256, findings=found, kept=kept)


def _findings(wheel: Wheel, built: Built) -> Iterator[Finding]:
    earlier = wheel.record.observed.requirements if wheel.record else {}
    yield from required(earlier, built.installed)
    if wheel.filename != built.wheel.name:
        yield Finding(file="", what=f"its name is {wheel.filename}, and {built.wheel.name}")
    with zipfile.ZipFile(wheel.path) as first, zipfile.ZipFile(built.wheel) as second:
        differences = list(
            compare(
                [*_members(first)],
                [*_members(second)],
                contents=lambda name: (first.read(name), second.read(name)),
            )
        )
    yield from differences
    if not differences:
        yield Finding(file="", what="all files are the same; the archive's own bytes differ")


def _members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        with archive.open(info) as file:
            sha256 = sha256_chunks(iter(lambda file=file: file.read(_CHUNK), b""))  # type: ignore[misc]
        yield Member(
            name=info.filename,
            sha256=sha256,
            size=info.file_size,
            time="{}-{:02}-{:02} {:02}:{:02}:{:02}".format(*info.date_time),
            mode=info.external_attr >> 16,
            method=info.compress_type,
        )


def _hash(path: Path) -> Sha256:
    with path.open("rb") as file:
        return sha256_chunks(iter(lambda: file.read(_CHUNK), b""))
