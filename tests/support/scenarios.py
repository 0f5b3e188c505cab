"""Scenarios: the things that change a store, each run by a process that may be killed at any call.

python -m support.scenarios NAME ROOT
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from support.stored import place_of, publish
from support.upkeep import DAY, keeper, let_age
from support.values import PURE
from wheelwell.digest import sha256_chunks
from wheelwell.limits import Limits
from wheelwell.pattern import parse_pattern
from wheelwell.store import atomic, survey
from wheelwell.store.disk import Store, open_store
from wheelwell.store.holds import held
from wheelwell.store.memory import DiskMemory
from wheelwell.store.shelf import DiskShelf

OTHER = replace(PURE, version="2.0")
"""A second build, which is there before every scenario."""

SOURCE = b"a source archive"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that changes a store."""

    prepare: Callable[[Store], object]
    """Makes what is there before."""

    act: Callable[[Store], object]

    is_damaged: bool = False
    """Whether an entry is damaged before."""


def _nothing(_: Store) -> None:
    pass


def _old(store: Store) -> None:
    """Leave everything that a collection removes: an entry, a source, an environment."""
    other = store.find(place_of(OTHER))
    assert other is not None
    for entry in (publish(store), other):
        let_age(entry, DAY)
    path = _shelve(store)
    os.utime(path, (time.time() - DAY,) * 2)
    environment = f"{store.layout.environments}/a/token"
    os.makedirs(environment)
    mark = survey.marks(environment)[0]
    atomic.write(mark, b"{}", layout=store.layout, durable=False)
    os.utime(mark, (time.time() - DAY,) * 2)


def _superseded(store: Store) -> None:
    let_age(publish(store, b"old"), DAY)
    publish(store, b"new")
    for path in Path(store.layout.wheels).rglob("*.whl"):
        os.utime(path.parent, (time.time() - DAY,) * 2)


def _damaged(store: Store) -> None:
    entry = publish(store)
    Path(entry.path).write_bytes(b"weehl")


def _copied(store: Store) -> None:
    """Leave an entry whose wheel has other times than its record tells."""
    os.utime(publish(store).path)


def _shelve(store: Store) -> Path:
    shelf = DiskShelf(store.layout)
    staged = shelf.reserve() / "foo-1.0.tar.gz"
    staged.write_bytes(SOURCE)
    return shelf.put(staged, sha256_chunks([SOURCE]))


def _remove(store: Store) -> None:
    upkeep = keeper(store.layout)
    for _ in upkeep.remove(upkeep.entries(parse_pattern("foo==1.0"))):
        pass


def _purge(store: Store) -> None:
    for _ in keeper(store.layout).purge():
        pass


def _verify(store: Store) -> None:
    for _ in keeper(store.layout).verify():
        pass


def _recover(store: Store) -> None:
    with store.lease(place_of(), waiting=print, is_cancelled=lambda: False):
        store.recover(place_of())
        publish(store)


def _hold(store: Store) -> None:
    entry = store.find(place_of())
    assert entry is not None
    with held(store.layout, os.path.dirname(entry.path)) as is_there:
        assert is_there


SCENARIOS = {
    "publish": Scenario(_nothing, publish),
    "rebuild": Scenario(publish, publish),
    "remove": Scenario(publish, _remove),
    "collect": Scenario(_old, lambda store: keeper(store.layout).collect(Limits(size=0))),
    "sweep": Scenario(_superseded, lambda store: keeper(store.layout).collect(Limits())),
    "purge": Scenario(_old, _purge),
    "verify": Scenario(_damaged, _verify, is_damaged=True),
    "recover": Scenario(_damaged, _recover, is_damaged=True),
    "restamp": Scenario(_copied, lambda store: store.find(place_of())),
    "source": Scenario(_nothing, _shelve),
    "fact": Scenario(
        _nothing, lambda store: DiskMemory(store.layout).remember("dates-v1", "a", {"b": "c"})
    ),
    "pin": Scenario(_nothing, lambda store: keeper(store.layout).pin(parse_pattern("foo"))),
    "hold": Scenario(publish, _hold),
}


def made(root: Path, name: str) -> str:
    """Make the store that a scenario begins with."""
    store = open_store(str(root), warn=warnings.warn)
    publish(store, keyed=OTHER)
    SCENARIOS[name].prepare(store)
    assert os.listdir(store.layout.staging) == []
    return str(root)


def main() -> None:
    """Run one scenario in the store that is named, and tell of errors in one line."""
    name, root = sys.argv[1:]
    try:
        SCENARIOS[name].act(open_store(root, warn=warnings.warn))
    except OSError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
