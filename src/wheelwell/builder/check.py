"""Checking a built wheel before it is stored: a bad one must never be.

Follows the binary distribution format (PEP 427, 491, 566) and the recording of installed files
(PEP 376, 627). All findings are collected before any is told.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from installer.exceptions import InstallerError
from installer.records import InvalidRecordEntry, parse_record_file
from installer.sources import WheelFile
from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from wheelwell.builder.native import HEAD, is_native, machines
from wheelwell.errors import InvalidWheel
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What a good wheel is."""

    native: tuple[str, ...]
    """The paths of its native code, sorted."""


def check(
    wheel: Path, *, identity: Identity, interpreter: Interpreter | None, machine: str = ""
) -> Checked:
    """Check the wheel that a backend gave for `identity` and `interpreter`.

    Without an interpreter, tags are not looked at, nor is the machine but where it is named: that
    was done when it was built.
    Raises `InvalidWheel` with everything that is wrong.
    """
    problems: list[str] = []
    with _translated(wheel, problems):
        name, version, _, tags = parse_wheel_filename(wheel.name)
        problems += _check_identity(str(name), version, identity)
        problems += _check_fit(wheel.name, tags, interpreter) if interpreter else ()
        with zipfile.ZipFile(wheel) as archive:
            names = frozenset(archive.namelist())
            native = tuple(sorted(filter(is_native, names)))
            problems += (unsafe := [*_check_names(archive), *_check_content(archive)])
            problems += (incomplete := [*_check_dist_info(names, str(name))])
            if not unsafe and (machine := interpreter.machine if interpreter else machine):
                problems += _check_native(archive, native, machine)
        if not unsafe and not incomplete:  # now it can be read by names that are sane
            with WheelFile.open(wheel) as source:
                problems += _check_wheel_file(source, tags)
                problems += _check_metadata(source, str(name), version)
                problems += _check_record(source, wheel, names)
    if problems:
        raise _invalid(wheel, problems)
    return Checked(native=native)


def _check_identity(name: str, version: Version, identity: Identity) -> Iterator[str]:
    if name != identity.name:
        yield f"it is a wheel of {name}, not of {identity.name}"
    # What the source's version does not tell, the build may add: `1.0+cu118`.
    if Version(identity.version) not in {version, Version(version.public)}:
        yield f"it is of version {version}, not of {identity.version}"


def _check_fit(filename: str, tags: frozenset[Tag], interpreter: Interpreter) -> Iterator[str]:
    if not {str(tag) for tag in tags} & {*interpreter.tags}:
        shown = "-".join(filename.removesuffix(".whl").split("-")[-3:])
        yield f"its tag {shown} does not fit the Python {interpreter.version} it was built with"


def _check_names(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    for name, count in Counter(names).items():
        if count > 1:
            yield f"it holds {name!r} {count} times"
        parts = name.removesuffix("/").split("/")
        if "\\" in name or not {"", ".", ".."}.isdisjoint(parts):
            yield f"it holds {name!r}, which is no plain path"


def _check_content(archive: zipfile.ZipFile) -> Iterator[str]:
    """Read all of it, if that can be done without what installers need not know."""
    strange = [item for item in archive.infolist() if item.compress_type not in _COMPRESSIONS]
    yield from (f"it holds {item.filename!r}, compressed in a strange way" for item in strange)
    if not strange and (broken := archive.testzip()):
        yield f"it holds {broken!r}, which is damaged"


_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def _check_dist_info(names: frozenset[str], project: str) -> Iterator[str]:
    tops = sorted({name.partition("/")[0] for name in names})
    found = [top for top in tops if top.endswith(".dist-info")]
    if len(found) != 1:
        yield f"it holds {' and '.join(found) or 'no .dist-info directory'}, and should hold one"
        return
    if canonicalize_name(found[0].rsplit("-", 2)[0]) != project:
        yield f"it holds {found[0]}, which is another project's"
    for file in ("METADATA", "WHEEL", "RECORD"):
        if f"{found[0]}/{file}" not in names:
            yield f"it has no {file} file"


def _check_native(archive: zipfile.ZipFile, native: tuple[str, ...], machine: str) -> Iterator[str]:
    for name in native:
        with archive.open(name) as file:
            found = machines(file.read(HEAD))
        if found and machine not in found and machine in _KNOWN:
            yield f"{name} is for {'/'.join(found)}, not for {machine}"


_KNOWN = frozenset({"x86_64", "i686", "aarch64", "arm64", "ppc64le", "s390x", "riscv64"})


def _check_wheel_file(source: WheelFile, tags: frozenset[Tag]) -> Iterator[str]:
    headers = HeaderParser().parsestr(source.read_dist_info("WHEEL"))
    if headers.get("Wheel-Version", "").partition(".")[0] != "1":
        yield f"its Wheel-Version is {headers.get('Wheel-Version')!r}, and should be 1.x"
    try:
        named = frozenset(tag for text in headers.get_all("Tag", []) for tag in parse_tag(text))
    except ValueError as error:
        yield f"its WHEEL file tells no tags: {error}"
        return
    if named != tags:
        shown = ", ".join(sorted(map(str, named))) or "none"
        yield f"its file name and its WHEEL file tell different tags (WHEEL: {shown})"


def _check_metadata(source: WheelFile, name: str, version: Version) -> Iterator[str]:
    headers = HeaderParser().parsestr(source.read_dist_info("METADATA"))
    if canonicalize_name(headers.get("Name", "")) != name:
        yield f"its METADATA is of {headers.get('Name') or 'nobody'}, its file name of {name}"
    told = headers.get("Version", "")
    try:
        is_same = Version(told) == version
    except ValueError:
        is_same = False
    if not is_same:
        yield f"its METADATA is of version {told or '(none)'}, its file name of {version}"


def _check_record(source: WheelFile, wheel: Path, names: frozenset[str]) -> Iterator[str]:
    try:
        source.validate_record(validate_contents=True)
    except WheelFile.validation_error as error:
        for issue in getattr(error, "issues", [error]):
            plain = str(issue).replace(f"In {wheel}, ", "").replace(f" from {wheel}", "")
            yield f"its RECORD: {plain}"
    except TypeError:  # of SHAKE, which `installer` takes for one of the hashes
        yield "its RECORD: a hash has no length"
    lines = source.read_dist_info("RECORD").splitlines()
    with contextlib.suppress(InvalidRecordEntry, csv.Error):  # told above
        missing = {path for path, _, _ in parse_record_file(lines)} - names
        # `installer` does not look for these
        yield from (f"its RECORD lists {name}, which is not there" for name in sorted(missing))


@contextlib.contextmanager
def _translated(wheel: Path, problems: list[str]) -> Iterator[None]:
    """Let what cannot be read be a problem more."""
    try:
        yield
    except InvalidWheelFilename as error:
        raise _invalid(wheel, [*problems, f"its file name is not a wheel's: {error}"]) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error) as error:
        raise _invalid(wheel, [*problems, f"it is no sound zip file: {error}"]) from error
    except (InstallerError, KeyError, ValueError) as error:
        raise _invalid(wheel, [*problems, f"it cannot be read: {error}"]) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # the disk's, not the wheel's
            raise
        # The archive sent its reader to before its own beginning.
        raise _invalid(wheel, [*problems, "it is no sound zip file"]) from error


def _invalid(wheel: Path, problems: list[str]) -> InvalidWheel:
    shown = problems[:_MOST]
    if len(problems) > _MOST:
        shown.append(f"… and {len(problems) - _MOST} more")
    return InvalidWheel(
        f"the backend made {wheel.name}, which is not a good wheel, and was not stored",
        lines=tuple(shown),
    )


_MOST = 20
"""Of the problems, how many to show."""
