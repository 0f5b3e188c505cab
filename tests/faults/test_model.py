"""Proves that a store behaves like a table of wheels, whatever is done to it and in which order.

A state machine gets, builds, removes, collects, pins, holds, damages, verifies and kills, and after
each step compares what every key gives with what a model says that it may give.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support.stored import place_of, publish
from support.upkeep import DAY, keeper
from support.values import PURE
from wheelwell.limits import Limits
from wheelwell.pattern import Pattern, parse_pattern
from wheelwell.store.disk import Store, open_store
from wheelwell.store.entry import Entry
from wheelwell.store.holds import held
from wheelwell.store.layout import RECORD

VERSIONS = ("1.0", "2.0", "3.0")
KEYED = {version: replace(PURE, version=version) for version in VERSIONS}

CALLS = ("open", "rename", "replace", "unlink", "mkdir", "rmdir", "fsync", "utime", "chmod")
"""The functions of `os` before which a process is killed."""


@dataclass(slots=True)
class Known:
    """What the model knows of one key."""

    may_give: frozenset[bytes | None] = frozenset({None})
    """The contents that a lookup may give; None for a miss. A crash leaves more than one."""

    is_old: bool = False
    """Whether it was used long ago, and not since."""

    is_pinned: bool = False


def flip(wheel: Path) -> None:
    content = bytearray(wheel.read_bytes())
    content[0] ^= 1
    wheel.write_bytes(content)


def truncate(wheel: Path) -> None:
    os.truncate(wheel, 1)


def take_record(wheel: Path) -> None:
    (wheel.parent.parent / RECORD).unlink()


def spoil_record(wheel: Path) -> None:
    (wheel.parent.parent / RECORD).write_text("{")


def take_build(wheel: Path) -> None:
    shutil.rmtree(wheel.parent)


def link_wheel(wheel: Path) -> None:
    wheel.unlink()
    wheel.symlink_to("/etc/hostname")


DAMAGE = (flip, truncate, Path.unlink, take_record, spoil_record, take_build, link_wheel)


def pattern(version: str) -> Pattern:
    return parse_pattern(f"foo=={version}")


def _remove(store: Store, version: str) -> None:
    upkeep = keeper(store.layout)
    list(upkeep.remove(upkeep.entries(pattern(version))))


ACTS: dict[str, Callable[[Store, str], object]] = {
    "rebuild": lambda store, version: publish(store, b"crashed", keyed=KEYED[version]),
    "remove": _remove,
    "collect": lambda store, _: keeper(store.layout).collect(Limits(size=0)),
    "sweep": lambda store, _: keeper(store.layout).collect(Limits()),
    "verify": lambda store, _: list(keeper(store.layout).verify()),
    "purge": lambda store, _: list(keeper(store.layout).purge()),
}
"""What a process may be killed in."""


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = tempfile.mkdtemp(dir=_memory())
        self.store = open_store(self.root, warn=lambda _: None)
        self.known = {version: Known() for version in VERSIONS}
        self.contents = (f"wheel {number}".encode() for number in itertools.count())
        self.days_long_ago = itertools.count(time.time() - 1000 * DAY)
        self.holds: dict[str, tuple[contextlib.ExitStack, str]] = {}
        self.damaged: set[str] = set()

    def teardown(self) -> None:
        for hold, _ in self.holds.values():
            hold.close()
        shutil.rmtree(self.root)

    @rule(version=st.sampled_from(VERSIONS))
    def get(self, version: str) -> None:
        known = self.known[version]
        entry = self._find(version)
        if entry is not None:
            assert self.store.use(entry)
            known.is_old = False
            return
        assert None in known.may_give
        with self._leased(version):
            self.store.recover(place_of(KEYED[version]))
            self._publish(version)

    @rule(version=st.sampled_from(VERSIONS))
    def rebuild(self, version: str) -> None:
        with self._leased(version):
            self._publish(version)

    @rule(version=st.sampled_from(VERSIONS))
    def remove(self, version: str) -> None:
        is_removed = self._find(version) is not None and not self._is_held(version)
        _remove(self.store, version)
        if is_removed:
            self.known[version].may_give = frozenset({None})

    @rule(size=st.sampled_from([None, 0, 1]))
    def collect(self, size: int | None) -> None:
        keeper(self.store.layout).collect(Limits(size=size))
        for version, known in self.known.items():
            may_go = known.is_old and not known.is_pinned and not self._is_held(version)
            if size is not None and may_go:
                assert self._find(version) is None
                known.may_give = frozenset({None})

    @rule()
    def purge(self) -> None:
        list(keeper(self.store.layout).purge())
        for version, known in self.known.items():
            if not self._is_held(version):
                known.may_give = frozenset({None})

    @rule()
    def verify(self) -> None:
        faults = [seen for seen in keeper(self.store.layout).verify() if seen.fault]
        damaged = [version for version, known in self.known.items() if None in known.may_give]
        assert len(faults) <= len(damaged)
        assert not [seen for seen in keeper(self.store.layout).verify() if seen.fault]

    @rule(version=st.sampled_from(VERSIONS))
    def pin(self, version: str) -> None:
        keeper(self.store.layout).pin(pattern(version))
        self.known[version].is_pinned = True

    @rule(version=st.sampled_from(VERSIONS))
    def unpin(self, version: str) -> None:
        keeper(self.store.layout).unpin(pattern(version))
        self.known[version].is_pinned = False

    @rule(version=st.sampled_from(VERSIONS))
    def hold(self, version: str) -> None:
        entry = self._find(version)
        if entry is None or version in self.holds:
            return
        hold = contextlib.ExitStack()
        assert hold.enter_context(held(self.store.layout, os.path.dirname(entry.path)))
        self.holds[version] = (hold, entry.path)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold, _ = self.holds.pop(data.draw(st.sampled_from(sorted(self.holds))))
        hold.close()

    @rule()
    def wait_for_a_day(self) -> None:
        for path in Path(self.store.layout.wheels).glob("*/*/*/*"):
            at = next(self.days_long_ago)
            os.utime(path, (at, at), follow_symlinks=False)
        for known in self.known.values():
            known.is_old = True
        self.store = open_store(self.root, warn=lambda _: None)  # it remembers what it marked

    @rule(version=st.sampled_from(VERSIONS), damage=st.sampled_from(DAMAGE))
    def damage(self, version: str, damage: Callable[[Path], None]) -> None:
        if entry := self._find(version):
            damage(Path(entry.path))
            self.damaged.add(entry.path)
            self.known[version].may_give = frozenset({None})

    @rule(
        name=st.sampled_from(sorted(ACTS)),
        version=st.sampled_from(VERSIONS),
        count=st.integers(0, 60),
    )
    def crash(self, name: str, version: str, count: int) -> None:
        _killed(lambda: ACTS[name](open_store(self.root, warn=lambda _: None), version), count)
        for each, known in self.known.items():
            if name == "rebuild" and each == version:
                known.may_give |= {b"crashed"}
                known.is_old = False
            elif name in {"remove", "collect", "purge"} and (each == version or name != "remove"):
                known.may_give |= {None}
            given = self._given(each)
            assert given in known.may_give, (each, given, known)
            if given is not None:  # what was only hidden may be shown again
                known.may_give = frozenset({given})

    @invariant()
    def gives_what_the_model_says(self) -> None:
        for version, known in self.known.items():
            given = self._given(version)
            assert given in known.may_give, (version, given, known)

    @invariant()
    def what_is_held_is_there(self) -> None:
        for _, path in self.holds.values():
            assert path in self.damaged or os.path.lexists(path)

    def _find(self, version: str) -> Entry | None:
        return self.store.find(place_of(KEYED[version]))

    def _given(self, version: str) -> bytes | None:
        entry = self._find(version)
        return None if entry is None else Path(entry.path).read_bytes()

    def _is_held(self, version: str) -> bool:
        entry = self._find(version)
        return entry is not None and self.holds.get(version, (None, ""))[1] == entry.path

    def _leased(self, version: str) -> Any:
        return self.store.lease(
            place_of(KEYED[version]), waiting=pytest.fail, is_cancelled=lambda: False
        )

    def _publish(self, version: str) -> None:
        content = next(self.contents)
        publish(self.store, content, keyed=KEYED[version])
        self.known[version].may_give = frozenset({content})
        self.known[version].is_old = False


def _killed(act: Callable[[], object], count: int) -> None:
    """Do something in a process that is killed before so many calls, if it comes that far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the tests have other threads
        process = os.fork()
    if process:
        os.waitpid(process, 0)
        return
    try:
        left = itertools.count(count, -1)
        for name in CALLS:
            setattr(os, name, _counted(getattr(os, name), left))
        act()
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def _counted(call: Callable[..., Any], left: itertools.count[int]) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        if next(left) <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)

    return counted


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


@pytest.mark.slow
def test_a_store_gives_what_a_table_of_wheels_would() -> None:
    run_state_machine_as_test(
        StoreMachine, settings=settings(max_examples=200, stateful_step_count=40, deadline=None)
    )
