"""A cache directory of another user: it is never an error, and what is wrong is said once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wheelwell
from support.others import NOBODY, SOMEBODY, Others, commons, contents, needs_root
from support.projects import materialise

pytestmark = [needs_root, pytest.mark.slow]


@pytest.fixture(scope="module")
def others() -> Iterator[Others]:
    with commons() as place:
        yield Others(place)


@pytest.fixture
def world(others: Others) -> Iterator[Path]:
    """A directory of root's that everybody may read."""
    with commons() as place:
        yield place


@pytest.fixture
def project(world: Path) -> Path:
    return materialise("pure", world)


@pytest.fixture
def cache(world: Path) -> Path:
    """A cache of the user who runs wheelwell; nothing is in it yet."""
    cache = world / "cache"
    cache.mkdir(mode=0o700)
    os.chown(cache, NOBODY, NOBODY)
    return cache


def get(others: Others, cache: Path, *words: str | Path) -> dict[str, str]:
    """Get the one wheel that is asked for, and what was said besides."""
    done = others.run("get", "--cache-dir", cache, "--no-index", "--json", "--quiet", *words)
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    assert Path(told["path"]).is_file()
    return {**told, "said": done.stderr}


def get_as_root(*words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wheelwell", "get", "--no-index", "--quiet", *map(str, words)],
        env={**os.environ, "TMPDIR": str(Path(words[-1]).parent), **environ},
        capture_output=True,
        text=True,
        check=True,
    )


def test_own_cache_is_used_without_a_word(others: Others, cache: Path, project: Path) -> None:
    built, found = get(others, cache, project), get(others, cache, project)

    assert (built["origin"], found["origin"]) == ("built", "local")
    assert (built["said"], found["said"]) == ("", "")


def test_cache_of_another_user_is_not_used(others: Others, world: Path, project: Path) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o755)
    os.chown(cache, SOMEBODY, SOMEBODY)

    told = get(others, cache, project)

    assert told["origin"] == "ephemeral"
    assert list(cache.iterdir()) == []
    (line,) = told["said"].splitlines()
    assert f"{cache} is not used: it belongs to uid {SOMEBODY}, not to nobody" in line
    assert f"sudo chown -R nobody {cache}" in line
    (temporary,) = (p for p in Path(told["path"]).parents if p.parent == others.temporary)
    assert line.endswith(f"stay in {temporary}")


def test_cache_that_everybody_can_write_to_is_not_used(
    others: Others, cache: Path, project: Path
) -> None:
    get(others, cache, project)
    cache.chmod(0o777)

    told = get(others, cache, project)

    assert told["origin"] == "ephemeral"
    assert f"chmod go-w {cache}" in told["said"]


def test_cache_of_root_gives_hits_and_is_not_touched(
    others: Others, world: Path, project: Path
) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o755)
    os.chown(cache, NOBODY, NOBODY)
    get(others, cache, project)
    others.own(cache, uid=0)
    (cache / "leases").chmod(0o777)  # where nothing but manners keeps us from writing
    before = contents(cache)

    told = get(others, cache, project)

    assert told["origin"] == "local"
    assert told["said"] == ""
    assert Path(told["path"]).is_relative_to(cache)
    assert contents(cache) == before


def test_what_a_cache_of_root_lacks_is_built_elsewhere_and_once(
    others: Others, world: Path, project: Path
) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o755)
    count = world / "count"
    count.touch()
    count.chmod(0o666)
    wanted = materialise("pure", world / "counted", count=str(count))

    done = others.run("get", "--cache-dir", cache, "--no-index", "--json", "-q", wanted, wanted)

    first, second = map(json.loads, done.stdout.splitlines())
    assert first["origin"] == second["origin"] == "ephemeral"
    assert first["path"] == second["path"]
    assert Path(first["path"]).is_file()
    assert len(count.read_text().splitlines()) == 1
    assert list(cache.iterdir()) == []
    (line,) = done.stderr.splitlines()
    assert f"{cache} is only read: it belongs to root (uid 0)" in line


def test_nothing_is_built_of_what_a_cache_of_root_lacks_where_that_is_forbidden(
    others: Others, world: Path, project: Path
) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o755)

    done = others.run("get", "--cache-dir", cache, "--no-index", "--no-build", project)

    assert done.returncode == 3, done.stderr


def test_cache_that_is_closed_to_us_is_not_used(others: Others, world: Path, project: Path) -> None:
    cache = world / "cache"
    cache.mkdir(mode=0o700)

    told = get(others, cache, project)

    assert told["origin"] == "ephemeral"
    assert "it belongs to root (uid 0), and nobody cannot read it (mode 0700)" in told["said"]


def test_own_cache_that_is_read_only_gives_hits_and_takes_nothing(
    others: Others, cache: Path, project: Path, world: Path
) -> None:
    get(others, cache, project)
    cache.chmod(0o500)
    before = contents(cache)

    hit = get(others, cache, project)
    miss = get(others, cache, materialise("pure", world / "other", project={"version": "2.0"}))

    assert (hit["origin"], miss["origin"]) == ("local", "ephemeral")
    assert hit["said"] == ""
    assert f"{cache} is only read" in miss["said"]
    assert contents(cache) == before


@pytest.mark.parametrize(
    "place", ["wheels-v1", "wheels-v1/pure", "environments-v1", "slots", "leases", "staging"]
)
def test_directory_in_the_cache_that_is_somebody_elses_fails_no_build(
    others: Others, cache: Path, project: Path, world: Path, place: str
) -> None:
    get(others, cache, project)
    foreign = cache / place
    for path in (foreign, *foreign.rglob("*")):  # as after a `sudo` without -H
        os.chown(path, 0, 0)
    # Another wheel, in another environment: the one before was for no constraint.
    (world / "constraints.txt").write_text("nothing==1\n")

    told = get(others, cache, project, "--build-constraint", world / "constraints.txt")

    assert told["origin"] == "ephemeral"
    (line,) = told["said"].splitlines()
    assert f"{foreign} belongs to root (uid 0), and nobody cannot write to it" in line
    assert f"sudo chown -R nobody {cache}" in line
    assert get(others, cache, project)["origin"] == "local"


def test_lock_that_is_somebody_elses_fails_no_build(
    others: Others, cache: Path, project: Path
) -> None:
    get(others, cache, project)
    for lock in (cache / "leases").iterdir():
        os.chown(lock, 0, 0)

    told = get(others, cache, project, "--rebuild")

    assert told["origin"] == "ephemeral"
    assert ".lock belongs to root (uid 0)" in told["said"]
    assert get(others, cache, project)["origin"] == "local"


def test_root_does_not_use_a_cache_of_another_user(cache: Path, project: Path) -> None:
    done = get_as_root("--cache-dir", cache, project)

    assert Path(done.stdout.strip()).is_file()
    assert list(cache.iterdir()) == []
    assert "belongs to nobody (uid 65534), not to root" in done.stderr
    assert "--trust-owner" in done.stderr


@pytest.mark.parametrize(
    ("switches", "environ"),
    [(["--trust-owner"], {}), ([], {"WHEELWELL_TRUST_OWNER": "yes"})],
    ids=["switch", "variable"],
)
def test_root_uses_a_cache_of_another_user_that_it_trusts_and_says_so(
    cache: Path, project: Path, switches: list[str], environ: dict[str, str]
) -> None:
    done = get_as_root(*switches, "--cache-dir", cache, project, **environ)

    assert done.stdout.startswith(f"{cache}/")
    (line,) = done.stderr.splitlines()
    assert f"{cache} is trusted" in line
    assert "it belongs to nobody (uid 65534), not to root" in line


def test_sudo_in_a_users_home_is_told_to_use_h(world: Path, cache: Path, project: Path) -> None:
    environ = {"HOME": str(cache), "XDG_CACHE_HOME": "", "SUDO_UID": str(NOBODY)}
    environ["UV_NO_CACHE"] = "1"  # uv has no such scruples

    done = get_as_root(project, **environ)
    without = get_as_root(project, **{**environ, "SUDO_UID": ""})
    elsewhere = get_as_root("--cache-dir", cache, project, **{**environ, "HOME": "/root"})

    assert "sudo with -H" in done.stderr
    assert "sudo with -H" not in without.stderr
    assert "sudo with -H" not in elsewhere.stderr
    assert not (cache / ".cache").exists()


def test_info_says_whether_the_cache_can_be_used_and_why_not(
    others: Others, world: Path, cache: Path
) -> None:
    def info(root: Path, *words: str) -> dict[str, str]:
        done = others.run("info", "--json", "--cache-dir", root, *words)
        assert done.returncode == 0, done.stderr
        told: dict[str, str] = json.loads(done.stdout)
        return told

    foreign = world / "foreign"
    foreign.mkdir()
    os.chown(foreign, SOMEBODY, SOMEBODY)

    assert (info(cache)["usable"], info(cache)["why"]) == ("yes", "")
    assert info(world)["usable"] == "read-only"
    assert info(foreign)["usable"] == "no"
    assert "chown" in info(foreign)["why"]
    assert info(foreign, "--trust-owner")["usable"] == "read-only"
    assert info(world / "absent")["usable"] == "no"
    assert not (world / "absent").exists()
    assert others.run("dir", "--cache-dir", foreign).stdout == f"{foreign}\n"
    assert "usable: no (it belongs" in others.run("info", "--cache-dir", foreign).stdout


def test_temporary_directory_that_is_not_there_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))

    with pytest.raises(wheelwell.WheelwellError) as raised:
        wheelwell.open_cache(is_ephemeral=True)

    assert raised.value.code == "unwritable"
    assert "TMPDIR" in raised.value.hint
