"""Checking a built wheel before it is stored: a bad one must never be.

Follows the binary distribution format (PEP 427, 491, 566) and the recording of installed files
(PEP 376, 627). All findings are collected before any is told.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from installer.exceptions import InstallerError
from installer.records import parse_record_file
from installer.sources import WheelFile
from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from wheelwell.builder.native import HEAD, is_native, machines
from wheelwell.errors import InvalidWheel
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What a good wheel is."""

    native: tuple[str, ...]
    """The paths of its native code, sorted."""


def check(wheel: Path, *, identity: Identity, interpreter: Interpreter) -> Checked:
    """Check the wheel that a backend gave for `identity` and `interpreter`.

    Raises `InvalidWheel` with everything that is wrong.
    """
    with _translated(wheel):
        name, version, _, tags = parse_wheel_filename(wheel.name)
        with zipfile.ZipFile(wheel) as archive:
            problems = [
                *_check_identity(str(name), version, identity),
                *_check_fit(wheel.name, tags, interpreter),
                *_check_names(archive),
            ]
            names = frozenset(archive.namelist())
            native = tuple(sorted(filter(is_native, names)))
            problems += _check_native(archive, native, interpreter)
        if not problems:  # what follows reads the archive by names that are now known to be sane
            with WheelFile.open(wheel) as source:
                problems += [
                    *_check_wheel_file(source, tags),
                    *_check_metadata(source, identity),
                    *_check_record(source, names),
                ]
    if problems:
        raise _invalid(wheel, problems)
    return Checked(native=native)


def _check_identity(name: str, version: Version, identity: Identity) -> Iterator[str]:
    if name != identity.name:
        yield f"it is a wheel of {name}, not of {identity.name}"
    if str(version) != identity.version and version.public != identity.version:
        yield f"it is of version {version}, not of {identity.version}"


def _check_fit(filename: str, tags: frozenset[Tag], interpreter: Interpreter) -> Iterator[str]:
    if not {str(tag) for tag in tags} & {*interpreter.tags}:
        shown = "-".join(filename.removesuffix(".whl").split("-")[-3:])
        yield f"its tag {shown} does not fit the Python {interpreter.version} it was built with"


def _check_names(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    if len({*names}) != len(names):
        yield "it holds the same name twice"
    for name in names:
        plain = posixpath.normpath(name).rstrip("/")
        if name.startswith("/") or "\\" in name or plain != name.rstrip("/") or plain == "..":
            yield f"it holds {name!r}, which is no plain path"
    if broken := archive.testzip():
        yield f"{broken} in it is damaged"


def _check_native(
    archive: zipfile.ZipFile, native: tuple[str, ...], interpreter: Interpreter
) -> Iterator[str]:
    for name in native:
        with archive.open(name) as file:
            found = machines(file.read(HEAD))
        if found and interpreter.machine not in found and interpreter.machine in _KNOWN:
            yield f"{name} is for {'/'.join(found)}, not for {interpreter.machine}"


_KNOWN = frozenset({"x86_64", "i686", "aarch64", "arm64", "ppc64le", "s390x", "riscv64"})


def _check_wheel_file(source: WheelFile, tags: frozenset[Tag]) -> Iterator[str]:
    headers = HeaderParser().parsestr(source.read_dist_info("WHEEL"))
    if headers.get("Wheel-Version", "").partition(".")[0] != "1":
        yield f"its Wheel-Version is {headers.get('Wheel-Version')!r}, and should be 1.x"
    named = frozenset(tag for text in headers.get_all("Tag", []) for tag in parse_tag(text))
    if named != tags:
        shown = ", ".join(sorted(map(str, named))) or "none"
        yield f"its file name and its WHEEL file tell different tags (WHEEL: {shown})"


def _check_metadata(source: WheelFile, identity: Identity) -> Iterator[str]:
    headers = HeaderParser().parsestr(source.read_dist_info("METADATA"))
    name, version = headers.get("Name", ""), headers.get("Version", "")
    if canonicalize_name(name) != identity.name:
        yield f"its METADATA is of {name or 'nobody'}, not of {identity.name}"
    try:
        is_same = Version(version) == Version(identity.version)
        is_same = is_same or Version(version).public == identity.version
    except InvalidVersion:
        is_same = False
    if not is_same:
        yield f"its METADATA is of version {version or '(none)'}, not of {identity.version}"


def _check_record(source: WheelFile, names: frozenset[str]) -> Iterator[str]:
    try:
        source.validate_record(validate_contents=True)
    except WheelFile.validation_error as error:
        for issue in getattr(error, "issues", [error]):
            yield "its RECORD: " + re.sub(r"^In \S+\.whl, ", "", str(issue))
        return
    lines = source.read_dist_info("RECORD").splitlines()
    listed = {path for path, _, _ in parse_record_file(lines)}
    missing = listed - names  # `installer` does not look for these
    yield from (f"its RECORD lists {name}, which is not there" for name in sorted(missing))


@contextlib.contextmanager
def _translated(wheel: Path) -> Iterator[None]:
    try:
        yield
    except InvalidWheelFilename as error:
        raise _invalid(wheel, [f"its file name is none: {error}"]) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _invalid(wheel, [f"it is no zip file: {error}"]) from error
    except (InstallerError, KeyError, ValueError) as error:
        raise _invalid(wheel, [f"it cannot be read: {error}"]) from error


def _invalid(wheel: Path, problems: list[str]) -> InvalidWheel:
    return InvalidWheel(
        f"the backend made {wheel.name}, which is not a good wheel, and was not stored",
        lines=tuple(problems[:20]),
        hint="this is a fault of the project or its backend; --keep leaves the wheel to look at",
    )
