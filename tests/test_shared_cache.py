"""A cache that a group shares: each user hits, removes and replaces what the other has built."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.others import NOBODY, SOMEBODY, Others, commons, needs_root
from support.projects import materialise

pytestmark = [needs_root, pytest.mark.slow]

GROUP = 65500


@pytest.fixture(scope="module")
def others() -> Iterator[Others]:
    with commons() as place:
        yield Others(place)


@pytest.fixture
def world() -> Iterator[Path]:
    with commons() as place:
        place.chmod(0o755)
        yield place


@pytest.fixture
def project(world: Path) -> Path:
    return materialise("pure", world)


@pytest.fixture
def cache(world: Path) -> Path:
    """A cache that the group shares; nothing is in it yet."""
    cache = world / "cache"
    cache.mkdir()
    os.chown(cache, NOBODY, GROUP)
    cache.chmod(0o2770)
    return cache


def get(
    others: Others, cache: Path, *arguments: str | Path, uid: int, umask: int, shared: str = "group"
) -> subprocess.CompletedProcess[str]:
    home = others.commons / f"home-{uid}"
    home.mkdir(exist_ok=True)
    os.chown(home, uid, GROUP)
    return others.run(
        *("get", "--json", "--no-index", "--cache-dir", cache, *arguments),
        uid=uid,
        gid=GROUP,
        umask=umask,
        WHEELWELL_SHARED=shared,
        HOME=str(home),
    )


@pytest.mark.parametrize("umask", [0o077, 0o022, 0o002])
def test_each_hits_what_the_other_built_whatever_the_umask_is(
    others: Others, cache: Path, project: Path, umask: int
) -> None:
    built = get(others, cache, project, uid=NOBODY, umask=umask)
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["origin"] == "built", built.stderr

    hit = get(others, cache, project, uid=SOMEBODY, umask=umask)
    assert hit.returncode == 0, hit.stderr
    assert json.loads(hit.stdout)["origin"] == "local", hit.stderr
    assert "warning" not in hit.stderr

    again = get(others, cache, "--rebuild", project, uid=SOMEBODY, umask=umask)
    assert json.loads(again.stdout)["origin"] == "built", again.stderr

    back = get(others, cache, project, uid=NOBODY, umask=umask)
    assert json.loads(back.stdout)["path"] == json.loads(again.stdout)["path"], back.stderr


def test_nobody_outside_the_group_may_enter_or_read(
    others: Others, cache: Path, project: Path
) -> None:
    assert get(others, cache, project, uid=NOBODY, umask=0o022).returncode == 0
    open_to_all = [
        str(path)
        for path in cache.rglob("*")
        if not path.is_symlink()
        and path.lstat().st_mode & 0o007
        and not {"environments-v1", "slots"} & {*path.relative_to(cache).parts}
    ]
    assert open_to_all == []
    assert stat.S_IMODE(cache.stat().st_mode) == 0o2770


def test_either_removes_what_the_other_built(others: Others, cache: Path, project: Path) -> None:
    get(others, cache, project, uid=NOBODY, umask=0o077)
    for command in (["remove", "pure"], ["gc"], ["purge"]):
        done = others.run(
            *command,
            *("--cache-dir", str(cache)),
            uid=SOMEBODY,
            gid=GROUP,
            umask=0o077,
            WHEELWELL_SHARED="group",
        )
        assert done.returncode == 0, (command, done.stderr)
    assert list(cache.rglob("*.whl")) == []


def test_without_the_setting_the_other_does_not_use_it(
    others: Others, cache: Path, project: Path
) -> None:
    get(others, cache, project, uid=NOBODY, umask=0o022)
    other = get(others, cache, project, uid=SOMEBODY, umask=0o022, shared="no")
    assert json.loads(other.stdout)["origin"] == "ephemeral"
    assert "is not used" in other.stderr


def test_a_new_cache_is_made_for_the_group(others: Others, world: Path, project: Path) -> None:
    above = world / "above"
    above.mkdir()
    os.chown(above, NOBODY, GROUP)
    above.chmod(0o2755)
    done = get(others, above / "cache", project, uid=NOBODY, umask=0o077)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((above / "cache").stat().st_mode) == 0o2770


def test_a_directory_that_root_made_for_the_group_is_used(
    others: Others, world: Path, project: Path
) -> None:
    cache = world / "cache"
    cache.mkdir()
    os.chown(cache, 0, GROUP)
    cache.chmod(0o2770)
    for uid, origin in ((NOBODY, "built"), (SOMEBODY, "local")):
        done = get(others, cache, project, uid=uid, umask=0o077)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["origin"] == origin, done.stderr


def test_a_repository_that_the_other_fetched_is_used(
    others: Others, cache: Path, world: Path, project: Path
) -> None:
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@host.example"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    for uid in (NOBODY, SOMEBODY):
        others.own(project, uid=uid)
        request = f"pure @ git+file://{project}@{commit}"
        done = get(others, cache, request, "--rebuild", uid=uid, umask=0o077)
        assert done.returncode == 0, done.stderr


def test_a_cache_that_is_not_shared_though_it_should_be_is_told_of(
    others: Others, world: Path, project: Path
) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o700)
    (cache / "wheels-v1").mkdir()
    others.own(cache)
    done = get(others, cache, project, uid=NOBODY, umask=0o077)
    assert "is not shared yet" in done.stderr
    assert "chmod 2770" in done.stderr


def test_the_doctor_finds_no_fault_with_what_the_other_made(
    others: Others, cache: Path, project: Path
) -> None:
    get(others, cache, project, uid=NOBODY, umask=0o077)
    done = others.run(
        *("doctor", "-q", "--cache-dir", cache),
        uid=SOMEBODY,
        gid=GROUP,
        WHEELWELL_SHARED="group",
    )
    assert "owner" not in done.stdout
    assert "group" not in done.stdout
