"""What a wheel needs is read from its ELF files: libraries and versions, not what it brings."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from support.libraries import NAME, compile_shared, link_to, make_library
from support.projects import make_wheel
from wheelwell.builder.needs import is_for_own_cpu, needs_of
from wheelwell.needs import Library, Needs
from wheelwell.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF")

MACHINE = platform.machine()
CALLS = "int demo_{0}(void);\nint call(void) {{ return demo_{0}(); }}\n"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A directory with the library."""
    return make_library(tmp_path / "demo", level=2).parent


def extension(demo: Path, tmp_path: Path, *arguments: str, level: int = 2) -> bytes:
    """Return a library that calls a function of it."""
    return compile_shared(CALLS.format(level), tmp_path / "built", *link_to(demo, *arguments))


def needs(tmp_path: Path, files: dict[str, bytes]) -> Needs | None:
    tag = f"cp311-cp311-linux_{MACHINE}"
    return needs_of(make_wheel(tmp_path, "foo", "1.0", tag, files=files), machine=MACHINE)


def of_demo(found: Needs | None) -> Library | None:
    assert found is not None
    return next((each for each in found.libraries if each.name == NAME), None)


def test_libraries_come_with_the_versions_of_all_files(tmp_path: Path, demo: Path) -> None:
    files = {
        "foo/_a.so": extension(demo, tmp_path, level=1),
        "foo/_b.so": extension(demo, tmp_path, level=2),
    }
    assert of_demo(needs(tmp_path, files)) == Library(name=NAME, versions=("DEMO_1", "DEMO_2"))


def test_version_that_is_needed_weakly_may_be_missing(tmp_path: Path, demo: Path) -> None:
    content = extension(demo, tmp_path)
    # Vernaux: hash, flags, …; VER_FLG_WEAK is 2. Not every linker sets it, but ld.so heeds it.
    plain = _sysv_hash("DEMO_2").to_bytes(4, sys.byteorder) + bytes(2)
    weak = plain[:4] + (2).to_bytes(2, sys.byteorder)
    assert content.count(plain) == 1
    files = {"foo/_a.so": content.replace(plain, weak)}
    assert of_demo(needs(tmp_path, files)) == Library(name=NAME)


def _sysv_hash(name: str) -> int:
    """Return the hash of a name as ELF has it (System V ABI)."""
    found = 0
    for byte in name.encode():
        found = (found << 4) + byte
        high = found & 0xF0000000
        found = (found ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return found


def test_program_counts_whatever_it_is_called(tmp_path: Path, demo: Path) -> None:
    files = {"foo-1.0.data/scripts/tool": extension(demo, tmp_path)}
    assert of_demo(needs(tmp_path, files)) is not None


@pytest.mark.parametrize(
    ("rpath", "where", "is_brought"),
    [
        ("$ORIGIN", f"foo/{NAME}", True),
        ("${ORIGIN}/../foo.libs", f"foo.libs/{NAME}", True),
        ("$ORIGIN/../foo.libs:/opt/x", f"foo-1.0.data/platlib/foo.libs/{NAME}", True),
        ("$ORIGIN/../other", f"foo.libs/{NAME}", False),
        ("/opt/x", f"foo/{NAME}", False),
        # In another package's directory, as NVIDIA's are: not in this wheel.
        ("$ORIGIN/../nvidia/lib", "foo/x.txt", False),
    ],
)
def test_library_that_the_wheel_brings_is_left_out(
    tmp_path: Path, demo: Path, rpath: str, where: str, *, is_brought: bool
) -> None:
    files = {
        "foo/_a.so": extension(demo, tmp_path, f"-Wl,-rpath,{rpath}"),
        where: (demo / NAME).read_bytes(),
    }
    assert (of_demo(needs(tmp_path, files)) is None) == is_brought


def test_directories_that_the_wheel_names_are_kept(tmp_path: Path, demo: Path) -> None:
    for tags, field in (("--disable-new-dtags", "rpath"), ("--enable-new-dtags", "runpath")):
        files = {"foo/_a.so": extension(demo, tmp_path, f"-Wl,{tags},-rpath,/opt/x/:$ORIGIN/y")}
        library = of_demo(needs(tmp_path, files))
        assert library is not None
        assert getattr(library, field) == ("/opt/x",)
        assert library.rpath + library.runpath == ("/opt/x",)


def test_pure_wheel_needs_nothing_and_the_reader_is_not_loaded(tmp_path: Path) -> None:
    assert needs(tmp_path, {"foo/__init__.py": b"", "foo/data.bin": b"\x7fEL"}) == Needs()


def test_file_for_another_machine_is_left_out(tmp_path: Path, demo: Path) -> None:
    content = bytearray(extension(demo, tmp_path))
    content[18:20] = b"\x28\x00"  # 32-bit ARM
    assert needs(tmp_path, {"foo/firmware.so": bytes(content)}) == Needs()


def test_object_file_is_left_out(tmp_path: Path, demo: Path) -> None:
    content = bytearray(extension(demo, tmp_path))
    content[16:18] = b"\x01\x00"
    assert needs(tmp_path, {"foo/data.o": bytes(content)}) == Needs()


@pytest.mark.parametrize(
    "content",
    [
        b"\xcf\xfa\xed\xfe" + (0x0100000C).to_bytes(4, "little") + b"\0" * 100,
        "cut",
    ],
    ids=["Mach-O", "damaged"],
)
def test_needs_are_not_known_of_other_and_of_damaged_files(
    tmp_path: Path, demo: Path, content: bytes | str
) -> None:
    data = extension(demo, tmp_path)[:200] if isinstance(content, str) else content
    assert needs(tmp_path, {"foo/_a.so": data}) is None


@pytest.mark.parametrize(
    ("log", "settings", "is_own"),
    [
        ("gcc -O2 -c a.c\ngcc -march=native -c b.c\n", Settings(), True),
        ("gcc -mtune=native -c b.c\n", Settings(), False),
        ("[1/2] Compiling\n", Settings(variables={"CXXFLAGS": "-O3 -march=native"}), True),
        ("", Settings(config={"setup-args": ("-Dx=1", "-Dc_args=-mcpu=native")}), True),
        ("", Settings(), False),
    ],
)
def test_own_cpu_is_seen_in_the_log_and_in_the_settings(
    tmp_path: Path, log: str, settings: Settings, *, is_own: bool
) -> None:
    (tmp_path / "build.log").write_text(log)
    assert is_for_own_cpu(tmp_path / "build.log", settings) == is_own
