"""A store that is only read stays as it is; through one that is written, others are read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from support.others import contents
from support.stored import place_of, publish
from support.values import PURE
from wheelwell.digest import Sha256, sha256_chunks
from wheelwell.store.base import only_read, overlaid, written
from wheelwell.store.disk import Store, open_store
from wheelwell.wheel import Origin

ONE = Sha256("1" * 64)


@pytest.fixture
def upper(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "upper"), warn=print, origin=Origin.EPHEMERAL)


def test_store_that_is_only_read_refuses_what_would_write(store: Store, tmp_path: Path) -> None:
    publish(store)
    base = only_read(store.layout.root, warn=print)
    before = contents(Path(base.root))

    assert base.store.find(place_of()) is not None
    for write in (
        lambda: publish(base.store),
        lambda: base.store.lease(place_of(), waiting=print, is_cancelled=lambda: False),
        base.shelf.reserve,
        lambda: base.shelf.put(tmp_path, ONE),
    ):
        with pytest.raises(OSError, match=store.layout.root) as raised:
            write()
        assert raised.value.errno == errno.EROFS
    base.memory.remember("bucket", "name", {"a": 1})
    base.store.recover(place_of())
    assert base.store.keep_log(__file__, "name") == ""
    assert contents(Path(base.root)) == before


def test_copied_wheel_that_is_only_read_is_hashed_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = publish(store)
    os.utime(entry.path, (1, 1))
    store = only_read(store.layout.root, warn=print).store
    hashed: list[str] = []

    def hash_file(path: str) -> Sha256:
        hashed.append(path)
        return sha256_chunks([Path(path).read_bytes()])

    monkeypatch.setattr("wheelwell.store.disk.hash_file", hash_file)

    assert store.find(place_of()) is not None
    assert store.find(place_of()) is not None
    assert hashed == [entry.path]
    os.utime(entry.path, (2, 2))
    assert store.find(place_of()) is not None
    assert len(hashed) == 2


def test_entry_of_the_store_below_is_found_as_its_own(store: Store, upper: Store) -> None:
    publish(store)
    over = overlaid(written(upper), written(store), warn=print)

    below = over.store.find(place_of(PURE))
    publish(over.store)
    above = over.store.find(place_of(PURE))

    assert below is not None
    assert above is not None
    assert (below.origin, above.origin) == (Origin.LOCAL, Origin.EPHEMERAL)
    assert above.path.startswith(upper.layout.root)


def test_what_is_remembered_and_kept_goes_above_and_is_found_in_both(
    store: Store, upper: Store
) -> None:
    low, over = written(store), overlaid(written(upper), written(store), warn=print)
    low.memory.remember("bucket", "below", {"a": 1})
    over.memory.remember("bucket", "above", {"a": 2})

    assert over.memory.recall("bucket", "below") == {"a": 1}
    assert over.memory.recall("bucket", "above") == {"a": 2}
    assert low.memory.recall("bucket", "above") is None

    reserved = over.shelf.reserve()
    (reserved / "x.tar.gz").write_bytes(b"x")
    kept = over.shelf.put(reserved / "x.tar.gz", ONE)
    assert kept.is_relative_to(upper.layout.root)
    assert (over.shelf.find(ONE), low.shelf.find(ONE)) == (kept, None)
