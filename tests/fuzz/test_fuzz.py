"""What comes from outside is understood or refused, and never more: tried with very many inputs.

Each reader is tried for a second, or for `FUZZ_SECONDS` (`nox -s fuzz`). What was ever found is
kept in `cases/<target>/`, and tried each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzz.mutation import inputs
from fuzz.targets import COMMON, TARGETS, Target

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

SECONDS = float(os.environ.get("FUZZ_SECONDS", "1"))
CASES = Path(__file__).with_name("cases")
PATIENCE = 60
"""How long, in seconds, one input may take: some thousand times as long as any does."""
MEMORY = 4 << 30
KNOWN = {("pyproject", b"a.")}
"""`tomllib` itself; whoever can write this file can let its backend take as long as they like."""


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Let an input that takes very long or very much memory be an error, where we are alone."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def hangs(*_: object) -> None:
    raise AssertionError(f"an input took more than {PATIENCE} s")


def tried(target: Target, data: bytes) -> None:
    """Try one input."""
    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(PATIENCE)
    try:
        target.read(data)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_understood_and_old_finds_are_refused(name: str) -> None:
    target = TARGETS[name]
    for each in (*target.seeds, b"", *COMMON, *target.words):
        tried(target, each)
    for case in sorted(CASES.glob(f"{name}/*")):
        tried(target, case.read_bytes())


def test_every_case_is_of_a_target() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} <= {*TARGETS}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_comes_out_but_what_is_documented(name: str) -> None:
    target, end, failing = TARGETS[name], time.monotonic() + SECONDS, [b""]
    # A short run tries the same inputs each time: a test should not find something now and then.
    start = 0 if SECONDS <= 1 else random.SystemRandom().randrange(1 << 32)
    rounds = 0

    def attempt(data: bytes) -> None:
        try:
            tried(target, data)
        except BaseException:
            failing[0] = data
            raise

    while time.monotonic() < end:
        again = given(inputs(target))(attempt)
        again = settings(
            max_examples=50 if SECONDS <= 1 else 500,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=[*HealthCheck],
        )(again)
        try:
            seed(start + rounds)(again)()
        except BaseException as error:
            found = CASES / name / hashlib.sha256(failing[0]).hexdigest()[:12]
            if SECONDS > 1:
                found.parent.mkdir(parents=True, exist_ok=True)
                found.write_bytes(failing[0])
            error.add_note(f"{name} failed with {failing[0][:200]!r}…: {found}")
            raise
        rounds += 1


@pytest.mark.parametrize("name", [name for name in TARGETS if not TARGETS[name].is_slow])
def test_time_grows_no_faster_than_the_input(name: str) -> None:
    """Compare each reader with itself, on inputs of which one is four times as long."""
    target = TARGETS[name]
    for word in {*target.words, *COMMON, b"a", b"1", b"a.", b"-", b" ", b"\n", b"\t", b"(", b"\\"}:
        for start in (b"", target.seeds[0]):
            small, large = (start + (word * size)[:size] for size in (10_000, 40_000))
            taken = spent(target, large)
            if taken < 0.1 or (name, word) in KNOWN:
                continue  # so little that it says nothing
            ratio = min(spent(target, large), taken) / max(spent(target, small), 1e-3)
            assert ratio < 10, f"{word!r} after {start[:20]!r}: {ratio:.1f} times as long"


def spent(target: Target, data: bytes) -> float:
    """Return the processor time that an input takes, in seconds."""
    before = time.process_time()
    tried(target, data)
    return time.process_time() - before
