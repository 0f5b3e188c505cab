"""A build sees the variables that the key names, and a few that are fixed; nothing else passes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.projects import materialise
from wheelwell.builder.environ import build_environ
from wheelwell.settings import KNOWN_VARIABLES, Settings
from wheelwell.surroundings import Surroundings

FIXED = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
}
OF_HOOKS = {"_PYPROJECT_HOOKS_BUILD_BACKEND", "_PYPROJECT_HOOKS_BACKEND_PATH_JSON"}
"""What `pyproject_hooks` adds, to tell its own script what to call."""

FOREIGN = {
    "AWS_SECRET_ACCESS_KEY": "secret",
    "DISPLAY": ":0",
    "FOO": "bar",
    "LD_PRELOAD_": "nothing",
    "MAKEFLAGS": "-j64",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple/",
    "PYTHONPATH": "/nowhere",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "/nowhere",
    "UV_INDEX": "http://127.0.0.1:9/simple/",
    "VIRTUAL_ENV": "/nowhere",
    "XDG_CACHE_HOME": "/nowhere",
    "http_proxy": "http://127.0.0.1:9",
}


def given(
    environ: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    directories: tuple[str, ...] = (),
) -> dict[str, str]:
    return build_environ(
        environment=Path("/environment"),
        home=Path("/slot/home"),
        temporary=Path("/slot/tmp"),
        directories=directories,
        epoch=1_600_000_000,
        variables=variables or {},
        environ={"HOME": "/home/ada"} if environ is None else environ,
    )


def around(scripts: str, *, is_virtual: bool) -> dict[str, str]:
    """Return what differs in a build without isolation."""
    surroundings = Surroundings(
        python="/user/bin/python",
        prefix="/user",
        is_virtual=is_virtual,
        scripts=scripts,
        installed={},
    )
    isolated = given()
    found = build_environ(
        environment=Path("/user"),
        home=Path("/slot/home"),
        temporary=Path("/slot/tmp"),
        directories=(),
        epoch=1_600_000_000,
        variables={},
        environ={"HOME": "/home/ada"},
        surroundings=surroundings,
    )
    assert isolated.keys() - found.keys() <= {"VIRTUAL_ENV"}
    return {name: value for name, value in found.items() if isolated.get(name) != value}


def test_a_build_without_isolation_finds_the_environment_and_leaves_no_byte_code() -> None:
    assert around("/user/bin", is_virtual=True) == {
        "PATH": given()["PATH"].replace("/environment/bin", "/user/bin"),
        "VIRTUAL_ENV": "/user",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_a_python_of_the_system_changes_nothing_in_the_order_of_its_directories() -> None:
    assert around("/usr/bin", is_virtual=False) == {
        "PATH": given()["PATH"].replace("/environment/bin:", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_a_build_is_given_these_variables_and_no_others() -> None:
    path = (
        "/environment/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        ":/opt/homebrew/bin"
    )
    assert given({"HOME": "/home/ada", **FOREIGN, "XDG_CACHE_HOME": ""}) == {
        **FIXED,
        "PATH": path,
        "VIRTUAL_ENV": "/environment",
        "HOME": "/slot/home",
        "TMPDIR": "/slot/tmp",
        "SOURCE_DATE_EPOCH": "1600000000",
        "CCACHE_DIR": "/home/ada/.cache/ccache",
        "SCCACHE_DIR": "/home/ada/.cache/sccache",
    }


def test_variables_of_the_settings_win() -> None:
    variables = {"SOURCE_DATE_EPOCH": "1", "LANG": "de_DE.UTF-8", "FOO": "bar", "PATH": "/mine"}
    assert given(variables=variables).items() >= variables.items()


def test_directories_of_compilers_come_before_the_system_s_and_after_the_environment() -> None:
    found = given(directories=("/opt/gcc/bin",))["PATH"].split(":")
    assert found[:3] == ["/environment/bin", "/opt/gcc/bin", "/usr/local/sbin"]


def test_directory_is_on_path_once() -> None:
    found = given(directories=("/usr/bin", "/opt/gcc/bin"))["PATH"].split(":")
    assert found[:3] == ["/environment/bin", "/usr/bin", "/opt/gcc/bin"]
    assert len({*found}) == len(found)


@pytest.mark.parametrize(
    ("environ", "ccache", "sccache"),
    [
        ({"CCACHE_DIR": "/c", "SCCACHE_DIR": "/s", "HOME": "/h"}, "/c", "/s"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/ccache", "/x/sccache"),
        ({"CCACHE_DIR": "/c", "HOME": "/h"}, "/c", "/h/.cache/sccache"),
    ],
)
def test_compiler_caches_are_where_the_user_has_them(
    environ: dict[str, str], ccache: str, sccache: str
) -> None:
    found = given(environ)
    assert (found["CCACHE_DIR"], found["SCCACHE_DIR"]) == (ccache, sccache)


def test_old_directory_of_ccache_is_used_where_it_exists(tmp_path: Path) -> None:
    (tmp_path / ".ccache").mkdir()
    assert given({"HOME": str(tmp_path)})["CCACHE_DIR"] == f"{tmp_path}/.ccache"


def test_without_a_home_there_are_no_compiler_caches() -> None:
    assert not given({}).keys() & {"CCACHE_DIR", "SCCACHE_DIR"}


# End to end.


def shown(
    directory: Path, monkeypatch: pytest.MonkeyPatch, **choices: Any
) -> tuple[dict[str, str], wheelwell.Wheel]:
    """Build a project that shows its environment, in a world full of variables."""
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CCACHE_DIR", "/somewhere/ccache")
    tree = materialise("environ-shown", directory)
    with wheelwell.open_cache(directory / "cache") as cache:
        wheel = cache.get(str(tree), **choices)
    with zipfile.ZipFile(wheel.path) as archive:
        return json.loads(archive.read("environ_shown/_environ.json")), wheel


def test_nothing_else_reaches_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = shown(tmp_path, monkeypatch)
    assert found.keys() == given().keys() | OF_HOOKS
    assert found.items() >= FIXED.items()
    assert found["CCACHE_DIR"] == "/somewhere/ccache"
    slot = tmp_path / "cache" / "slots" / "environ-shown" / "0"
    assert found["HOME"] == str(slot / "home")
    assert found["TMPDIR"] == str(slot / "tmp")
    environment = Path(found["VIRTUAL_ENV"])
    assert environment.parents[1] == tmp_path / "cache" / "environments-v1"
    assert found["PATH"].split(":")[0] == str(environment / "bin")


def test_variable_that_builds_are_known_to_read_reaches_it_and_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O1")
    found, wheel = shown(tmp_path, monkeypatch)
    assert found.keys() == given().keys() | OF_HOOKS | {"CFLAGS"}
    assert found["CFLAGS"] == "-O1"
    assert wheel.record is not None
    assert wheel.record.inputs["settings"]["variables"] == {"CFLAGS": "-O1"}


def test_variable_of_the_settings_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(variables={"FOO": "baz", "TZ": "Asia/Tokyo"})
    found, _ = shown(tmp_path, monkeypatch, settings=settings)
    assert (found["FOO"], found["TZ"]) == ("baz", "Asia/Tokyo")


def test_home_and_temporary_directory_are_private_and_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = materialise("pure", tmp_path, build_system={"build-backend": "looking"})
    (tree / "looking.py").write_text(LOOKING)
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SEEN", "no")
    with wheelwell.open_cache(tmp_path / "cache") as cache:
        wheel = cache.get(str(tree))
        again = cache.get(str(tree), rebuild=True)
    for each in (wheel, again):
        with zipfile.ZipFile(each.path) as archive:
            looked = json.loads(archive.read("pure/looked.json"))
        assert looked == {"HOME": [[], 0o700], "TMPDIR": [[], 0o700]}
    assert [path.name for path in home.rglob("*")] == [".config"]


LOOKING = """
import json, os
from pathlib import Path
from tinybackend import *
import tinybackend

def build_wheel(*arguments):
    looked = {}
    for name in ("HOME", "TMPDIR"):
        place = os.environ[name]
        looked[name] = [os.listdir(place), os.stat(place).st_mode & 0o777]
        Path(place, "left").touch()
    Path("pure/looked.json").write_text(json.dumps(looked))
    return tinybackend.build_wheel(*arguments)
"""


def test_no_variable_that_is_fixed_is_one_that_callers_set() -> None:
    """A fixed one that is also known comes from the source where the caller sets none."""
    assert given().keys() & KNOWN_VARIABLES == {"SOURCE_DATE_EPOCH"}
