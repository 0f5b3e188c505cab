"""What pip's cache keeps although it is wrong, and what happens when two use it at once."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from field.conftest import User
from support.builds import Getting, key_leases
from support.index import IndexServer
from support.processes import processes_matching, wait_until

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


def test_processes_that_miss_at_once_build_once(user: User) -> None:
    """pip #9034: four misses at the same time built four times, and could disturb each other."""
    gate = user.home / "gate"
    sdist = user.sdist("pure", wait_for=str(gate))
    command = [sys.executable, "-m", "wheelwell", "get", "-q", str(sdist)]
    command += ["--cache-dir", str(user.cache_dir)]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    wait_until(lambda: user.builds == 1, message="one of them builds")
    gate.touch()
    paths = {process.communicate(timeout=120)[0] for process in asking}

    assert [process.returncode for process in asking] == [0] * 4
    assert (len(paths), user.builds) == (1, 1)


def test_a_truncated_wheel_in_the_cache_heals(user: User) -> None:
    """pip #9964: it was `ERROR: Wheel 'foo' located at … is invalid`, again and again."""
    sdist = user.sdist("pure")
    good = Path(user.get(sdist)["path"])
    content = good.read_bytes()
    good.write_bytes(content[: len(content) // 2])
    healed = user.get(sdist)

    assert "damaged" in healed["stderr"]
    assert Path(healed["path"]).read_bytes()
    assert user.get(sdist)["path"] == healed["path"]
    assert user.builds == 2


def test_a_wheel_that_was_rejected_is_not_there_the_next_time(user: User) -> None:
    """pip stored `foo-9.9` with 1.0 in it, said that it is invalid, and installed it at once."""
    tree = user.project("wrong-name")
    for _ in range(2):
        assert user.get(tree, status=1)["error"]["code"] == "invalid-wheel"

    assert user.builds == 2
    assert not [*user.cache_dir.glob("wheels-v1/*/*/*/*/*.whl")]


def test_a_wheel_is_of_the_archive_with_the_hash_that_was_asked_for(
    user: User, index: IndexServer
) -> None:
    """A shared origin.json let `--require-hashes` with the new hash install the old wheel."""
    lines = []
    for description in ("old", "new"):
        archive = user.sdist("pure", project={"description": description})
        added = index.add(archive)
        listed = user.home / f"{description}.txt"
        listed.write_text(f"pure==1.0 --hash=sha256:{added.sha256}\n")
        told = user.get("-r", listed, "--index-url", index.url)
        lines.append((told["source"], added.sha256))

    assert [source for source, _ in lines] == [f"archive-{sha256}" for _, sha256 in lines]
    assert user.builds == 2


def test_an_archive_with_another_hash_is_not_answered_from_the_cache(
    user: User, index: IndexServer
) -> None:
    """What pip gets right (`THESE PACKAGES DO NOT MATCH THE HASHES`), with a warm cache too."""
    index.add(user.sdist("pure"))
    user.get("pure==1.0", "--index-url", index.url)
    listed = user.home / "requirements.txt"
    listed.write_text(f"pure==1.0 --hash=sha256:{'0' * 64}\n")
    told = user.get("-r", listed, "--index-url", index.url, status=1)

    assert "hashes asked for are not those" in told["error"]["message"]


def test_a_wheel_whose_bytes_were_edited_is_not_handed_out(user: User) -> None:
    """pip: editing a cached wheel's bytes passes `--require-hashes`."""
    sdist = user.sdist("pure")
    wheel = Path(user.get(sdist)["path"])
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 0xFF
    wheel.write_bytes(content)

    assert user.get(sdist)["origin"] == "built"


def test_what_leaves_the_cache_is_hashed_even_where_no_time_tells(user: User) -> None:
    """An edit that sets the times back is seen when the bytes are copied."""
    sdist = user.sdist("pure")
    wheel = Path(user.get(sdist)["path"])
    status = wheel.stat()
    record = next(user.cache_dir.glob("wheels-v1/*/*/*/record.json"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 0xFF
    wheel.write_bytes(content)
    os.utime(wheel, ns=(status.st_atime_ns, status.st_mtime_ns))
    told = json.loads(record.read_text())
    told["stamp"]["ctime_ns"] = wheel.stat().st_ctime_ns  # what nobody can set back
    record.write_text(json.dumps(told))
    content[len(content) // 2] ^= 0xFF
    got = user.get(sdist, "-o", user.home / "out")

    assert got["origin"] == "built"
    assert Path(got["path"]).read_bytes() == bytes(content)


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff\xfe", b'{"schema": 0}'])
def test_a_record_that_cannot_be_read_is_a_miss_and_said_once(user: User, content: bytes) -> None:
    """pip #11985 crashed over origin.json; #5250, #13979: the same warning hundreds of times."""
    sdist = user.sdist("pure")
    user.get(sdist)
    next(user.cache_dir.glob("wheels-v1/*/*/*/record.json")).write_bytes(content)
    again = user.get(sdist)

    assert again["origin"] == "built"
    assert again["stderr"].count("damaged") == 1
    assert user.get(sdist)["origin"] == "local"


def test_what_a_killed_build_left_is_not_seen_and_does_not_stay_in_the_slot(user: User) -> None:
    """pip: kill -9 leaves temporary directories among the wheels."""
    gate = user.home / "gate"
    sdist = user.sdist("pure", wait_for=str(gate))
    with Getting(sdist, user.cache_dir) as getting:
        wait_until(lambda: user.builds == 1, message="it builds")
        os.kill(getting.process.pid, signal.SIGKILL)
        getting.process.wait()
        wait_until(
            lambda: not processes_matching(str(user.cache_dir / "slots")),
            message="the build ends",
        )
    gate.touch()

    assert not [*user.cache_dir.glob("wheels-v1/**/*.whl")]
    assert user.get(sdist)["origin"] == "built"
    assert [*user.cache_dir.glob("slots/*/*/*")] == []


def test_who_waits_for_a_build_waits_as_long_as_it_lives(user: User) -> None:
    """uv gives up after five minutes, with an error, although the build goes well."""
    gate = user.home / "gate"
    sdist = user.sdist("pure", wait_for=str(gate))
    with Getting(sdist, user.cache_dir) as first:
        wait_until(lambda: user.builds == 1, message="it builds")
        with Getting(sdist, user.cache_dir) as second:
            wait_until(lambda: "waiting for" in second.said, message="the other one waits")
            assert str(first.process.pid) in second.said
            gate.touch()
            assert (first.end(), second.end()) == (0, 0)

    assert user.builds == 1
    assert key_leases(user.cache_dir)


def test_a_log_is_kept_of_builds_that_succeed_too(user: User) -> None:
    """uv discards it, and pip shows it with `-v` only."""
    wheel = Path(user.get(user.sdist("pure", chatter=3))["path"])
    with gzip.open(wheel.with_name("build.log.gz"), "rt") as log:
        assert len(log.read().splitlines()) >= 3


def test_threads_of_one_program_may_share_a_cache(user: User) -> None:
    """uv #16665, #6691: parallel builds and their locks stood in each other's way."""
    import wheelwell

    archives = [user.sdist("pure"), user.sdist("environ-shown")] * 3
    told: list[str] = []
    with wheelwell.open_cache(user.cache_dir) as cache:
        threads = [
            threading.Thread(target=lambda one=one: told.append(cache.get(str(one)).name))
            for one in archives
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)

    assert sorted(told) == ["environ-shown"] * 3 + ["pure"] * 3
    assert user.builds == 2
