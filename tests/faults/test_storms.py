"""Proves that many processes at once build each key once, are never handed half a wheel, and end.

Sixty-four processes, for three interpreters, ask for twenty keys, while others collect, remove,
purge and verify; all wait at a gate, so that they begin at the same moment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import wait_until
from support.stored import TESTS
from support.upkeep import keeper
from support.whole import leftovers, let_age
from wheelwell.limits import Limits
from wheelwell.store.layout import Layout

pytestmark = pytest.mark.slow

PROCESSES = 64
KEYS = 20
BOUND = 120
"""How long, in seconds, a storm may take: it would else be a deadlock."""

ASK = """
import os, random, sys, time
from dataclasses import replace
from support.stored import place_of, publish
from support.values import PURE, CPYTHON_313
from wheelwell.digest import sha256_chunks
from wheelwell.store.disk import open_store
from wheelwell.store.holds import held

root, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = open_store(root, warn=lambda message: sys.exit(message))
keys = [
    replace(PURE, version=f"{number}.0", interpreter=replace(CPYTHON_313, version=version))
    for number in range(20)
    for version in [("3.11.1", "3.12.1", "3.13.0")[number % 3]]
]

def note(name, text):
    descriptor = os.open(f"{root}.{name}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, (text + "\\n").encode())
    os.close(descriptor)

def ask(keyed):
    place = place_of(keyed)
    while True:
        entry = store.find(place)
        if entry is None or not store.use(entry):
            with store.lease(place, waiting=lambda _: None, is_cancelled=lambda: False):
                entry = store.find(place)
                if entry is None or not store.use(entry):
                    store.recover(place)
                    note("builds", keyed.version)
                    entry = publish(store, keyed.version.encode() * 5000, keyed=keyed)
        with held(store.layout, os.path.dirname(entry.path)) as is_there:
            if not is_there:
                continue  # removed before it was held: ask again
            with open(entry.path, "rb") as wheel:
                content = wheel.read()
        assert sha256_chunks([content]) == entry.record.sha256, entry
        assert content == keyed.version.encode() * 5000
        return

sys.stdin.read()  # the gate
chance = random.Random(seed)
for _ in range(rounds):
    for keyed in chance.sample(keys, len(keys)):
        ask(keyed)
note("done", str(seed))
"""

DISTURB = """
import sys, time
from support.upkeep import keeper
from wheelwell.limits import Limits
from wheelwell.pattern import parse_pattern
from wheelwell.store.layout import Layout

upkeep = keeper(Layout(sys.argv[1]))
work = {
    "collect": lambda: upkeep.collect(Limits(size=0)),
    "remove": lambda: [*upkeep.remove(upkeep.entries(parse_pattern("foo")))],
    "purge": lambda: [*upkeep.purge()],
    "verify": lambda: [seen for seen in upkeep.verify() if seen.fault and sys.exit(repr(seen))],
}[sys.argv[2]]
sys.stdin.read()
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    work()
"""


class Storm:
    """Processes that wait at one gate, and end before long."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._gate = os.pipe()
        self._processes: list[subprocess.Popen[str]] = []

    def add(self, program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(self._root), *map(str, arguments)],
            stdin=self._gate[0],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        self._processes.append(process)
        return process

    def begin(self) -> None:
        for descriptor in self._gate:
            os.close(descriptor)

    def end(self) -> None:
        """Wait for all, and see that none failed."""
        end = time.monotonic() + BOUND
        for process in self._processes:
            _, said = process.communicate(timeout=max(0.1, end - time.monotonic()))
            assert process.returncode == 0, said

    def kill(self) -> None:
        for process in self._processes:
            with process:  # closes its pipe
                process.kill()


@pytest.fixture
def storm(cache_dir: Path) -> Iterator[Storm]:
    made = Storm(cache_dir)
    yield made
    made.kill()


def test_each_key_is_built_once_where_nothing_is_removed(cache_dir: Path, storm: Storm) -> None:
    for seed in range(PROCESSES):
        storm.add(ASK, seed, 1)
    storm.begin()
    storm.end()
    assert Counter(noted(cache_dir, "builds")) == {f"{number}.0": 1 for number in range(KEYS)}
    assert len(noted(cache_dir, "done")) == PROCESSES


def test_nobody_is_handed_half_a_wheel_while_others_remove(cache_dir: Path, storm: Storm) -> None:
    for seed in range(24):
        storm.add(ASK, seed, 2)
    for name in ("collect", "remove", "remove", "purge", "verify"):
        storm.add(DISTURB, name, 8)
    storm.begin()
    storm.end()
    assert len(noted(cache_dir, "done")) == 24
    assert len(noted(cache_dir, "builds")) > KEYS  # things were really removed

    layout = Layout(str(cache_dir))
    assert not [seen for seen in keeper(layout).verify() if seen.fault]
    let_age(layout)
    keeper(layout).collect(Limits())
    assert not leftovers(layout)


HANG_FIRST = ASK.replace(
    'note("builds", keyed.version)',
    """note("builds", keyed.version)
                    try:
                        os.close(os.open(f"{root}.first", os.O_CREAT | os.O_EXCL))
                        note("builder", str(os.getpid()))
                        time.sleep(1000)
                    except FileExistsError:
                        pass""",
)


def test_when_the_builder_is_killed_one_waiter_takes_over(cache_dir: Path, storm: Storm) -> None:
    processes = [storm.add(HANG_FIRST, seed, 1) for seed in range(12)]
    storm.begin()
    wait_until(lambda: noted(cache_dir, "builder"))
    [builder] = map(int, noted(cache_dir, "builder"))
    [hung] = noted(cache_dir, "builds")[:1]
    os.kill(builder, signal.SIGKILL)
    for process in processes:
        assert process.wait(timeout=BOUND) == (-signal.SIGKILL if process.pid == builder else 0)
    builds = Counter(noted(cache_dir, "builds"))
    assert builds == {f"{number}.0": 1 + (f"{number}.0" == hung) for number in range(KEYS)}


def noted(root: Path, name: str) -> list[str]:
    path = Path(f"{root}.{name}")
    return path.read_text().split() if path.exists() else []
