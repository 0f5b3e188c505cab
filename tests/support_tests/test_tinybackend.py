"""The fixture projects build what their names say, with no frontend in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from installer.exceptions import InstallerError
from installer.sources import WheelFile
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from support.interpreters import interpreters
from support.processes import needs_proc, processes_matching, wait_until
from support.projects import FIXTURES, build_tree, materialise

PROJECTS = sorted(path.name for path in (FIXTURES / "projects").iterdir())


def read_json(wheel: Path, member: str) -> dict[str, object]:
    with zipfile.ZipFile(wheel) as archive:
        content: dict[str, object] = json.loads(archive.read(member))
    return content


def validate(wheel: Path) -> None:
    with WheelFile.open(wheel) as opened:
        opened.validate_record()


def test_every_project_is_in_the_readme_and_no_other() -> None:
    rows = (FIXTURES / "README.md").read_text().split("## Knobs")[0].splitlines()
    named = [row.split("`")[1] for row in rows if row.startswith("| `")]
    assert sorted(named) == PROJECTS


@pytest.mark.parametrize("name", ["pure", "c-extension", "Dotted.Name_With-Capitals"])
def test_right_wheel_is_valid(name: str, tmp_path: Path) -> None:
    wheel = build_tree(materialise(name, tmp_path), tmp_path / "out")
    validate(wheel)
    assert parse_wheel_filename(wheel.name)[3] & set(sys_tags())


def test_pip_installs_a_wheel_that_the_backend_built_through_pip(tmp_path: Path) -> None:
    tree = materialise("c-extension", tmp_path)
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target"]
    subprocess.run([*pip, str(target), str(tree)], check=True, capture_output=True)
    say = "import c_extension; print(c_extension.answer())"
    answer = subprocess.check_output([sys.executable, "-c", say], cwd=target, text=True)
    assert answer == "42\n"


@pytest.mark.parametrize("version", sorted(interpreters()))
@pytest.mark.parametrize("abi3", [False, True])
def test_extension_imports_in_each_interpreter(version: str, *, abi3: bool, tmp_path: Path) -> None:
    python = interpreters()[version]
    tree = materialise("c-extension", tmp_path, abi3=abi3)
    wheel = build_tree(tree, tmp_path / "out", python=python)
    digits = version.replace(".", "")
    expected = "cp311-abi3-" if abi3 else f"cp{digits}-cp{digits}-"
    assert f"-{expected}" in wheel.name
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    say = "import c_extension; print(c_extension.answer())"
    answer = subprocess.check_output([python, "-c", say], cwd=tmp_path / "site", text=True)
    assert answer == "42\n"


def test_wheels_are_reproducible_and_heed_source_date_epoch(tmp_path: Path) -> None:
    tree = materialise("c-extension", tmp_path)
    first = build_tree(tree, tmp_path / "1").read_bytes()
    assert build_tree(tree, tmp_path / "2").read_bytes() == first
    dated = build_tree(tree, tmp_path / "3", environ={**os.environ, "SOURCE_DATE_EPOCH": "0"})
    assert zipfile.ZipFile(dated).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@pytest.mark.parametrize("name", ["bad-record", "missing-record-entry"])
def test_wrong_record_is_found_by_installer(name: str, tmp_path: Path) -> None:
    wheel = build_tree(materialise(name, tmp_path), tmp_path / "out")
    with pytest.raises(InstallerError):
        validate(wheel)


def test_ghost_entry_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, ghost_record_entry=True)
    archive = zipfile.ZipFile(build_tree(tree, tmp_path / "out"))
    assert b"ghost.py," in archive.read("pure-1.0.dist-info/RECORD")
    assert "ghost.py" not in archive.namelist()


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("wrong-name", "another_name-1.0-py3-none-any.whl"),
        ("wrong-version", "wrong_version-9.9-py3-none-any.whl"),
        ("wrong-tag", "wrong_tag-1.0-cp27-cp27m-win32.whl"),
    ],
)
def test_wrong_wheel_is_valid_in_itself(name: str, filename: str, tmp_path: Path) -> None:
    wheel = build_tree(materialise(name, tmp_path), tmp_path / "out")
    assert wheel.name == filename
    validate(wheel)


def test_inside_of_a_wheel_may_disagree_with_its_name(tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, metadata_version="7", inner_tag="cp27-none-any")
    archive = zipfile.ZipFile(build_tree(tree, tmp_path / "out"))
    assert b"Version: 7\n" in archive.read("pure-1.0.dist-info/METADATA")
    assert b"Tag: cp27-none-any\n" in archive.read("pure-1.0.dist-info/WHEEL")


@pytest.mark.parametrize(("name", "count"), [("backend-no-wheel", 0), ("backend-two-wheels", 2)])
def test_backend_writes_too_few_wheels_or_too_many(name: str, count: int, tmp_path: Path) -> None:
    build_tree(materialise(name, tmp_path), tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == count


@pytest.mark.parametrize("name", ["backend-raises", "c-extension-broken"])
def test_failing_project_fails(name: str, tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        build_tree(materialise(name, tmp_path), tmp_path / "out")


def test_backend_can_end_its_process(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        build_tree(materialise("pure", tmp_path, exit=7), tmp_path / "out")
    assert caught.value.returncode == 7


def test_optional_extension_that_fails_makes_a_pure_wheel(tmp_path: Path) -> None:
    tree = materialise("c-extension-broken", tmp_path, optional=True)
    assert build_tree(tree, tmp_path / "out").name.endswith("-py3-none-any.whl")


def test_builds_are_counted(tmp_path: Path) -> None:
    count = tmp_path / "builds"
    tree = materialise("pure", tmp_path, count=str(count))
    build_tree(tree, tmp_path / "out")
    build_tree(tree, tmp_path / "out")
    version = sys.version.split()[0]
    assert [line.split()[1] for line in count.read_text().splitlines()] == [version, version]


def test_environment_and_call_are_shown(tmp_path: Path) -> None:
    tree = materialise("environ-shown", tmp_path)
    wheel = build_tree(
        tree,
        tmp_path / "out",
        config_settings={"a": "b"},
        environ={"PATH": os.defpath, "SEEN": "yes"},
    )
    assert read_json(wheel, "environ_shown/_environ.json")["SEEN"] == "yes"
    call = read_json(wheel, "environ_shown/_call.json")
    assert call["settings"] == {"a": "b"}
    assert call["directory"] == str(tree)


def test_dynamic_version_comes_from_the_hook(tmp_path: Path) -> None:
    tree = materialise("dynamic-version", tmp_path, dynamic_version="3.1")
    assert build_tree(tree, tmp_path / "out").name == "dynamic_version-3.1-py3-none-any.whl"
    settings = {"version": "4"}
    wheel = build_tree(tree, tmp_path / "out", config_settings=settings)
    assert wheel.name == "dynamic_version-4-py3-none-any.whl"


@pytest.mark.parametrize("present", [True, False])
def test_metadata_hook_may_be_absent(*, present: bool, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, metadata_hook=present)
    say = "import tinybackend as b; print(hasattr(b, 'prepare_metadata_for_build_wheel'))"
    told = subprocess.check_output([sys.executable, "-c", say], cwd=tree, text=True)
    assert told == f"{present}\n"


def test_build_waits_for_a_file(tmp_path: Path) -> None:
    gate, count = tmp_path / "gate", tmp_path / "builds"
    tree = materialise("pure", tmp_path, wait_for=str(gate), count=str(count))
    say = f"import tinybackend as b; b.build_wheel({str(tmp_path)!r})"
    with subprocess.Popen([sys.executable, "-c", say], cwd=tree) as build:
        wait_until(count.exists)
        assert not list(tmp_path.glob("*.whl"))
        gate.touch()
        assert build.wait(30) == 0
    assert list(tmp_path.glob("*.whl"))


@needs_proc
def test_processes_are_left_behind_one_of_them_in_its_own_session(tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    tree = materialise("backend-spawns", tmp_path, mark=mark)
    say = f"import tinybackend as b; b.build_wheel({str(tmp_path)!r})"
    build = subprocess.Popen([sys.executable, "-c", say], cwd=tree, start_new_session=True)
    build.wait(30)
    left: list[int] = []
    try:
        wait_until(lambda: len(processes_matching(mark)) == 3)
        left = processes_matching(mark)
        groups = [os.getsid(pid) for pid in left]
        assert sorted(group == build.pid for group in groups) == [False, True, True]
    finally:
        for pid in left or processes_matching(mark):
            os.kill(pid, 9)
    wait_until(lambda: not processes_matching(mark))
