"""A static index: what standards ask of its pages, how it grows, and that installers take it."""

from __future__ import annotations

import functools
import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.exports import pip_install, served, stored, uv_install
from support.values import PURE
from wheelwell.errors import ExportError
from wheelwell.export import copying, static_index
from wheelwell.pattern import parse_pattern
from wheelwell.settings import Settings
from wheelwell.store.lease import try_acquire

WHEEL = "foo-1.0-py3-none-any.whl"


def export(cache_dir: Path, into: Path, *patterns: str, is_forced: bool = False) -> None:
    """Export what patterns mean to a static index."""
    with (
        wheelwell.open_cache(cache_dir) as cache,
        cache.export("index", into, is_forced=is_forced) as export,
    ):
        list(export.add_matching(*map(parse_pattern, patterns)))


def page(tree: Path, project: str) -> dict[str, Any]:
    """Return a project's page in JSON."""
    found = json.loads((tree / "simple" / project / "index.json").read_text())
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("has_json", [False, True], ids=["html", "json"])
def test_pip_and_uv_install_from_a_web_server_and_read_metadata_alone_first(
    cache_dir: Path, tmp_path: Path, has_json: bool
) -> None:
    stored(cache_dir, "foo", project={"dependencies": ["bar"]})
    stored(cache_dir, "bar")
    export(cache_dir, tmp_path / "tree")

    installs: dict[str, Callable[..., subprocess.CompletedProcess[str]]] = {
        "pip": pip_install,
        "uv": functools.partial(uv_install, cache=tmp_path / "uv-cache"),
    }
    for name, install in installs.items():
        target = tmp_path / name
        with served(tmp_path / "tree", has_json=has_json) as (url, asked):
            done = install(target, "foo", "--index-url", f"{url}/simple/")

        assert done.returncode == 0, done.stderr
        assert (target / "bar/__init__.py").is_file()
        assert f"/simple/foo/{WHEEL}.metadata" in asked
        assert asked.index(f"/simple/foo/{WHEEL}.metadata") < asked.index(f"/simple/foo/{WHEEL}")


def test_pip_refuses_a_wheel_that_is_not_the_one_listed(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir)
    export(cache_dir, tmp_path / "tree")
    wheel = tmp_path / "tree/simple/foo" / WHEEL
    wheel.write_bytes(wheel.read_bytes() + b" ")

    with served(tmp_path / "tree") as (url, _):
        done = pip_install(tmp_path / "target", "foo", "--index-url", f"{url}/simple/")

    assert done.returncode != 0
    assert "HASHES" in done.stderr.upper()


def test_the_page_tells_what_pep_691_700_and_714_ask_for(cache_dir: Path, tmp_path: Path) -> None:
    entry = stored(cache_dir, project={"requires-python": ">=3.8,<4"})
    export(cache_dir, tmp_path / "tree")
    content = Path(entry.path).read_bytes()
    with zipfile.ZipFile(entry.path) as archive:
        metadata = archive.read("foo-1.0.dist-info/METADATA")

    assert page(tmp_path / "tree", "foo") == {
        "meta": {"api-version": "1.1"},
        "name": "foo",
        "versions": ["1.0"],
        "files": [
            {
                "filename": WHEEL,
                "url": WHEEL,
                "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                "size": len(content),
                "upload-time": "2026-11-20T22:00:00Z",
                "requires-python": ">=3.8,<4",
                "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
                "dist-info-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
            }
        ],
    }
    assert (tmp_path / f"tree/simple/foo/{WHEEL}.metadata").read_bytes() == metadata
    assert (
        'data-requires-python="&gt;=3.8,&lt;4"'
        in (tmp_path / "tree/simple/foo/index.html").read_text()
    )


def test_a_further_export_adds_to_what_is_there(cache_dir: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    stored(cache_dir, "foo", "1.0")
    export(cache_dir, tree)
    stored(tmp_path / "other", "foo", "10.0")
    stored(tmp_path / "other", "foo", "2.0")
    stored(tmp_path / "other", "bar", "1.0")
    export(tmp_path / "other", tree)

    assert page(tree, "foo")["versions"] == ["1.0", "2.0", "10.0"]
    assert [each["filename"].split("-")[1] for each in page(tree, "foo")["files"]] == [
        *("1.0", "2.0", "10.0")
    ]
    root = json.loads((tree / "simple/index.json").read_text())
    assert root["projects"] == [{"name": "bar"}, {"name": "foo"}]
    assert '<a href="foo/">' in (tree / "simple/index.html").read_text()


def test_the_same_export_again_writes_nothing(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir)
    tree = tmp_path / "tree"
    export(cache_dir, tree)
    before = {path: path.stat().st_mtime_ns for path in (tree / "simple").rglob("*")}

    export(cache_dir, tree)

    assert {path: path.stat().st_mtime_ns for path in (tree / "simple").rglob("*")} == before


def test_what_was_removed_from_the_tree_is_no_longer_listed(
    cache_dir: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    stored(cache_dir, "foo", "1.0")
    stored(cache_dir, "foo", "2.0")
    export(cache_dir, tree)
    (tree / "simple/foo" / WHEEL).unlink()

    export(cache_dir, tree, "foo==2.0")

    assert page(tree, "foo")["versions"] == ["2.0"]


def test_an_export_that_was_broken_off_is_made_good_by_the_next(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    tree = tmp_path / "tree"
    with wheelwell.open_cache(cache_dir) as cache:
        going_on = cache.export("index", tree)
        list(going_on.add_matching())
        going_on.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert list(tree.rglob("*.whl"))
    assert not list(tree.rglob("index.*"))

    export(cache_dir, tree)

    assert page(tree, "foo")["versions"] == ["1.0"]


def test_a_page_that_is_not_ours_is_not_overwritten_but_by_force(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    mine = tmp_path / "tree/simple/foo/index.json"
    mine.parent.mkdir(parents=True)
    mine.write_text('{"mine": true}')

    with pytest.raises(ExportError, match="no page that wheelwell wrote"):
        export(cache_dir, tmp_path / "tree")
    assert mine.read_text() == '{"mine": true}'

    export(cache_dir, tmp_path / "tree", is_forced=True)
    assert page(tmp_path / "tree", "foo")["versions"] == ["1.0"]


def test_a_replaced_wheel_is_listed_with_its_new_hash(cache_dir: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    stored(cache_dir, content="old")
    export(cache_dir, tree)
    new = stored(
        tmp_path / "other",
        content="new",
        keyed=replace(PURE, settings=Settings(variables={"CFLAGS": "-O0"})),
    )

    export(tmp_path / "other", tree, is_forced=True)

    (file,) = page(tree, "foo")["files"]
    assert file["hashes"] == {"sha256": new.record.sha256}
    assert (tree / "simple/foo" / WHEEL).read_bytes() == Path(new.path).read_bytes()


def test_pages_are_written_by_one_export_at_a_time(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(cache_dir)
    held: dict[str, bool] = {}
    write = copying.write

    def watched(target: str, data: bytes) -> None:
        held[Path(target).name] = is_held(tmp_path / "tree/.wheelwell.lock")
        write(target, data)

    monkeypatch.setattr(static_index, "write", watched)
    export(cache_dir, tmp_path / "tree")

    assert held == {f"{WHEEL}.metadata": False, "index.json": True, "index.html": True}


def is_held(path: Path) -> bool:
    """Say whether somebody has a lock."""
    lease = try_acquire(str(path))
    if lease is None:
        return True
    with lease:
        return False
