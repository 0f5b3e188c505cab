"""Importing: what came from another cache is a hit here, and what is not good never is."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.exports import stored
from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.buckets import FACTS as FACTS_BUCKETS
from wheelwell.digest import sha256_chunks, sha256_of
from wheelwell.errors import ExportError, NotInCache
from wheelwell.importing import Imported
from wheelwell.indexes import Network
from wheelwell.record import Record


def bundle(cache_dir: Path, *requests: str, index_url: str = "", **choices: Any) -> bytes:
    """Export requests, or everything, to a tar."""
    stream = io.BytesIO()
    with opened(cache_dir, index_url) as cache, cache.export("tar", stream) as export:
        for request in requests:
            export.add(request, **choices)
        if not requests:
            assert not [each for each in export.add_matching() if isinstance(each, ExportError)]
    return stream.getvalue()


def opened(cache_dir: Path, index_url: str = "") -> wheelwell.WheelCache:
    """Open a cache that asks this index alone."""
    switches = {"index-url": index_url} if index_url else {"no-index": True}
    return wheelwell.open_cache(cache_dir, configuration=wheelwell.load_configuration(switches))


def imported(cache_dir: Path, tar: bytes) -> list[Imported]:
    """Import a tar."""
    with opened(cache_dir) as cache:
        return list(cache.import_bundle(io.BytesIO(tar)))


def changed(tar: bytes, ending: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a tar with the members of this ending changed."""
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tar)) as old,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as new,
    ):
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            content = change(file.read()) if member.name.endswith(ending) else file.read()
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["pure", "c-extension", "dynamic-version"])
def test_a_pin_is_a_hit_elsewhere_without_a_network_or_a_build(
    name: str, index: IndexServer, cache_dir: Path, tmp_path: Path
) -> None:
    tree = materialise(name, tmp_path / "tree", count=str(tmp_path / "builds"))
    # Without metadata that can be relied on, only the backend tells a dynamic version.
    sdist = make_sdist(
        tree, tmp_path, version="1.0", metadata_version=None if "dynamic" in name else "2.2"
    )
    index.add(sdist)
    with opened(cache_dir, index.url) as cache:
        version = cache.get(f"{name}=={index._files[sdist.name].version}").version
    request = f"{name}=={version}"
    tar = bundle(cache_dir, request, index_url=index.url)
    shutil.rmtree(cache_dir)
    index.stop()
    built = (tmp_path / "builds").read_text()

    (done,) = imported(tmp_path / "new", tar)
    with opened(tmp_path / "new", index.url) as cache:
        wheel = cache.get(request, network=Network.NEVER, build=False)

    assert done.outcome == "imported"
    assert not done.why
    assert str(wheel.path) == done.path
    assert (tmp_path / "builds").read_text() == built


def test_everything_that_goes_out_comes_in_and_goes_out_the_same(
    cache_dir: Path, tmp_path: Path
) -> None:
    for name in ("foo", "bar", "baz"):
        stored(cache_dir, name)
    tar = bundle(cache_dir)

    done = imported(tmp_path / "new", tar)

    assert [each.outcome for each in done] == ["imported"] * 3
    assert bundle(tmp_path / "new") == tar


def test_an_imported_entry_is_not_hashed_again_at_each_hit(cache_dir: Path, tmp_path: Path) -> None:
    stored(cache_dir)
    (done,) = imported(tmp_path / "new", bundle(cache_dir))

    record = json.loads((Path(done.path).parents[1] / "record.json").read_text())

    status = Path(done.path).stat()
    assert record["stamp"] == {
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ctime_ns": status.st_ctime_ns,
        "inode": status.st_ino,
    }
    assert gzip.decompress((Path(done.path).parent / "build.log.gz").read_bytes()) == b"built\n"


def test_what_is_here_already_stays(cache_dir: Path, tmp_path: Path) -> None:
    here = stored(tmp_path / "new", content="mine")
    stored(cache_dir, content="theirs")
    (kept,) = imported(tmp_path / "new", bundle(cache_dir))
    (present,) = imported(tmp_path / "new", bundle(tmp_path / "new"))

    assert (kept.outcome, present.outcome) == ("kept", "present")
    assert kept.path == present.path == here.path


def test_what_is_damaged_here_is_replaced(cache_dir: Path, tmp_path: Path) -> None:
    here = stored(tmp_path / "new")
    stored(cache_dir)
    Path(here.path).write_bytes(b"damaged")

    with pytest.warns(UserWarning, match="damaged"):
        (done,) = imported(tmp_path / "new", bundle(cache_dir))

    assert done.outcome == "imported"
    assert Path(done.path).read_bytes() != b"damaged"


def _wheel_of(tmp_path: Path, name: str) -> bytes:
    return make_wheel(tmp_path / "made", name, "1.0").read_bytes()


def _reforged(tar: bytes, wheel: bytes) -> bytes:
    """Return a tar with another wheel, whose record says that it is this one."""

    def forge(text: bytes) -> bytes:
        value = json.loads(text)
        value["sha256"] = sha256_chunks([wheel])
        return json.dumps(value).encode()

    return changed(changed(tar, "record.json", forge), ".whl", lambda _: wheel)


def _no_zip(_: Path) -> bytes:
    return b"no zip file"


def _other_project(tmp_path: Path) -> bytes:
    return _wheel_of(tmp_path, "other")


def _no_record(tmp_path: Path) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_wheel_of(tmp_path, "foo"))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for name in old.namelist():
            if not name.endswith("RECORD"):
                new.writestr(zipfile.ZipInfo(name), old.read(name))
    return stream.getvalue()


def _wrong_hash(tmp_path: Path) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_wheel_of(tmp_path, "foo"))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            new.writestr(zipfile.ZipInfo(name), b"evil" if name.endswith(".py") else text)
    return stream.getvalue()


@pytest.mark.parametrize("make", [_no_zip, _other_project, _no_record, _wrong_hash])
def test_a_wheel_that_is_not_good_is_refused_though_its_hash_is_right(
    make: Callable[[Path], bytes], cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    tar = _reforged(bundle(cache_dir), make(tmp_path))

    (refused,) = imported(tmp_path / "new", tar)

    assert refused.outcome == "refused"
    assert refused.why
    assert not (tmp_path / "new/wheels-v1").exists()


INPUTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a name that leads out": lambda i: i.update(name="../../x"),
    "a name that is not normalized": lambda i: i.update(name="Foo"),
    "a version that is none": lambda i: i.update(version="../1"),
    "a source that leads out": lambda i: i["source"].update(sha256="../../x"),
    "a commit that leads out": lambda i: i.update(
        source={
            "kind": "git",
            "commit": "../" * 13 + "x",
            "subdirectory": "",
            "lfs": False,
            "described": "",
        }
    ),
    "a source of no kind": lambda i: i["source"].update(kind="disk"),
    "a toolchain that is text": lambda i: i.update(toolchain="gcc"),
    "a compiler without a role": lambda i: i.update(toolchain=[{"identity": "gcc"}]),
    "settings that are a list": lambda i: i.update(settings=[]),
    "an interpreter without a version": lambda i: i["interpreter"].pop("version"),
    "a part more": lambda i: i.update(more=1),
    "a part less": lambda i: i.pop("platform"),
    "another schema": lambda i: i.update(schema=2),
}


@pytest.mark.parametrize("case", INPUTS)
def test_a_key_of_another_form_is_refused_though_it_is_the_hash_of_its_inputs(
    case: str, cache_dir: Path, tmp_path: Path
) -> None:
    entry = stored(cache_dir)
    tar = bundle(cache_dir)
    inputs = json.loads(json.dumps(entry.record.inputs))
    INPUTS[case](inputs)
    key = sha256_of(inputs)

    def forge(text: bytes) -> bytes:
        return json.dumps({**json.loads(text), "inputs": inputs, "key": key}).encode()

    forged = _rekeyed(changed(tar, "record.json", forge), entry.record.key, key)
    (refused,) = imported(tmp_path / "new", forged)

    assert refused.outcome == "refused"
    assert refused.key == key
    assert not (tmp_path / "new/wheels-v1").exists()


def _rekeyed(tar: bytes, old: str, new: str) -> bytes:
    """Return a tar whose entry is called otherwise."""
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tar)) as before,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as after,
    ):
        for member in before:
            member.name = member.name.replace(old, new)
            after.addfile(member, before.extractfile(member))
    return stream.getvalue()


def _asked(**changes: Any) -> dict[str, Any]:
    named = {"urls": ["http://127.0.0.1:1/simple/"], "find-links": []}
    return {
        "indexes": named,
        "name": "foo",
        "version": "==1.0",
        "hashes": [],
        "queries": "",
        **changes,
    }


def _found(**changes: Any) -> dict[str, Any]:
    return {
        "filename": "foo-1.0.tar.gz",
        "sha256": "",
        "requires_python": "",
        "origin": "",
        "note": "",
        **changes,
    }


FACTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "another project's pin": lambda sha: _pin(_asked(name="bar"), _found(sha256=sha)),
    "another version's pin": lambda sha: _pin(_asked(version="==2.0"), _found(sha256=sha)),
    "no pin": lambda sha: _pin(_asked(version=">=1.0"), _found(sha256=sha)),
    "another source": lambda _: _pin(_asked(), _found(sha256="cd" * 32)),
    "a file that leads out": lambda sha: _pin(_asked(), _found(sha256=sha, filename="../x")),
    "no file": lambda sha: _pin(_asked(), _found(sha256=sha, filename=1)),
    "a question more": lambda sha: _pin(_asked(more=1), _found(sha256=sha)),
    "pins that are no list": lambda _: {"resolutions": 1},
    "another project's identity": lambda _: {"identity": _identity(name="bar")},
    "another version's identity": lambda _: {"told": _identity(version="2.0")},
    "an identity that is none": lambda _: {"identity": [1]},
    "an answer that tells nothing": lambda _: {"told": _identity(name="")},
    "an instant that is none": lambda _: {"uploaded": "yesterday"},
}


def _pin(asked: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {"resolutions": [{"asked": asked, "found": found}]}


def _identity(**changes: Any) -> dict[str, Any]:
    return {
        "name": "foo",
        "version": "1.0",
        "requires_python": "",
        "languages": [],
        "is_declarative": False,
        **changes,
    }


@pytest.mark.parametrize("case", FACTS)
def test_facts_that_are_not_of_the_entry_are_not_believed(
    case: str, cache_dir: Path, tmp_path: Path
) -> None:
    entry = stored(cache_dir)
    facts = FACTS[case](entry.record.inputs["source"]["sha256"])
    tar = changed(bundle(cache_dir), "facts.json", lambda _: json.dumps(facts).encode())

    (done,) = imported(tmp_path / "new", tar)

    assert done.outcome == "imported"  # the wheel is good all the same
    assert done.why
    assert not [name for name in FACTS_BUCKETS if (tmp_path / "new" / name).exists()]


def test_facts_that_are_of_the_entry_are_believed(cache_dir: Path, tmp_path: Path) -> None:
    entry = stored(cache_dir)
    sha256 = entry.record.inputs["source"]["sha256"]
    facts = {
        **_pin(_asked(), _found(sha256=sha256)),
        "identity": _identity(),
        "told": _identity(),
        "uploaded": "2026-01-01T00:00:00Z",
    }
    tar = changed(bundle(cache_dir), "facts.json", lambda _: json.dumps(facts).encode())

    (done,) = imported(tmp_path / "new", tar)

    assert not done.why
    assert [name for name in FACTS_BUCKETS if (tmp_path / "new" / name).exists()] == [
        *("identities-v1", "resolutions-v1", "uploads-v1")
    ]


def test_native_code_is_what_is_in_the_wheel_and_not_what_the_record_says(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    tar = changed(
        bundle(cache_dir),
        "record.json",
        lambda text: json.dumps({**json.loads(text), "native": ["foo/x.so"]}).encode(),
    )

    (done,) = imported(tmp_path / "new", tar)

    text = (Path(done.path).parents[1] / "record.json").read_text()
    assert Record.from_text(text).native == ()


def test_nothing_is_built_for_an_export(cache_dir: Path, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path / "tree", count=str(tmp_path / "builds"))

    with pytest.raises(NotInCache):
        bundle(cache_dir, str(tree))

    assert not (tmp_path / "builds").exists()


def test_a_tar_that_cannot_be_finished_leaves_none(cache_dir: Path, tmp_path: Path) -> None:
    entry = stored(cache_dir)
    target = tmp_path / "out/a.tar"
    with opened(cache_dir) as cache:
        export = cache.export("tar", target)
        assert len(list(export.add_matching())) == 1
        Path(entry.path).unlink()
        with pytest.raises(FileNotFoundError):
            export.form.finish()

    assert list(target.parent.iterdir()) == []


def test_a_tar_that_is_there_is_replaced_by_force_only_but_where_it_is_the_same(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    target = tmp_path / "a.tar"
    for is_forced, before in ((False, b""), (False, b"mine"), (True, b"mine")):
        if before:
            target.write_bytes(before)
        with opened(cache_dir) as cache:
            export = cache.export("tar", target, is_forced=is_forced)
            list(export.add_matching())
            if before and not is_forced:
                with pytest.raises(ExportError, match="is there already"):
                    export.form.finish()
                assert target.read_bytes() == before
                continue
            export.form.finish()
        inode = target.stat().st_ino
        with opened(cache_dir) as cache, cache.export("tar", target) as again:
            list(again.add_matching())
        assert target.stat().st_ino == inode


def test_a_store_that_was_imported_to_is_one_that_can_be_verified(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)
    imported(tmp_path / "new", bundle(cache_dir))

    with opened(tmp_path / "new") as cache:
        assert [seen.fault for seen in cache.upkeep.verify()] == [""]


def test_what_is_imported_counts_towards_the_limit_of_the_cache(
    cache_dir: Path, tmp_path: Path
) -> None:
    stored(cache_dir)

    imported(tmp_path / "new", bundle(cache_dir))

    assert list((tmp_path / "new/size-v1").iterdir())
