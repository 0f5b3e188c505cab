"""A flat directory of wheels: whole or not at all, one name one wheel, and installers take it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import wheelwell
from support.exports import damage, pip_install, stored, uv_install
from support.values import PURE
from wheelwell.errors import DamagedWheel, ExportConflict
from wheelwell.export.item import Exported
from wheelwell.pattern import parse_pattern
from wheelwell.settings import Settings

OTHER = replace(PURE, settings=Settings(variables={"CFLAGS": "-O0"}))


def export(
    cache_dir: Path, into: Path, *patterns: str, is_forced: bool = False
) -> list[Exported | wheelwell.WheelwellError]:
    """Export what patterns mean to a flat directory."""
    with (
        wheelwell.open_cache(cache_dir) as cache,
        cache.export("dir", into, is_forced=is_forced) as export,
    ):
        return list(export.add_matching(*map(parse_pattern, patterns)))


def test_pip_and_uv_install_from_the_directory(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir)
    export(cache_dir, tmp_path / "out")

    by_pip = pip_install(tmp_path / "pip", "foo", "--no-index", "--find-links", tmp_path / "out")
    by_uv = uv_install(
        *(tmp_path / "uv", "foo", "--no-index", "--find-links", tmp_path / "out"),
        cache=tmp_path / "uv-cache",
    )

    assert (by_pip.returncode, by_uv.returncode) == (0, 0), by_pip.stderr + by_uv.stderr
    assert (tmp_path / "pip/foo/__init__.py").is_file()
    assert (tmp_path / "uv/foo/__init__.py").is_file()


def test_only_what_a_pattern_means_is_exported(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir, "foo")
    stored(cache_dir, "bar")

    export(cache_dir, tmp_path / "out", "bar")

    assert os.listdir(tmp_path / "out") == ["bar-1.0-py3-none-any.whl"]


def test_an_equal_file_is_left_alone(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir)
    export(cache_dir, tmp_path / "out")
    (before,) = (path.stat() for path in (tmp_path / "out").iterdir())

    (done,) = export(cache_dir, tmp_path / "out", is_forced=True)

    (after,) = (path.stat() for path in (tmp_path / "out").iterdir())
    assert isinstance(done, Exported)
    assert not done.is_new
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_another_file_is_replaced_by_force_only(cache_dir: Path, tmp_path: Path, kind: str) -> None:
    entry = stored(cache_dir)
    target = tmp_path / "out" / entry.record.filename
    target.parent.mkdir()
    mine = tmp_path / "mine" if kind == "link" else target
    mine.write_bytes(b"mine")
    if kind == "link":
        target.symlink_to(mine)

    (refused,) = export(cache_dir, tmp_path / "out")
    assert isinstance(refused, ExportConflict)
    assert "--force" in refused.hint
    assert mine.read_bytes() == b"mine"

    export(cache_dir, tmp_path / "out", is_forced=True)
    assert target.read_bytes() == Path(entry.path).read_bytes()
    assert not target.is_symlink()
    assert kind == "file" or mine.read_bytes() == b"mine"  # what a link leads to is not ours


def test_of_two_builds_with_one_name_the_last_one_goes_and_the_other_is_told_of(
    cache_dir: Path, tmp_path: Path
) -> None:
    old = stored(cache_dir, content="old", built_at="2026-11-20T22:00:00+00:00", keyed=OTHER)
    new = stored(cache_dir, content="new", built_at="2026-11-21T22:00:00+00:00")

    done, left_out = export(cache_dir, tmp_path / "out", is_forced=True)

    assert isinstance(done, Exported)
    assert done.key == new.record.key
    assert isinstance(left_out, ExportConflict)
    assert left_out.is_other_build
    assert old.record.key in left_out.message
    assert "CFLAGS" in left_out.message
    assert Path(done.path).read_bytes() == Path(new.path).read_bytes()


def test_two_builds_with_the_same_bytes_are_one_file(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir, keyed=OTHER)
    stored(cache_dir)

    done = export(cache_dir, tmp_path / "out")

    assert [isinstance(each, Exported) for each in done] == [True, True]
    assert len(os.listdir(tmp_path / "out")) == 1


def test_a_wheel_whose_bytes_changed_is_not_exported_and_is_set_aside(
    cache_dir: Path, tmp_path: Path
) -> None:
    entry = stored(cache_dir)
    damage(entry.path)

    with pytest.warns(UserWarning, match="damaged"):
        (refused,) = export(cache_dir, tmp_path / "out")

    assert isinstance(refused, DamagedWheel)
    assert refused.expected == entry.record.sha256
    assert os.listdir(tmp_path / "out") == []
    assert not Path(entry.path).exists()
    assert os.listdir(cache_dir / "quarantine")


def test_a_disk_that_is_full_leaves_nothing_half_written(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(cache_dir)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wheelwell.export.copying.os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        export(cache_dir, tmp_path / "out")

    assert os.listdir(tmp_path / "out") == []


def test_a_wheel_appears_under_its_name_only_when_it_is_synced(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(cache_dir)
    sync, seen = os.fsync, list[list[str]]()

    def watched(descriptor: int) -> None:
        seen.append([name for name in os.listdir(tmp_path / "out") if name.endswith(".whl")])
        sync(descriptor)

    monkeypatch.setattr("wheelwell.export.copying.os.fsync", watched)
    export(cache_dir, tmp_path / "out")

    assert seen == [[], ["foo-1.0-py3-none-any.whl"]]  # of the file, then of its directory
