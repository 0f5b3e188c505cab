"""What uv's cache of built wheels gets wrong, and what its users ask for."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import stat
import venv
from pathlib import Path

import pytest

from field.conftest import User, shown
from support.builds import Getting
from support.index import IndexServer
from support.interpreters import interpreters
from support.processes import processes_matching, wait_until
from support.projects import make_wheel

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


def test_a_variable_that_is_not_in_the_key_does_not_reach_the_build(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv: a rebuild with `DEMO_FLAG=7`, which setup.py reads, installed the old wheel silently."""
    sdist = user.sdist("environ-shown")
    monkeypatch.setenv("DEMO_FLAG", "6")
    without = user.get(sdist)
    six, seven = user.get(sdist, "--env", "DEMO_FLAG"), user.get(sdist, "--env", "DEMO_FLAG=7")

    assert "DEMO_FLAG" not in shown(without, "_environ.json")
    assert shown(six, "_environ.json")["DEMO_FLAG"] == "6"
    assert shown(seven, "_environ.json")["DEMO_FLAG"] == "7"


def test_a_build_sees_nothing_of_the_callers_environment(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv: the full environment is inherited, a few tokens left out."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never")
    monkeypatch.setenv("PYTHONPATH", str(user.home))
    seen = shown(user.get(user.sdist("environ-shown")), "_environ.json")

    assert {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"} & {*seen} == set()
    assert seen["HOME"] != os.environ["HOME"]


def test_a_fallback_of_a_failed_compile_goes_when_the_compiler_works(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv: `optional=True` and `CC=/bin/false`, then a good compiler: the fallback stays cached."""
    sdist = user.sdist("c-extension", optional=True)
    monkeypatch.setenv("CC", "/bin/false")
    fallback = user.get(sdist)
    monkeypatch.delenv("CC")
    real = user.get(sdist)

    assert fallback["degraded"] == "yes"
    assert real["degraded"] == "no"
    assert real["path"] != fallback["path"]


def test_other_build_constraints_give_another_build(user: User) -> None:
    """uv: `--build-constraints` after a normal build: "already cached", the same wheel."""
    sdist = user.sdist("pure")
    constraints = user.home / "constraints.txt"
    constraints.write_text("setuptools==75.0.0\n")

    assert user.get(sdist)["key"] != user.get(sdist, "--build-constraint", constraints)["key"]
    assert user.builds == 2


@pytest.mark.skipif(len(interpreters()) < 2, reason="needs two Pythons")
def test_builds_for_two_pythons_share_no_tree(user: User) -> None:
    """uv builds in one cached `src/`, where `build/lib…311` and `…312` lie side by side."""
    first, second, *_ = interpreters()
    gate = user.home / "gate"
    sdist = user.sdist("environ-shown", wait_for=str(gate))
    with (
        Getting(sdist, user.cache_dir, "--python", first) as one,
        Getting(sdist, user.cache_dir, "--python", second) as other,
    ):
        wait_until(lambda: user.builds == 2, message="both build")
        gate.touch()
        assert (one.end(), other.end()) == (0, 0)
    directories = {
        shown(user.get(sdist, "--python", python), "_call.json")["directory"]
        for python in (first, second)
    }
    assert len(directories) == 2


def test_a_killed_frontend_leaves_no_backend_behind(user: User) -> None:
    """uv: after kill -9 the backend stays alive as an orphan."""
    sdist = user.sdist("pure", wait_for=str(user.home / "never"))
    slots = str(user.cache_dir / "slots")
    with Getting(sdist, user.cache_dir) as getting:
        wait_until(lambda: user.builds == 1, message="it builds")
        assert processes_matching(slots)
        os.kill(getting.process.pid, signal.SIGKILL)
        wait_until(lambda: not processes_matching(slots), message="the build is gone")


def test_what_was_copied_out_can_be_edited_without_harm_to_the_cache(user: User) -> None:
    """uv #15700, #10579: editing a file of an environment changed the cache, through a link."""
    sdist = user.sdist("pure")
    kept = user.get(sdist)
    copied = Path(user.get(sdist, "-o", user.home / "out")["path"])
    copied.write_bytes(b"edited")

    assert Path(kept["path"]).read_bytes() != b"edited"
    assert user.get(sdist)["origin"] == "local"


def test_a_project_is_built_at_the_same_path_each_time(user: User) -> None:
    """uv #20090: a random path lets CMake, Meson and ccache know nothing of the last build."""
    sdist = user.sdist("environ-shown")
    calls = [shown(user.get(sdist, "--rebuild"), "_call.json") for _ in range(2)]

    assert calls[0]["directory"] == calls[1]["directory"]
    assert calls[0]["python"] == calls[1]["python"]


def test_no_unpacked_source_stays(user: User) -> None:
    """uv #7394: source trees are kept, with all that a build left in them."""
    user.get(user.sdist("pure"))
    assert [*user.cache_dir.glob("slots/*/*/*")] == []


def test_a_failed_build_can_be_looked_at(user: User) -> None:
    """uv PR 12292: the failed tree and its log are thrown away."""
    told = user.get(user.project("backend-raises"), "--keep", status=1)

    assert Path(told["error"]["log"]).read_text()
    assert [*user.cache_dir.glob("slots/*/*/source/*/pyproject.toml")]


def test_any_edit_of_a_directory_is_seen(user: User) -> None:
    """uv #11350: edits of C++ files were not rebuilt, "intentionally"."""
    tree = user.project("c-extension")
    first = user.get(tree)
    (source,) = tree.rglob("*.c")
    text = source.read_text()
    source.write_text(text + "/* edited */\n")
    edited = user.get(tree)
    source.write_text(text)

    assert edited["origin"] == "built"
    assert user.get(tree)["path"] == first["path"]


def test_an_edit_within_one_tick_of_the_clock_is_seen(user: User) -> None:
    """uv #8130: keys of local sources are times."""
    tree = user.project("pure")
    user.get(tree)
    pyproject = tree / "pyproject.toml"
    status = pyproject.stat()
    pyproject.write_text(pyproject.read_text().replace("1.0", "1.1", 1))  # of the same length
    os.utime(pyproject, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert user.get(tree)["origin"] == "built"


def test_lock_files_are_the_owners_alone(user: User) -> None:
    """uv #12665: they were writable by the world."""
    user.get(user.sdist("pure"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in user.cache_dir.glob("leases/*")}

    assert modes == {0o600}


def test_nothing_is_written_into_the_users_tree(user: User) -> None:
    """setuptools writes `build/` and `*.egg-info` where it is called; uv needs a lock for that."""
    tree = user.project("c-extension")
    before = sorted(path.relative_to(tree) for path in tree.rglob("*"))
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    user.get(tree)

    assert sorted(path.relative_to(tree) for path in tree.rglob("*")) == before


def test_a_cache_can_be_moved_to_another_machine_as_it_is(user: User) -> None:
    """uv #16757, #7296: there is no way to warm another cache from a folder."""
    sdist = user.sdist("pure")
    user.get(sdist)
    moved = User(user.home, shutil.copytree(user.cache_dir, user.home / "moved"), user.capsys)

    assert moved.get(sdist, "--offline", "--no-build")["origin"] == "local"


def test_a_build_can_be_asked_for_by_what_it_is(user: User) -> None:
    """uv #16331 asks for `uv cache get`: the wheel of a request, and nothing installed."""
    told = user.get(user.sdist("pure"))
    assert Path(told["path"]).is_file()
    assert (told["name"], told["version"]) == ("pure", "1.0")


def test_without_isolation_what_is_installed_is_in_the_key(user: User, tmp_path: Path) -> None:
    """uv: `--no-build-isolation` after a normal build: "already cached", the same wheel."""
    environment = tmp_path / "environment"
    venv.create(environment)
    python = environment / "bin" / "python"
    packages = next(environment.glob("lib/python*/site-packages"))
    sdist = user.sdist("pure")
    asked = [sdist, "--python", python]
    isolated = user.get(*asked)["key"]
    before = user.get(*asked, "--no-build-isolation")["key"]
    (packages / "tool-1.0.dist-info").mkdir()
    (packages / "tool-1.0.dist-info" / "METADATA").write_text("Name: tool\nVersion: 1.0\n")
    after = user.get(*asked, "--no-build-isolation")["key"]

    assert len({isolated, before, after}) == 3


def test_build_requirements_can_be_made_to_stand_still(user: User, index: IndexServer) -> None:
    """uv #5190: a lock file does not hold what is built with, and setuptools floats."""
    for version, uploaded in (("1.0", "2024-01-01T10:00:00Z"), ("2.0", "2025-01-01T10:00:00Z")):
        index.add(make_wheel(user.home, "tool", version), upload_time=uploaded)
    sdist = user.sdist("pure", build_system={"requires": ["tool"]})
    asked = [sdist, "--index-url", index.url]
    floating, then = user.get(*asked), user.get(*asked, "--build-as-of", "2024-06-01")
    used = [
        json.loads((Path(told["path"]).parents[1] / "record.json").read_text())["observed"]
        for told in (floating, then)
    ]

    assert [each["requirements"]["tool"] for each in used] == ["2.0", "1.0"]
    assert floating["key"] != then["key"]


def test_a_secret_reaches_a_build_and_is_nowhere_else(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv passes all of the environment, and whatever a build prints of it is in its log."""
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2hunter2")
    tree = user.project("pure", say="token: $DEPLOY_TOKEN")
    told = user.get(tree, "--secret-env", "DEPLOY_TOKEN")

    assert "hunter2hunter2" not in str(told)
    log = gzip.decompress(Path(told["path"]).with_name("build.log.gz").read_bytes())
    assert b"token: ****" in log
    for path in user.cache_dir.rglob("*"):
        assert not path.is_file() or b"hunter2hunter2" not in path.read_bytes()
