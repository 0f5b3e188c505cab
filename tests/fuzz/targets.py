"""Targets: everything that reads what comes from outside, as functions of bytes.

A target returns where it understands its input, or where it raises the one error that it
documents; anything else that comes out of it is a fault.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.builds import described
from support.projects import tinybackend
from support.values import PURE, record_of
from wheelwell.builder import builder, environment, loglines, native
from wheelwell.builder.check import check
from wheelwell.builder.pep517 import wanted_here
from wheelwell.config import load
from wheelwell.errors import (
    BackendFailed,
    InvalidRequest,
    InvalidSource,
    InvalidWheel,
    UsageError,
)
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter
from wheelwell.lists import reading, requirements
from wheelwell.lists.wanted import Choice
from wheelwell.mismatch import Given, remedy_for
from wheelwell.record import Record
from wheelwell.remedy import to_mend
from wheelwell.request import ARCHIVE_SUFFIXES, parse_request
from wheelwell.requires_python import admits
from wheelwell.sources import archive, index, naming, select
from wheelwell.sources.contents import Contents, identify
from wheelwell.store.layout import Layout
from wheelwell.store.memory import DiskMemory
from wheelwell.urls import hiding, is_readable, without_credentials

NUMBERS = (b"0", b"-1", b"2147483648", b"-9223372036854775808", b"9" * 5000, b"1e308", b"NaN")
COMMON = (b"", b"\0", b"\n", b"\r", b" ", b"\xff", b"\xed\xa0\x80", "İ\u2028٣".encode(), *NUMBERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One reader."""

    read: Callable[[bytes], object]
    """Reads an input; raises only where that is a fault."""

    seeds: Sequence[bytes]
    """Inputs that are understood, to start from."""

    words: Sequence[bytes] = ()
    """What means something to the reader."""

    repaired: Callable[[bytes], bytes] = bytes
    """Mends what a change would break at once, such as a checksum."""

    is_slow: bool = False
    """Whether it works on the disk, so that its time says nothing about its code."""


# Pages, names and URLs.

_JSON_PAGE = json.dumps(
    {
        "meta": {"api-version": "1.1"},
        "name": "pure",
        "files": [
            {
                "filename": "pure-1.0.tar.gz",
                "url": "../../files/pure-1.0.tar.gz#sha256=00",
                "hashes": {"sha256": "0" * 64},
                "requires-python": ">=3.9",
                "yanked": "why",
                "size": 10,
                "upload-time": "2024-01-01T00:00:00Z",
                "core-metadata": {"sha256": "0" * 64},
            }
        ],
    }
).encode()
_HTML_PAGE = b"""<!DOCTYPE html><html><head><base href="https://h.example/simple/pure/">
<meta name="pypi:repository-version" content="1.1"></head><body>
<a href="../../files/pure-1.0.tar.gz#sha256=00" data-requires-python="&gt;=3.9"
 data-yanked="why" data-upload-time="2024-01-01T00:00:00Z">pure-1.0.tar.gz</a><br></body></html>"""


def _page(content_type: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        with contextlib.suppress(index.UnreadablePage):
            url = "https://u:p@h.example/simple/pure/"
            files = index.parse_page(data, content_type=content_type, url=url)
            for file in files:
                assert "/" not in file.filename, file
                assert file.filename not in {"", ".", ".."}, file
            found = select.candidates(files, name="pure", rank=lambda _: 1)
            select.choose(found, specifier=">=1", python="3.12.1", hashes=("sha256:00",))

    return read


def _filename(data: bytes) -> None:
    text = data.decode(errors="replace")
    select.is_of(text, "pure")
    select.sdist_version(text, "pure")


def _url(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    if not text.startswith(("/", "./", "../", "~", "file:")):  # a path may be called anything
        assert ":s3cret@" not in without_credentials(text)
    is_readable(text)
    hiding([text])("a text")
    with contextlib.suppress(ValueError):
        index.link(text)
    if is_readable(text):
        assert "/" not in naming.name_in_url(text)


def _request(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    with contextlib.suppress(InvalidRequest):
        request = parse_request(text, directory="/d")
        assert request.name or request.path or request.url
        assert not request.path or os.path.isabs(request.path)
        assert not request.subdirectory.startswith(("/", ".."))


def _build_requirement(data: bytes) -> None:
    with contextlib.suppress(InvalidSource):
        wanted_here([data.decode(errors="replace")], _INTERPRETER)


def _requires_python(data: bytes) -> None:
    text, _, version = data.decode(errors="replace").partition("|")
    with contextlib.suppress(ValueError):  # what a Python tells of itself is not checked here
        admits(text, version or "3.12.1")


# Files that users write.


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def written(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch, name)
            path.write_bytes(data)
            with contextlib.suppress(UsageError):
                read(path)

    return written


def _environ(**more: str) -> dict[str, str]:
    return {"HOME": "/no/such/home", "PIP_CONFIG_FILE": os.devnull, **more}


def _variables(data: bytes) -> None:
    pairs = [line.partition("=") for line in data.decode(errors="surrogateescape").splitlines()]
    # What the system cannot have as a variable, nobody can set.
    environ = {name: value for name, _, value in pairs if name and "\0" not in name + value}
    with contextlib.suppress(UsageError):
        load(environ=_environ() | environ | {"PIP_CONFIG_FILE": os.devnull}, directory="/d")


_TOML = b"""cache-dir = "/c"
index-url = "https://h.example/simple/"
extra-index-url = ["https://u:p@i.example/"]
find-links = ["./links"]
no-index = false
python = "3.12"
timeout = 10
build-constraints = ["setuptools<80; python_version < '4'"]
[config-settings]
a = "b"
c = ["d"]
"""
_PIP = b"""[global]
index-url = https://h.example/simple/
extra-index-url =
    https://i.example/
timeout = 10
trusted-host = h.example
[wheel]
no-index = yes
"""
_VARIABLES = b"""WHEELWELL_TIMEOUT=10
WHEELWELL_INDEX_URL=https://h.example/simple/
WHEELWELL_NO_INDEX=1
WHEELWELL_BUILD_CONSTRAINTS=a<1
PIP_TIMEOUT=5
PIP_FIND_LINKS=a b
CC=gcc
CFLAGS=-O2
XDG_CACHE_HOME=/x
"""
_REQUIREMENTS = b"""--index-url https://h.example/simple/
# a comment
pure==1.0 --hash=sha256:00 \\
    --hash=sha512:00
other @ https://u:p@h.example/a.tar.gz#subdirectory=b ; python_version < "4"
./here.tar.gz
-f links
${HOME}/x.zip
"""

_UV = b"""version = 1
requires-python = ">=3.9"
conflicts = [[{ package = "a", extra = "x" }, { package = "a", extra = "y" }]]
[manifest]
members = ["a"]
[manifest.dependency-groups]
g = [{ name = "b" }]
[[package]]
name = "a"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "b", version = "1", extra = ["x"], marker = "extra != 'extra-1-a-x'" }]
[package.optional-dependencies]
x = [{ name = "c" }]
[[package]]
name = "b"
version = "1"
source = { registry = "https://h.example/simple" }
sdist = { url = "https://h.example/b-1.tar.gz", hash = "sha256:00" }
wheels = [{ path = "b-1-py3-none-any.whl" }]
[[package]]
name = "c"
source = { git = "https://h.example/r.git?rev=main&subdirectory=p#0123" }
"""
_POETRY = b"""[[package]]
name = "a"
version = "1"
optional = true
groups = ["main", "g"]
markers = {main = "extra == 'x'", g = "os_name == 'posix'"}
files = [{file = "a-1.tar.gz", hash = "sha256:00"}]
[[package]]
name = "b"
version = "1"
python-versions = ">=3.9"
[package.source]
type = "git"
url = "git@h.example:r.git"
resolved_reference = "0123"
[extras]
x = ["a (>=1)"]
[metadata]
lock-version = "2.1"
[metadata.files]
b = []
"""
_PDM = b"""[metadata]
groups = ["default", "g", "x"]
lock_version = "4.5.0"
[[package]]
name = "a"
version = "1"
groups = ["default", "x"]
marker = "os_name == 'posix'"
requires_python = ">=3.9"
files = [{url = "https://h.example/a-1.tar.gz", hash = "sha256:00"}]
[[package]]
name = "b"
git = "https://h.example/r.git"
revision = "0123"
[[package]]
name = "c"
path = "./c"
"""
_PYLOCK = b"""lock-version = "1.0"
created-by = "a"
extras = ["x"]
dependency-groups = ["g"]
environments = ["os_name == 'posix'"]
[[packages]]
name = "a"
version = "1"
marker = "'x' in extras"
sdist = {url = "https://h.example/a-1.tar.gz", hashes = {sha256 = "00"}}
[[packages]]
name = "b"
vcs = {type = "git", url = "https://h.example/r.git", commit-id = "0123"}
[[packages]]
name = "c"
directory = {path = "../c"}
"""
_PROJECT = b"""[project]
name = "a"
requires-python = ">=3.9"
dependencies = ["b>=1; os_name == 'posix'"]
[project.optional-dependencies]
x = ["c", "a[y]"]
y = ["./d"]
[dependency-groups]
g = ["e", {include-group = "h"}]
h = []
"""


LISTS = {
    "uv.lock": _UV,
    "poetry.lock": _POETRY,
    "pdm.lock": _PDM,
    "pylock.toml": _PYLOCK,
    "pyproject.toml": _PROJECT,
}
"""One of each format, all with an extra x and a group g."""


def _list(name: str) -> Callable[[bytes], object]:
    choices = [
        Choice(environment=_INTERPRETER.markers),
        Choice(environment=_INTERPRETER.markers, extras=("x",), groups=("g",)),
    ]
    return _in_file(name, lambda path: [reading.read(str(path)).select(each) for each in choices])


# What we wrote ourselves, once.


def _record(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        record = Record.from_text(data.decode(errors="replace"))
        assert "/" not in record.filename + record.build
        assert Record.from_text(record.to_text()) == record


def _from_json(
    read: Callable[[Any], object], *documented: type[Exception]
) -> Callable[[bytes], object]:
    def reading(data: bytes) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        with contextlib.suppress(*documented):
            read(value)

    return reading


def _fact(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        memory = DiskMemory(Layout(scratch))
        Path(scratch, "bucket").mkdir()
        Path(scratch, "bucket", "name.json").write_bytes(data)
        memory.recall("bucket", "name")
        environment._read(Path(scratch, "bucket", "name.json"))


_INTERPRETER = described(sys.executable)
_IDENTITY = Identity(name="pure", version="1.0", requires_python=">=3.9", languages=("c",))

# Sources and wheels.


def _packed(suffix: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as outer:
            path, room = Path(outer, f"a-1{suffix}"), Path(outer, "room")
            path.write_bytes(data)
            room.mkdir()
            with contextlib.suppress(InvalidSource):
                identify(archive.read(path), is_distribution=True)
            with contextlib.suppress(InvalidSource):
                archive.unpack(path, room)
            assert sorted(os.listdir(outer)) == sorted([path.name, "room"])
            for place, names, files in os.walk(room):
                for name in (*names, *files):
                    real = os.path.realpath(os.path.join(place, name))
                    assert real.startswith(f"{os.path.realpath(room)}/"), real

    return read


_PYPROJECT = b"""[build-system]
requires = ["setuptools"]
[project]
name = "a"
version = "1.0"
requires-python = ">=3.9"
"""
_PKG_INFO = b"Metadata-Version: 2.2\nName: a\nVersion: 1.0\nRequires-Python: >=3.9\n\ntext\n"
_SOURCES = {"a-1/pyproject.toml": _PYPROJECT, "a-1/PKG-INFO": _PKG_INFO, "a-1/b/c.py": b"pass\n"}


def _tar(mode: str, form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as file:  # type: ignore[call-overload]
        for name, content in _SOURCES.items():
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(content), {"comment": "x", "mtime": "1.5"}
            file.addfile(info, io.BytesIO(content))
        for kind, name, to in (
            (tarfile.SYMTYPE, "a-1/soft", "pyproject.toml"),
            (tarfile.LNKTYPE, "a-1/hard", "a-1/pyproject.toml"),
            (tarfile.DIRTYPE, "a-1/" + "long/" * 40, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, to, 0o755
            file.addfile(info)
    return buffer.getvalue()


def _with_checksums(data: bytes) -> bytes:
    """Make the headers of a tar valid again, so that what they say is believed."""
    changed = bytearray(data)
    for at in range(0, len(changed) - 511, 512):
        block = changed[at : at + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            changed[at + 148 : at + 156] = b"%06o\0 " % sum(block)
    return bytes(changed)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in _SOURCES.items():
            file.writestr(name, content)
    return buffer.getvalue()


def _wheel() -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "pure-1.0-py3-none-any.whl")
        files = {"pure/__init__.py": b"pass\n", "pure/x.so": _elf()}
        tinybackend.write_wheel(path, files, tinybackend.metadata_text({}, "pure", "1.0"))
        return path.read_bytes()


def _check(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "pure-1.0-py3-none-any.whl")
        path.write_bytes(data)
        with contextlib.suppress(InvalidWheel):
            check(path, identity=_IDENTITY, interpreter=_INTERPRETER)


def _wheel_name(data: bytes) -> None:
    with contextlib.suppress(InvalidWheel):
        path = Path("/no/such/directory", data.decode(errors="surrogateescape").replace("/", "_"))
        with contextlib.suppress(FileNotFoundError):
            if "\0" not in path.name and len(os.fsencode(path.name)) < 255:
                check(path, identity=_IDENTITY, interpreter=_INTERPRETER)


def _contents(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        texts = {"pyproject.toml": "", name: data.decode(errors="replace")}
        with contextlib.suppress(InvalidSource):
            identify(Contents(names=(*texts,), texts=texts), is_distribution=True)

    return read


def _told(data: bytes) -> None:
    with contextlib.suppress(BackendFailed):
        builder._identity(data.decode(errors="replace"), ())


def _elf() -> bytes:
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HH", 3, 0x3E) + bytes(44)


def _native(data: bytes) -> None:
    native.machines(data)
    native.is_native(data.decode(errors="replace"))


def _log(data: bytes) -> None:
    text = data.decode(errors="replace")
    lines = loglines.telling_lines(text)
    assert len(lines) <= loglines.MOST
    assert all(line.isprintable() or "\t" in line for line in lines), lines
    loglines.hint_for(text)
    to_mend(lines, text.splitlines())
    remedy_for(lines, Given(project="a", python="3.14", requirements={}))


_LOG = b"""\x1b[31m  building
gcc -c x.c
x.c:1:10: fatal error: Python.h: No such file or directory
error: command 'gcc' failed: No such file or directory
Traceback (most recent call last):
  File "x.py", line 1, in <module>
RuntimeError: no
  | ValueError: a group
ld returned 1 exit status; cannot find -lfoo
CMake Error: No CMAKE_C_COMPILER could be found.
"""
_URLS = (b"https://user:s3cret@h.example:80/a/pure-1.0.tar.gz?x=1#sha256=00", b"file:///a/b.zip")

TARGETS: Mapping[str, Target] = {
    "page-json": Target(
        read=_page("application/vnd.pypi.simple.v1+json"),
        seeds=[_JSON_PAGE],
        words=[b"null", b"true", b"[]", b"{}", b'"', b"\\ud800", b"1e999", b'"../../x"', b"["],
    ),
    "page-html": Target(
        read=_page("text/html"),
        seeds=[_HTML_PAGE],
        words=[b"<a href=", b"<![", b"<!--", b"<?", b"&#0;", b"&#x110000;", b"//[", b"<base href="],
    ),
    "filename": Target(
        read=_filename,
        seeds=[b"pure-1.0.tar.gz", b"pure-1.0-1-py3-none-any.whl", b"Pu.re-x-1.0a1.zip"],
        words=[b"-", b".", b"_", b"1!", b"+x", b".whl", *map(str.encode, ARCHIVE_SUFFIXES)],
    ),
    "url": Target(
        read=_url,
        seeds=_URLS,
        words=[b"@", b":", b"//", b"[", b"]", b"%00", b"%2f", b"#", b"?", b"s3cret", b"\\"],
    ),
    "request": Target(
        read=_request,
        seeds=[
            *_URLS,
            b"pure[x] >= 1.0, <2 ; python_version < '4' and extra == 'x'",
            b"pure @ https://h.example/x.tar.gz#subdirectory=a&sha256=00 ; os_name == 'a'",
            b"./a/b.tar.gz ; python_version > '3'",
            b"~/x",
        ],
        words=[b"==", b"===", b"~=", b" @ ", b" ; ", b"(", b")", b"'", b"[", b"../", b"git+", b"*"],
    ),
    "build-requirement": Target(
        read=_build_requirement,
        seeds=[
            b"setuptools[x] >= 61, <80 ; python_version < '4' and extra == 'x'",
            b"a @ https://h.example/x.tar.gz ; os_name ~= '1' or platform_version > '2'",
        ],
        words=[b"==", b"===", b"~=", b" ; ", b"(", b")", b"'", b"[", b" in ", b" not in ", b"*"],
    ),
    "requires-python": Target(
        read=_requires_python,
        seeds=[b">=3.9", b">=3.9,<4,!=3.10.*|3.13.0a1", b"~=3.9|3.12.1+"],
        words=[b",", b"==", b"*", b"|", b".", b">=", b"<", b"a1", b"+"],
    ),
    "requirements": Target(
        read=_in_file("r.txt", lambda path: requirements.read(str(path))),
        seeds=[_REQUIREMENTS],
        words=[b"\\\n", b"-r ", b"-r r.txt", b"--hash=", b"'", b'"', b"${", b"}", b" #", b"-e ."],
        is_slow=True,
    ),
    **{
        name: Target(
            read=_list(name),
            seeds=[seed],
            words=[b"[[", b"]]", b"{", b"}", b"=", b"''", b"1.5", b"true", b"[]", b"\\u0000", b"."],
            is_slow=True,
        )
        for name, seed in LISTS.items()
    },
    "configuration": Target(
        read=_in_file(
            "wheelwell.toml",
            lambda path: load(
                environ=_environ(WHEELWELL_CONFIG_FILE=str(path)), directory="/no/such"
            ),
        ),
        seeds=[_TOML],
        words=[b"inf", b"nan", b"[", b"]", b"'''", b"=", b"1979-05-27", b"true", b"{}", b"\\u0000"],
        is_slow=True,
    ),
    "project-table": Target(
        read=_in_file(
            "pyproject.toml",
            lambda path: load(environ=_environ(), directory=str(path.parent)),
        ),
        seeds=[b"[tool.wheelwell]\n" + _TOML.replace(b"[config", b"[tool.wheelwell.config")],
        words=[b"inf", b"nan", b"[", b"]", b"[[tool]]", b"tool = 1\n", b"wheelwell", b"\\u0000"],
        is_slow=True,
    ),
    "pip-configuration": Target(
        read=_in_file(
            "pip.conf",
            lambda path: load(environ=_environ(PIP_CONFIG_FILE=str(path)), directory="/no/such"),
        ),
        seeds=[_PIP],
        words=[b"[", b"]", b"%(x)s", b"%", b"=", b":", b";", b"[global]\n", b"\n\t", b"timeout"],
        is_slow=True,
    ),
    "variables": Target(
        read=_variables,
        seeds=[_VARIABLES],
        words=[b"WHEELWELL_", b"PIP_", b"=", b"~", b"nan", b"inf", b"://", b"@", b"1_0"],
    ),
    "record": Target(
        read=_record,
        seeds=[record_of(PURE).to_text().encode()],
        words=[b"null", b"true", b"[]", b"{}", b'"../x"', b'"\\ud800"', b"1e999", b"["],
    ),
    "identity": Target(
        read=_from_json(Identity.from_json, KeyError, TypeError),
        seeds=[json.dumps(_IDENTITY.to_json()).encode()],
        words=[b"null", b"true", b"[]", b"{}", b'"\\ud800"', b"["],
    ),
    "interpreter": Target(
        read=_from_json(Interpreter.from_json, KeyError, TypeError, ValueError, AttributeError),
        seeds=[json.dumps(_INTERPRETER.to_json()).encode()],
        words=[b"null", b"true", b"[]", b"{}", b'"\\ud800"', b"["],
    ),
    "fact": Target(
        read=_fact,
        seeds=[
            b'{"filename": "a", "sha256": "0"}',
            b'{"created": 1.5, "installed": {"a": "1"}, "frontend": "uv", "fingerprint": "x"}',
        ],
        words=[b"null", b"true", b"[]", b"{}", b'"\\ud800"', b"[", b"NaN", b"[[1]]"],
        is_slow=True,
    ),
    "tar": Target(
        read=_packed(".tar"),
        seeds=[_tar("w", tarfile.PAX_FORMAT), _tar("w", tarfile.GNU_FORMAT)],
        words=[b"ustar", b"../", b"/", b"S", b"L", b"K", b"x", b"g", b"\xff" * 8, b"size=-512\n"],
        repaired=_with_checksums,
        is_slow=True,
    ),
    "tar-compressed": Target(
        read=_packed(".tar.gz"),
        seeds=[_tar(f"w:{kind}", tarfile.PAX_FORMAT) for kind in ("gz", "bz2", "xz")],
        is_slow=True,
    ),
    "zip": Target(
        read=_packed(".zip"),
        seeds=[_zip()],
        words=[b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"../", b"\\", b"\xff\xff\xff\xff"],
        is_slow=True,
    ),
    "wheel": Target(
        read=_check,
        seeds=[_wheel()],
        words=[b"PK\1\2", b"PK\3\4", b"PK\5\6", b"RECORD", b"../", b"\xff\xff\xff\xff"],
        is_slow=True,
    ),
    "wheel-name": Target(
        read=_wheel_name,
        seeds=[b"pure-1.0-py3-none-any.whl", b"pure-1.0-1x-py2.py3-none-any.whl"],
        words=[b"-", b".", b"_", b".whl", b"+x", b"py3"],
    ),
    "pyproject": Target(
        read=_contents("pyproject.toml"),
        seeds=[_PYPROJECT],
        words=[b"[", b"]", b"=", b"'''", b"project = 1", b"[[project]]", b"dynamic", b"{}", b"inf"],
    ),
    "pkg-info": Target(
        read=_contents("PKG-INFO"),
        seeds=[_PKG_INFO],
        words=[b": ", b"\n ", b"\n\n", b"Name:", b"Version:", b"=?utf-8?q?x?=", b"\r"],
    ),
    "backend-metadata": Target(
        read=_told,
        seeds=[_PKG_INFO],
        words=[b": ", b"\n ", b"\n\n", b"Name:", b"Version:", b"=?utf-8?q?x?=", b"\r"],
    ),
    "native": Target(
        read=_native,
        seeds=[_elf(), b"\xca\xfe\xba\xbe" + bytes(60), b"\xcf\xfa\xed\xfe\7\0\0\1", b"a.so.1.2"],
        words=[b".so", b".1", b"\x7fELF", b".pyd"],
    ),
    "log": Target(
        read=_log,
        seeds=[_LOG],
        words=[b"error:", b"\x1b[", b"Traceback", b"^", b"~", b"Error", b"a.", b"cc'", b"| "],
    ),
}
