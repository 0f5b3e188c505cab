"""A wheel that is not what it should be is refused, and all that is wrong with it is told."""

from __future__ import annotations

import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.projects import build_tree, make_wheel, materialise
from support.values import CPYTHON_313
from wheelwell.builder.check import Checked, check
from wheelwell.errors import InvalidWheel
from wheelwell.identity import Identity

FOO = Identity(name="foo", version="1.0")
MACHINES = {"x86_64": 0x3E, "aarch64": 0xB7}
Content = dict[str, bytes]


def elf(machine: str) -> bytes:
    """Return as much of an extension module for that machine as is looked at."""
    return b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 3, MACHINES[machine])


def faults(wheel: Path, identity: Identity = FOO) -> tuple[str, ...]:
    """Return what is wrong with a bad wheel; the path of its slot is not the reader's business."""
    with pytest.raises(InvalidWheel) as caught:
        check(wheel, identity=identity, interpreter=CPYTHON_313)
    assert str(wheel.parent) not in str(caught.value)
    assert wheel.name in caught.value.message
    assert caught.value.lines
    return caught.value.lines


def rewritten(wheel: Path, change: Callable[[Content], object]) -> Path:
    """Change the members of a wheel, and leave its RECORD as it was."""
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return wheel


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory whose name takes some quoting."""
    return tmp_path / "it's a slot, in here"


@pytest.fixture
def wheel(place: Path) -> Path:
    """A good wheel."""
    return make_wheel(place, "foo", "1.0")


# Good wheels.


def test_good_wheel_passes(wheel: Path) -> None:
    assert check(wheel, identity=FOO, interpreter=CPYTHON_313) == Checked(native=())


def test_native_code_of_a_good_wheel_is_told_sorted(place: Path) -> None:
    files = {"foo/b.so": elf("x86_64"), "foo/a.abi3.so": elf("x86_64"), "foo/c.py": b""}
    wheel = make_wheel(place, "foo", "1.0", "cp313-abi3-linux_x86_64", files=files)
    checked = check(wheel, identity=FOO, interpreter=CPYTHON_313)
    assert checked.native == ("foo/a.abi3.so", "foo/b.so")


@pytest.mark.parametrize(
    ("asked", "built"),
    [("1.0", "1.0+cu118"), ("1.0", "1.0.0"), ("1.0+cu118", "1.0+cu118"), ("2.0rc1", "2.0rc1")],
)
def test_version_may_be_spelled_otherwise_and_told_more_closely(
    asked: str, built: str, place: Path
) -> None:
    wheel = make_wheel(place, "foo", built)
    check(wheel, identity=Identity(name="foo", version=asked), interpreter=CPYTHON_313)


def test_name_may_be_spelled_as_the_author_likes(place: Path) -> None:
    tree = materialise("Dotted.Name_With-Capitals", place)
    identity = Identity(name="dotted-name-with-capitals", version="1.0")
    check(build_tree(tree, place / "out"), identity=identity, interpreter=CPYTHON_313)


def test_directories_and_signatures_need_not_be_in_record(wheel: Path) -> None:
    further = {"foo/data/": b"", "foo-1.0.dist-info/RECORD.jws": b"{}"}
    rewritten(wheel, lambda content: content.update(further))
    check(wheel, identity=FOO, interpreter=CPYTHON_313)


# Wheels that backends made wrong.


@pytest.mark.parametrize(
    ("fixture", "fault"),
    [
        ("wrong-name", "it is a wheel of another-name, not of wrong-name"),
        ("wrong-version", "it is of version 9.9, not of 1.0"),
        ("wrong-tag", "its tag cp27-cp27m-win32 does not fit the Python 3.13.0"),
        ("bad-record", "its RECORD: hash / size of bad_record/__init__.py didn't match RECORD"),
        ("missing-record-entry", "its RECORD: missing_record_entry/__init__.py is not mentioned"),
    ],
)
def test_wrong_wheel_of_a_project_is_told_by_its_only_fault(
    fixture: str, fault: str, place: Path
) -> None:
    wheel = build_tree(materialise(fixture, place), place / "out")
    (told,) = faults(wheel, Identity(name=fixture, version="1.0"))
    assert fault in told


@pytest.mark.parametrize(
    ("knobs", "fault"),
    [
        ({"metadata-name": "other"}, "its METADATA is of other, its file name of pure"),
        ({"metadata-name": ""}, "its METADATA is of nobody, its file name of pure"),
        ({"metadata-version": "2.0"}, "its METADATA is of version 2.0, its file name of 1.0"),
        ({"metadata-version": "1.0+local"}, "its METADATA is of version 1.0+local"),
        ({"metadata-version": "new"}, "its METADATA is of version new, its file name of 1.0"),
        ({"metadata-version": ""}, "its METADATA is of version (none), its file name of 1.0"),
        ({"inner-tag": "py2-none-any"}, "tell different tags (WHEEL: py2-none-any)"),
        ({"ghost-record-entry": True}, "its RECORD lists ghost.py, which is not there"),
        ({"wheel-version": "1.0.post1"}, "it is of version 1.0.post1, not of 1.0"),
        ({"wheel-version": "0.9+1.0"}, "it is of version 0.9+1.0, not of 1.0"),
    ],
)
def test_wheel_that_contradicts_itself_or_its_source_is_told(
    knobs: Mapping[str, Any], fault: str, place: Path
) -> None:
    tree = materialise("pure", place, **knobs)
    (told,) = faults(build_tree(tree, place / "out"), Identity(name="pure", version="1.0"))
    assert fault in told


def test_version_may_not_be_told_less_closely_than_asked_for(wheel: Path) -> None:
    (told,) = faults(wheel, Identity(name="foo", version="1.0+cu118"))
    assert told == "it is of version 1.0, not of 1.0+cu118"


def test_all_that_is_wrong_is_told_at_once(place: Path) -> None:
    tree = materialise(
        "pure",
        place,
        wheel_name="other",
        wheel_version="2.0",
        wheel_tag="py3-none-win32",
        inner_tag="py3-none-any",
        metadata_name="third",
        metadata_version="3.0",
        missing_record_entry=True,
        ghost_record_entry=True,
    )
    wheel = rewritten(
        build_tree(tree, place / "out"), lambda content: content.update({"a.so": elf("aarch64")})
    )
    told = "\n".join(faults(wheel, Identity(name="pure", version="1.0")))
    for fault in (
        "it is a wheel of other",
        "it is of version 2.0",
        "does not fit the Python",
        "a.so is for aarch64",
        "different tags",
        "its METADATA is of third",
        "its METADATA is of version 3.0",
        "pure/__init__.py is not mentioned",
        "lists ghost.py",
    ):
        assert fault in told


def test_what_the_file_name_shows_is_told_of_a_broken_archive_too(place: Path) -> None:
    wheel = make_wheel(place, "other", "1.0")
    wheel.write_bytes(b"broken")
    told = faults(wheel)
    assert told[0] == "it is a wheel of other, not of foo"
    assert "no sound zip file" in told[1]


def test_a_wheel_with_very_many_faults_tells_how_many(wheel: Path) -> None:
    rewritten(wheel, lambda content: content.update({f"{n}.py": b"" for n in range(50)}))
    told = faults(wheel)
    assert len(told) == 21
    assert told[-1] == "… and 30 more"


@pytest.mark.parametrize("name", ["foo-1.0-py3-none-any.zip", "foo.whl", "foo-x-py3-none-any.whl"])
def test_file_that_is_not_called_like_a_wheel_is_refused(name: str, wheel: Path) -> None:
    (told,) = faults(wheel.rename(wheel.with_name(name)))
    assert told.startswith("its file name is not a wheel's")


# Native code.


def test_native_code_of_another_machine_is_refused(place: Path) -> None:
    files = {"foo/good.so": elf("x86_64"), "foo/bad.so": elf("aarch64")}
    (told,) = faults(make_wheel(place, "foo", "1.0", files=files))
    assert told == "foo/bad.so is for aarch64, not for x86_64"


def test_native_code_is_not_judged_for_a_machine_that_is_not_known(place: Path) -> None:
    wheel = make_wheel(place, "foo", "1.0", files={"foo/it.so": elf("aarch64")})
    checked = check(wheel, identity=FOO, interpreter=replace(CPYTHON_313, machine="vax"))
    assert checked.native == ("foo/it.so",)


# Archives.


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "../../x",
        "..",
        "foo/../../x",
        "foo/../x",
        "/etc/x",
        "//x",
        ".",
        "./x",
        "foo/./x",
        "foo//x",
        "foo/..",
        "../",
        "foo\\x",
        "..\\x",
    ],
)
def test_name_that_is_no_plain_path_is_refused(name: str, place: Path) -> None:
    (told,) = faults(make_wheel(place, "foo", "1.0", files={name: b""}))
    assert told == f"it holds {name!r}, which is no plain path"


@pytest.mark.parametrize("name", ["foo/..x", "...", "foo/.hidden", "foo/a b;c.py", "foo/ü.py"])
def test_unusual_name_is_no_fault(name: str, place: Path) -> None:
    wheel = make_wheel(place, "foo", "1.0", files={name: b""})
    check(wheel, identity=FOO, interpreter=CPYTHON_313)


def test_name_that_stands_twice_is_refused(wheel: Path) -> None:
    with zipfile.ZipFile(wheel, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("foo/__init__.py", "other")
    assert "it holds 'foo/__init__.py' 2 times" in faults(wheel)


def test_damaged_member_is_told_by_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sum_ = archive.getinfo("foo/__init__.py").CRC
    data = wheel.read_bytes()
    wheel.write_bytes(data.replace(struct.pack("<I", sum_), struct.pack("<I", sum_ ^ 1)))
    assert faults(wheel) == ("it holds 'foo/__init__.py', which is damaged",)


@pytest.mark.parametrize("data", [b"", b"nothing", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_file_that_is_no_archive_of_a_wheel_is_refused(data: bytes, wheel: Path) -> None:
    wheel.write_bytes(data)
    (told,) = faults(wheel)
    assert "no sound zip file" in told or "no .dist-info directory" in told


def test_truncated_wheel_is_refused_wherever_it_ends(wheel: Path) -> None:
    data = wheel.read_bytes()
    for end in range(len(data)):
        wheel.write_bytes(data[:end])
        assert "no sound zip file" in faults(wheel)[0]


def test_archive_whose_parts_lie_before_its_beginning_is_refused(wheel: Path) -> None:
    data = bytearray(wheel.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x05\x06") + 12, 1 << 20)  # the directory's size
    wheel.write_bytes(data)
    (told,) = faults(wheel)
    assert "no sound zip file" in told


def test_fault_of_the_disk_is_not_the_wheel_s(wheel: Path) -> None:
    wheel.unlink()
    wheel.mkdir()
    with pytest.raises(IsADirectoryError):
        check(wheel, identity=FOO, interpreter=CPYTHON_313)


def test_encrypted_wheel_is_refused(wheel: Path) -> None:
    data = bytearray(wheel.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    wheel.write_bytes(data)
    (told,) = faults(wheel)
    assert "encrypted" in told


def test_compression_that_an_installer_need_not_know_is_refused(wheel: Path) -> None:
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("foo/data", "data")
    assert faults(wheel) == ("it holds 'foo/data', compressed in a strange way",)


# What describes the wheel.


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "RECORD"])
def test_wheel_without_one_of_its_descriptions_is_refused(name: str, wheel: Path) -> None:
    rewritten(wheel, lambda content: content.pop(f"foo-1.0.dist-info/{name}"))
    assert f"it has no {name} file" in faults(wheel)


def test_all_descriptions_that_are_missing_are_told(wheel: Path) -> None:
    rewritten(wheel, lambda content: [content.pop(n) for n in [*content] if "dist-info" in n])
    assert faults(wheel) == ("it holds no .dist-info directory, and should hold one",)


def test_wheel_with_two_descriptions_is_refused(wheel: Path) -> None:
    rewritten(wheel, lambda content: content.update({"bar-1.0.dist-info/METADATA": b""}))
    (told,) = faults(wheel)
    assert told == "it holds bar-1.0.dist-info and foo-1.0.dist-info, and should hold one"


def test_description_of_another_project_is_refused(place: Path) -> None:
    wheel = make_wheel(place, "bar", "1.0").rename(place / "foo-1.0-py3-none-any.whl")
    (told,) = faults(wheel)
    assert told == "it holds bar-1.0.dist-info, which is another project's"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "its Wheel-Version is None"),
        ("Wheel-Version: 2.0\nTag: py3-none-any\n", "its Wheel-Version is '2.0'"),
        ("Wheel-Version: 1.0\n", "different tags (WHEEL: none)"),
        ("Wheel-Version: 1.0\nTag: py3\n", "its WHEEL file tells no tags"),
        ("Wheel-Version: 1.0\nTag: py3-none-any\nTag: py2-none-any\n", "different tags"),
    ],
)
def test_fault_in_the_wheel_file_is_told(text: str, fault: str, wheel: Path) -> None:
    name = "foo-1.0.dist-info/WHEEL"
    rewritten(wheel, lambda content: content.update({name: text.encode()}))
    assert any(fault in told for told in faults(wheel))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("foo/__init__.py,sha256=abc,1", "didn't match RECORD"),
        ("foo/__init__.py,,", "hash / size of foo/__init__.py is not included"),
        ("foo/__init__.py,sha256,x", "`hash` does not follow the required format"),
        ("foo/__init__.py,crc=1,1", "invalid hash algorithm"),
        ("foo/__init__.py,shake_128=abc,1", "a hash has no length"),
        ("foo/__init__.py", "expected 3 elements"),
        ('"foo', "expected 3 elements"),
    ],
)
def test_fault_in_record_is_told(line: str, fault: str, wheel: Path) -> None:
    def spoil(content: Content) -> None:
        name = "foo-1.0.dist-info/RECORD"
        content[name] = "\n".join([line, *content[name].decode().splitlines()[1:]]).encode()

    rewritten(wheel, spoil)
    assert any(told.startswith("its RECORD") and fault in told for told in faults(wheel))


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "RECORD"])
def test_description_that_is_no_text_is_refused(name: str, wheel: Path) -> None:
    rewritten(wheel, lambda content: content.update({f"foo-1.0.dist-info/{name}": b"\xff\0"}))
    assert faults(wheel)


# Whatever a backend may write.


def is_good(data: bytes) -> bool:
    """Check these bytes as a wheel; anything but a verdict is an error."""
    with tempfile.TemporaryDirectory() as directory:
        wheel = Path(directory, "foo-1.0-py3-none-any.whl")
        wheel.write_bytes(data)
        try:
            check(wheel, identity=FOO, interpreter=CPYTHON_313)
        except InvalidWheel:
            return False
        return True


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_arbitrary_bytes_are_an_invalid_wheel(data: bytes) -> None:
    assert not is_good(data)
    assert not is_good(b"PK\x03\x04" + data)


def good_wheel(compression: int) -> bytes:
    """Return the bytes of a wheel with native code, compressed or not."""
    with tempfile.TemporaryDirectory() as directory:
        files = {"foo/__init__.py": b"x = 1\n", "foo/it.so": elf("x86_64")}
        wheel = make_wheel(Path(directory), "foo", "1.0", files=files)
        with zipfile.ZipFile(wheel) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(wheel, "w", compression) as archive:
            for name, data in content.items():
                archive.writestr(zipfile.ZipInfo(name), data, compression)
        return wheel.read_bytes()


WHEELS = [good_wheel(zipfile.ZIP_STORED), good_wheel(zipfile.ZIP_DEFLATED)]


@given(st.sampled_from(WHEELS), st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_wheel_is_never_another_error(good: bytes, data: st.DataObject) -> None:
    assert is_good(good)
    damaged = bytearray(good)
    positions = st.integers(0, len(good) - 1)
    for position in data.draw(st.lists(positions, min_size=1, max_size=4), label="positions"):
        damaged[position] = data.draw(st.integers(0, 255), label="byte")
    assert is_good(bytes(damaged)) in {True, False}  # a time or a mode may change, and harms nobody


def lines(*usual: str) -> st.SearchStrategy[bytes]:
    """Return texts of usual and unusual lines."""
    return st.lists(st.sampled_from(usual) | st.text(max_size=12), max_size=5).map(
        lambda texts: "\n".join(texts).encode(errors="surrogatepass")
    )


DESCRIPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "METADATA": lines("Name: foo", "Version: 1.0", "Name: ", "Version: =") | st.binary(),
        "WHEEL": lines("Wheel-Version: 1.0", "Tag: py3-none-any", "Tag: -", "Tag: --")
        | st.binary(),
        "RECORD": lines("foo/it.so,sha256=,", "foo/it.so,shake_256=a,9", '"', ",,") | st.binary(),
    },
)


@given(DESCRIPTIONS)
@settings(deadline=None)
def test_strange_descriptions_are_never_another_error(descriptions: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        wheel = Path(directory, "foo-1.0-py3-none-any.whl")
        wheel.write_bytes(WHEELS[0])
        named = {f"foo-1.0.dist-info/{name}": data for name, data in descriptions.items()}
        rewritten(wheel, lambda content: content.update(named))
        assert is_good(wheel.read_bytes()) is not bool(descriptions)
