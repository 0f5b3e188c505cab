"""What people want to do with pip's cache, and cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from field.conftest import User
from support.builds import Getting
from support.index import IndexServer
from support.interpreters import interpreters
from support.processes import wait_until
from support.projects import make_wheel
from wheelwell.builder import frontends

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@pytest.mark.skipif(len(interpreters()) < 2, reason="needs two Pythons")
def test_builds_of_one_source_for_two_pythons_run_at_once(user: User) -> None:
    """pip #8708 builds one after the other; uv locks the source above the interpreter."""
    gate = user.home / "gate"
    sdist = user.sdist("pure", wait_for=str(gate))
    first, second, *_ = interpreters()
    with (
        Getting(sdist, user.cache_dir, "--python", first) as one,
        Getting(sdist, user.cache_dir, "--python", second) as other,
    ):
        wait_until(lambda: user.builds == 2, message="both build, and neither has ended")
        gate.touch()
        assert (one.end(), other.end()) == (0, 0)


def test_a_build_environment_is_prepared_once_for_many_builds(user: User) -> None:
    """pip #7294: an environment is filled anew for each build."""
    user.get(user.sdist("pure"))
    user.get(user.sdist("environ-shown"))

    assert len([*user.cache_dir.glob("environments-v1/*/*")]) == 1


def test_wheels_can_be_built_without_being_installed_or_copied(user: User) -> None:
    """pip #2908: there is no way to only fill the cache."""
    here = {*user.home.iterdir()}
    sdist = user.sdist("pure")
    told = user.get(sdist, "-q")

    assert Path(told["path"]).is_relative_to(user.cache_dir)
    new = {*user.home.iterdir()} - here
    assert {path.name for path in new} == {"cache", "builds", "project-1"}


def test_offline_means_that_nothing_is_asked(user: User, index: IndexServer) -> None:
    """pip #8057: there is no such mode."""
    index.add(user.sdist("pure"))
    asked = ["pure==1.0", "--index-url", index.url]
    missing = user.get(*asked, "--offline", status=3)
    assert missing["error"]["code"] == "not-in-cache"
    assert index.requests == []

    user.get(*asked)
    index.stop()
    assert user.get(*asked, "--offline")["origin"] == "local"


def test_a_hit_needs_no_network_without_a_switch_too(user: User, index: IndexServer) -> None:
    """pip fetches the project's page, and `pip download` the archive, before it finds a wheel."""
    index.add(user.sdist("pure"))
    asked = ["pure==1.0", "--index-url", index.url]
    user.get(*asked)
    index.stop()

    assert user.get(*asked)["origin"] == "local"


def test_a_rebuild_gives_the_same_bytes(user: User) -> None:
    """pip #6505: what a wheel hashes to depends on when it was built."""
    sdist = user.sdist("pure")
    assert user.get(sdist)["sha256"] == user.get(sdist, "--rebuild")["sha256"]


def test_the_cache_directory_that_was_chosen_is_the_only_place_that_is_written(
    user: User, tmp_path: Path
) -> None:
    """pip #12031: `--cache-dir` is not passed on to the process that gets build requirements."""
    home = tmp_path / "another-home"
    home.mkdir()
    environ = {**os.environ, "HOME": str(home), "PIP_NO_INDEX": "1"}
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        environ.pop(f"XDG_{name}_HOME", None)
    command = [sys.executable, "-m", "wheelwell", "get", str(user.sdist("pure"))]
    done = subprocess.run(
        [*command, "--cache-dir", str(user.cache_dir)],
        env=environ,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # What an installer keeps for itself is its own.
    assert {path.relative_to(home).parts[:2] for path in home.rglob("*") if path.is_file()} <= {
        (".cache", "uv"),
        (".cache", "pip"),
    }


def test_the_outcome_says_where_the_source_is_from_and_what_it_is(
    user: User, index: IndexServer
) -> None:
    """pip #3146: what a cached wheel was built from is not to be seen."""
    archive = user.sdist("pure")
    added = index.add(archive)
    told = user.get("pure==1.0", "--index-url", index.url)
    record = (Path(told["path"]).parents[1] / "record.json").read_text()

    assert told["source"] == f"archive-{added.sha256}"
    assert f'"origin": "{index.file_url(archive.name)}"' in record


def test_a_failed_build_leaves_the_good_wheels_of_the_same_call(user: User) -> None:
    """What pip gets right: a sibling that fails loses nothing."""
    good, bad = user.sdist("pure"), user.project("backend-raises")
    user.get(good, bad, status=1)

    assert user.get(good)["origin"] == "local"


def test_a_name_is_found_however_it_is_written(user: User, index: IndexServer) -> None:
    """pip #13086: `foo-bar` does not find `Foo_Bar`."""
    index.add(user.sdist("Dotted.Name_With-Capitals"))
    spellings = [
        "Dotted.Name_With-Capitals",
        "dotted-name-with-capitals",
        "DOTTED_NAME.with_capitals",
    ]
    keys = {user.get(f"{name}==1.0", "--index-url", index.url)["key"] for name in spellings}

    assert len(keys) == 1
    assert user.builds == 1


def test_wheels_go_to_a_folder_from_which_pip_installs(user: User, tmp_path: Path) -> None:
    """uv #1681, #3163: there is no `pip wheel`, and no `pip download`, to fill a wheelhouse."""
    listed = user.home / "requirements.txt"
    listed.write_text(f"{user.sdist('pure')}\n{user.sdist('c-extension')}\n")
    house, target = user.home / "wheelhouse", user.home / "target"
    user.get("-r", listed, "-o", house)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-cache-dir"]
    command += ["--find-links", str(house), "--target", str(target), "pure", "c-extension"]
    subprocess.run(command, check=True)
    asked = [sys.executable, "-c", "import pure, c_extension; print(c_extension.answer())"]
    environ = {**os.environ, "PYTHONPATH": str(target)}

    assert subprocess.check_output(asked, env=environ, text=True) == "42\n"
    assert len([*house.glob("*.whl")]) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_NO_CACHE_DIR", "0"),  # pip's cache is off, whatever the value
        ("PIP_USER", "1"),
        ("PIP_TARGET", "{home}/elsewhere"),
    ],
)
def test_what_is_set_for_installing_disturbs_no_build(
    user: User, index: IndexServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """pip's own settings reach the pip that prepares a build, and `--cache-dir` does not."""
    monkeypatch.setattr(frontends, "find_uv", lambda _: None)  # it reads no settings of pip's
    index.add(make_wheel(user.home, "tool", "1.0"))
    sdist = user.sdist("pure", build_system={"requires": ["tool"]})
    monkeypatch.setenv(name, value.format(home=user.home))
    asked = [sdist, "--index-url", index.url]

    assert user.get(*asked)["origin"] == "built"
    assert user.get(*asked)["origin"] == "local"
    assert not (user.home / "elsewhere").exists()
