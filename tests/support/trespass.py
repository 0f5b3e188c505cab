"""Trespass: what writes or removes in a store changes something outside, through a planted link.

python -m support.trespass PLANT UID DIRECTORY

Prints how many trials there were, and a line for each after which something outside had changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from support.scenarios import OTHER, SCENARIOS
from support.stored import place_of, publish
from support.upkeep import DAY, keeper
from wheelwell.errors import WheelwellError
from wheelwell.limits import Limits
from wheelwell.pattern import parse_pattern
from wheelwell.store import examination, growth
from wheelwell.store.disk import Store, open_store
from wheelwell.store.holds import held
from wheelwell.store.journal import DiskJournal
from wheelwell.store.layout import RECORD
from wheelwell.store.responses import DiskResponses
from wheelwell.store.slots import lease_slot

Act = Callable[[Store], object]


def populate(root: Path) -> None:
    """Fill a store with something of every kind, all of it long ago."""
    store = open_store(str(root), warn=pytest.fail)
    publish(store)
    publish(store, b"another")
    publish(store, keyed=OTHER)
    for write in WRITERS.values():
        write(store)
    layout = store.layout
    for directory in (
        f"{layout.environments}/a/token",
        f"{layout.slots}/foo/0/source",
        f"{layout.quarantine}/0123456789abcdef-0123456789abcdef",
        f"{layout.staging}/0123456789abcdef/build",
        f"{layout.holds}/0123456789abcdef",
        f"{layout.repositories}/0123456789abcdef/objects",
        f"{layout.root}/wheels-v0/foo",
    ):
        os.makedirs(directory, exist_ok=True)
        Path(directory, "file").write_text("text")
    for path in [*root.rglob("*")]:
        os.utime(path, (time.time() - 500 * DAY,) * 2)


def _slot(store: Store) -> None:
    with lease_slot(store.layout, "foo", clear=lambda _: None) as slot:
        (slot.source / "file").write_text("text")


def _grow(store: Store) -> None:
    if entry := store.find(place_of()):
        growth.grow(
            store.layout,
            entry,
            upkeep=keeper(store.layout),
            limits=Limits(),
            warn=lambda _: None,
        )


def _note(store: Store) -> None:
    journal = DiskJournal(store.layout)
    journal.note("hit", project="foo")
    journal.close()


def _fail(store: Store) -> None:
    log = Path(store.layout.root).with_name("log")
    log.write_text("no")
    store.keep_log(str(log), "0123456789abcdef")
    log.unlink()


def _use(store: Store) -> None:
    if entry := store.find(place_of()):
        store.use(entry)


def _hold(store: Store) -> None:
    if entry := store.find(place_of()):
        with held(store.layout, os.path.dirname(entry.path)):
            pass


def _recover(store: Store) -> None:
    with store.lease(place_of(), waiting=lambda _: None, is_cancelled=lambda: False):
        store.recover(place_of())


WRITERS: Mapping[str, Act] = {
    "publish": lambda store: publish(store, keyed=OTHER),
    "rebuild": publish,
    "source": SCENARIOS["source"].act,
    "fact": SCENARIOS["fact"].act,
    "pin": lambda store: keeper(store.layout).pin(parse_pattern("bar")),
    "response": lambda store: DiskResponses(store.layout).keep("0123456789abcdef", b"page"),
    "note": _note,
    "grow": _grow,
    "fail": _fail,
    "slot": _slot,
}

LOOKERS: Mapping[str, Act] = {
    "use": _use,
    "hold": _hold,
    "recover": _recover,
    "verify": lambda store: list(keeper(store.layout).verify()),
    "roll up": lambda store: DiskJournal(store.layout).roll_up(now=time.time()),
    "drop": lambda store: DiskResponses(store.layout).drop("0123456789abcdef"),
    "unpin": lambda store: keeper(store.layout).unpin(parse_pattern("bar")),
    "doctor": lambda store: list(examination.markers(store.layout, fixes=True)),
}

REMOVERS: Mapping[str, Act] = {
    "sweep": lambda store: keeper(store.layout).collect(Limits()),
    "remove": SCENARIOS["remove"].act,
    "collect": lambda store: keeper(store.layout).collect(Limits(size=0)),
    "purge": lambda store: list(keeper(store.layout).purge()),
}

GROUPS: Mapping[str, Sequence[Act]] = {
    "writing": [*WRITERS.values()],
    "looking": [*LOOKERS.values()],
    **{name: [each] for name, each in REMOVERS.items()},
}
"""What is done to one store, in turn: what removes is done to one of its own."""


def by_link(path: Path, outside: Path) -> None:
    """Move something out, and leave a link to it."""
    shutil.move(path, outside)
    path.symlink_to(outside)


def to_another(path: Path, outside: Path) -> None:
    """Replace something by a link to something else that is full."""
    if path.is_dir():
        shutil.copytree(path.parent, outside)
        shutil.rmtree(path)
    else:
        shutil.copy2(path, outside)
        path.unlink()
    path.symlink_to(outside)


def to_nothing(path: Path, outside: Path) -> None:
    """Replace something by a link to what is not there."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.symlink_to(outside)


def by_hard_link(path: Path, outside: Path) -> None:
    """Give a file another name outside."""
    if path.is_file():
        os.link(path, outside)


def by_record(path: Path, outside: Path) -> None:
    """Let a record name a build that is outside."""
    if path.name == RECORD:
        record = json.loads(path.read_text())
        shutil.copytree(path.parent / record["build"], outside)
        record["build"] = os.path.relpath(outside, path.parent)
        path.write_text(json.dumps(record))


def by_file_name(path: Path, outside: Path) -> None:
    """Let a record name a wheel that is outside."""
    if path.name == RECORD:
        record = json.loads(path.read_text())
        build = path.parent / record["build"]
        shutil.copy2(build / record["filename"], outside)
        record["filename"] = os.path.relpath(outside, build)
        path.write_text(json.dumps(record))


_PLANTS = (by_link, to_another, to_nothing, by_hard_link, by_record, by_file_name)
PLANTS = {each.__name__: each for each in _PLANTS}


def act(group: Sequence[Act], root: Path) -> None:
    """Do things to a store; that one cannot be done is fine."""
    for each in group:
        with contextlib.suppress(OSError, WheelwellError):
            each(open_store(str(root), warn=lambda _: None))


def trespasses(plant: str, template: Path, scratch: Path) -> Iterator[tuple[str, bool]]:
    """Yield each trial by its place and group, and whether something outside changed."""
    with_times = plant != by_hard_link.__name__  # a file has its times by all its names
    for place in sorted(path.relative_to(template) for path in template.rglob("*")):
        for name, group in GROUPS.items():
            shutil.copytree(template, scratch / "cache", symlinks=True)
            outside = scratch / "outside"
            outside.mkdir()
            PLANTS[plant](scratch / "cache" / place, outside / "thing")
            before = state(outside, with_times=with_times)
            act(group, scratch / "cache")
            yield f"{place}: {name}", state(outside, with_times=with_times) != before
            shutil.rmtree(outside)
            shutil.rmtree(scratch / "cache")


def state(root: Path, *, with_times: bool = True) -> dict[str, object]:
    """Return all that is below a directory: kinds, modes, contents, links, and times of change."""
    return {
        str(path.relative_to(root)): _state(path, with_times=with_times) for path in _walk(root)
    }


def _state(path: Path, *, with_times: bool) -> object:
    status = path.lstat()
    content: object = None
    if stat.S_ISREG(status.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    return status.st_mode, content, status.st_mtime_ns if with_times else 0


def _walk(root: Path) -> Iterator[Path]:
    yield root
    yield from sorted(root.rglob("*"))


def become(uid: int, directory: Path) -> None:
    """Be another user from now on, to whom a directory belongs."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, uid, uid)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main() -> None:
    """Plant links and look, as one user."""
    plant, uid, directory = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    template = directory / "template"
    populate(template)
    shutil.copytree(template, directory / "cache")
    for group in GROUPS.values():  # what is imported late may be where the other may not look
        act(group, directory / "cache")
    shutil.rmtree(directory / "cache")
    if uid != os.geteuid():
        become(uid, directory)
    done = list(trespasses(plant, template, directory))
    lines = [str(len(done)), *(name for name, is_trespass in done if is_trespass)]
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
