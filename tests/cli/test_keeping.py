"""The commands that look after the cache: what they print, remove and exit with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.projects import make_sdist, materialise
from support.stored import rot
from support.trespass import state
from support.upkeep import DAY

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(cache_dir: Path) -> Run:
    def run(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "wheelwell",
                *map(str, arguments),
                "--cache-dir",
                str(cache_dir),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def project(cache_dir: Path, tmp_path: Path) -> Path:
    """A project whose wheel is in the cache."""
    tree = materialise("pure", tmp_path)
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(tree))
    return tree


def told(run: Run, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]


def let_age(cache_dir: Path) -> None:
    at = time.time() - 2 * DAY
    for path in cache_dir.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (at, at))


def test_list_and_show_tell_of_an_entry(run: Run, project: Path) -> None:
    shown = run("list").stdout
    assert shown.splitlines()[0].split()[:3] == ["NAME", "VERSION", "TAGS"]
    assert "py3-none-any" in shown
    [entry] = told(run, "list", "Pure")
    assert Path(entry["path"]).is_file()
    assert run("list", "--format", "abspath").stdout.strip() == entry["path"]
    record = run("show", "pure==1.0").stdout
    assert entry["sha256"] in record
    assert "the key is made of" in record
    assert told(run, "show", "pure")[0]["record"]["key"] == entry["key"]
    assert told(run, "cache", "list", "pure*") == [entry]


def test_show_prints_the_log_of_a_build(run: Run, cache_dir: Path, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path)
    backend = tree / "tinybackend.py"
    backend.write_text(f"{backend.read_text()}\nprint('the backend speaks')\n")
    run("get", tree)
    assert "the backend speaks" in run("show", "--log", "pure").stdout


def test_what_does_not_match_exits_with_3(run: Run, project: Path) -> None:
    for command in (["list"], ["show"], ["remove"], ["unpin"]):
        done = run(*command, "nosuch", status=3)
        assert done.stdout in {"", "there is nothing to remove\n"}
        assert done.stderr
    run("list", "a/b", status=2)
    run("list", "--built-before", "yesterday", status=2)


def test_an_empty_cache_says_so(run: Run) -> None:
    assert run("list").stderr == "the cache is empty\n"
    assert run("stats").stdout == "nothing happened yet\n"
    assert "nothing to remove" in run("gc").stdout
    assert run("verify").stdout.startswith("0 files read")


def test_entries_are_chosen_by_age_and_by_what_built_them(run: Run, project: Path) -> None:
    assert told(run, "list", "--built-before", "1d") == []
    assert len(told(run, "list", "--built-before", "2100-01-01")) == 1
    assert told(run, "list", "--older-than", "1h") == []
    assert told(run, "list", "--built-with", "setuptools") == []
    run("remove", "pure", "--older-than", "1h", status=3)


def test_remove_says_what_it_does_and_a_dry_run_does_nothing(
    run: Run, project: Path, cache_dir: Path
) -> None:
    assert "would remove pure-1.0-py3-none-any.whl" in run("remove", "pure", "--dry-run").stdout
    assert len(told(run, "list")) == 1
    assert "removed pure-1.0-py3-none-any.whl" in run("remove", "pure").stdout
    assert told(run, "list") == []


def test_what_is_held_stays_and_exits_with_1(run: Run, project: Path, cache_dir: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache, cache.hold(cache.get(str(project))):
        assert "somebody holds it" in run("remove", "pure", status=1).stderr
    run("remove", "pure")


def test_gc_keeps_the_limits_and_what_is_pinned(run: Run, project: Path, cache_dir: Path) -> None:
    let_age(cache_dir)
    assert "1 entries now" in run("pin", "pure").stderr
    assert run("pin").stdout == "pure\n"
    run("gc", "--limit", "0")
    assert len(told(run, "list")) == 1
    run("unpin", "pure")
    assert "would remove" in run("gc", "--max-age", "1d", "-n").stdout
    assert "removed pure-1.0" in run("gc", "--max-age", "1d").stdout
    assert told(run, "list") == []
    run("gc", "--limit", "much", status=2)


def test_purge_takes_only_the_kinds_that_are_named(run: Run, project: Path) -> None:
    assert {each["kind"] for each in told(run, "purge", "--environments")} == {"environments"}
    assert len(told(run, "list")) == 1
    run("purge")
    assert told(run, "list") == []


def test_verify_finds_bit_rot_and_heals_it(run: Run, project: Path) -> None:
    [entry] = told(run, "list")
    content = bytearray(Path(entry["path"]).read_bytes())
    content[len(content) // 2] ^= 1
    Path(entry["path"]).write_bytes(content)

    done = run("verify", "--rebuild", "--json", status=5)
    wrong, whole = map(json.loads, done.stdout.splitlines())

    assert wrong["path"] == entry["path"]
    assert wrong["expected"] == entry["sha256"] != wrong["found"]
    assert whole["wrong"] == whole["rebuilt"] == 1
    run("verify")
    assert told(run, "list")[0]["key"] == entry["key"]


def test_stats_tells_hits_and_builds(run: Run, project: Path) -> None:
    run("get", project)
    [sums] = told(run, "stats")
    assert (sums["hits"], sums["builds"]) == (1, 1)
    assert "1 hits, 1 misses" in run("stats", "--days", "1").stdout
    assert run("stats", "nosuch").stdout == "nothing is known of that\n"


def test_doctor_finds_what_is_wrong_and_mends_what_is_safe(
    run: Run, project: Path, cache_dir: Path
) -> None:
    found = {each["subject"]: each for each in told(run, "doctor")[0]["findings"]}
    assert found["locks"]["level"] == found["renames"]["level"] == "ok"
    assert found["entries"]["text"] == "1 can be read"

    leftover = cache_dir / "staging" / "0123456789abcdef"
    leftover.mkdir()
    (cache_dir / "CACHEDIR.TAG").unlink()
    assert "leftovers: 1 of processes that died" in run("doctor").stdout
    assert run("doctor", "--fix").stdout.count("fixed: ") == 2
    assert not leftover.exists()
    assert (cache_dir / "CACHEDIR.TAG").exists()

    [record] = cache_dir.rglob("record.json")
    record.write_text("{")
    assert "to mend it: wheelwell verify" in run("doctor", "-q", status=5).stdout


def test_doctor_looks_at_a_cache_that_must_not_be_used_or_is_not_there(
    run: Run, cache_dir: Path
) -> None:
    assert "not there yet" in run("doctor").stdout
    assert not cache_dir.exists()
    cache_dir.mkdir()
    cache_dir.chmod(0o777)
    assert "chmod go-w" in run("doctor", status=5).stdout
    assert "chmod go-w" in run("list", status=1).stderr


def test_what_a_record_holds_does_not_reach_the_terminal_as_it_is(
    run: Run, project: Path, cache_dir: Path
) -> None:
    [path] = cache_dir.rglob("record.json")
    record = json.loads(path.read_text())
    record["observed"]["origin"] = "https://host.example/\x1b[2Jpure.tar.gz\n"
    path.write_text(json.dumps(record))
    for command in (["list"], ["show", "pure"]):
        shown = run(*command).stdout
        assert "\x1b" not in shown


@pytest.mark.parametrize("command", [["gc"], ["purge"], ["doctor", "--fix"], ["get", "{project}"]])
def test_a_directory_that_is_no_cache_is_left_alone(
    run: Run, cache_dir: Path, tmp_path: Path, command: list[str]
) -> None:
    tree = materialise("pure", tmp_path)
    for name in ("staging/website", "leases", "holds/x", "slots/a/1", "failures", "quarantine"):
        (cache_dir / name).mkdir(parents=True)
        (cache_dir / name / "thesis").write_text("mine")
    before = state(cache_dir)
    arguments = [each.format(project=tree) for each in command]
    status = {"gc": 1, "purge": 1, "doctor": 5, "get": 0}[command[0]]
    done = run(*arguments, status=status)
    assert "is called failures" in done.stderr + done.stdout
    assert state(cache_dir) == before


def test_a_directory_that_is_used_for_more_is_not_marked(
    run: Run, cache_dir: Path, project: Path
) -> None:
    (cache_dir / "CACHEDIR.TAG").unlink()
    (cache_dir / "thesis").touch()
    assert "holds other things too" in run("doctor", "--fix").stdout
    assert not (cache_dir / "CACHEDIR.TAG").exists()


def test_what_was_set_aside_before_is_built_again_when_asked(run: Run, project: Path) -> None:
    [entry] = told(run, "list")
    rot(Path(entry["path"]))
    run("verify", status=5)
    assert told(run, "list") == []
    assert "1 built again" in run("verify", "--rebuild").stdout
    assert told(run, "list")[0]["key"] == entry["key"]
    assert "built again" not in run("verify", "--rebuild").stdout


def test_what_is_in_the_way_of_small_files_stops_nothing(
    run: Run, project: Path, cache_dir: Path
) -> None:
    for name in ("journal-v1/2020-01-01.jsonl", "size-v1/added", "size-v1/measured.json"):
        path = cache_dir / name
        path.unlink(missing_ok=True)
        path.mkdir(parents=True)
    assert "warning" not in run("get", "--rebuild", project).stderr
    run("gc")
    assert not (cache_dir / "journal-v1/2020-01-01.jsonl").exists()


def test_a_pin_in_a_new_cache_marks_it(run: Run, cache_dir: Path) -> None:
    run("pin", "foo")
    assert (cache_dir / "CACHEDIR.TAG").exists()


def test_all_speak_json(run: Run, cache_dir: Path) -> None:
    assert told(run, "dir") == [{"cache_dir": str(cache_dir)}]
    assert told(run, "pin", "foo") == [{"pattern": "foo", "is_new": True, "entries": 0}]
    assert told(run, "unpin", "foo") == [{"pattern": "foo", "was_pinned": True}]


def test_what_makes_no_sense_is_a_usage_error(run: Run) -> None:
    run("gc", "--limit", "9" * 400, status=2)
    run("gc", "--max-age", f"{'9' * 400}d", status=2)
    run("stats", "--days", "0", status=2)
    assert "no entry matches" in run("verify", "nosuch", status=3).stderr


def test_a_file_in_the_place_of_a_directory_is_found(
    run: Run, project: Path, cache_dir: Path
) -> None:
    (cache_dir / "wheels-v1/other").write_text("in the way")
    assert "it is no directory" in run("verify", status=5).stderr
    assert "it is no directory" in run("doctor", "-q", status=5).stdout
    run("purge", "--wheels")
    assert not (cache_dir / "wheels-v1/other").exists()


def test_the_doctor_sees_old_buckets_and_times_to_come(
    run: Run, project: Path, cache_dir: Path
) -> None:
    (cache_dir / "wheels-v0").mkdir()
    [record] = cache_dir.rglob("record.json")
    os.utime(record, (time.time() + 30 * DAY,) * 2)
    shown = run("doctor").stdout
    assert "of an older version" in shown
    assert "used in the future" in shown


def test_layers_are_not_listed_and_that_is_said(
    run: Run, project: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEELWELL_LAYERS", "/nowhere")
    assert "/nowhere" in run("list").stderr


def test_other_kinds_are_listed_when_they_are_asked_for(
    run: Run, project: Path, tmp_path: Path
) -> None:
    run("get", make_sdist(project, tmp_path))
    assert {each["kind"] for each in told(run, "list", "--environments")} == {"environments"}
    shown = run("list", "--all").stdout
    assert "py3-none-any" in shown
    assert "KIND" in shown
    assert "facts" in shown
    run("list", "--http", "pure", status=2)
    run("list", "--wheels", "pure")
