"""What did not build is remembered as long as nothing has changed, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wheelwell.errors import (
    BackendFailed,
    BuildError,
    BuildKilled,
    BuildTimeout,
    EnvironmentFailed,
    InvalidWheel,
)
from wheelwell.failures import Circumstances, Failures
from wheelwell.key import Key

KEY, OTHER = Key("a" * 64), Key("b" * 64)
HERE = Circumstances(system="as it is", timeout=60.0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Notes:
    """A memory that is a table."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def recall(self, bucket: str, name: str) -> Any:
        return self.known.get((bucket, name))

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        self.known[bucket, name] = value


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failures(clock: Clock) -> Failures:
    return Failures(Notes(), clock)


def recalled(
    failures: Failures, *, key: Key = KEY, since: float = 0.0, here: Circumstances = HERE
) -> BuildError | None:
    return failures.recall(key, lambda: here, since=since)


def test_a_failure_comes_back_as_it_was(failures: Failures, clock: Clock, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    error = BackendFailed(
        "no", lines=("foo.h: No such file",), requirements={"a": "1"}, hint="foo", log=str(log)
    )
    error.as_of = "2024-01-01T00:00:00Z"
    failures.note(KEY, error, HERE)
    clock.now += 5
    found = recalled(failures, since=990)
    assert type(found) is BackendFailed
    for name in ("message", "lines", "requirements", "hint", "log", "as_of"):
        assert getattr(found, name) == getattr(error, name), name
    assert found.failed_at == 1000.0
    log.unlink()
    again = recalled(failures)
    assert again is not None
    assert again.log is None, "it was collected meanwhile"


def test_it_is_that_build_s_alone_and_only_for_so_long(failures: Failures, clock: Clock) -> None:
    failures.note(KEY, InvalidWheel("bad"), HERE)
    assert recalled(failures, key=OTHER) is None
    assert recalled(failures, since=1000.0)
    assert recalled(failures, since=1000.1) is None
    clock.now = 999.0
    assert recalled(failures) is None, "a clock that was set back tells nothing"


def test_a_system_that_looks_otherwise_forgets_it(failures: Failures) -> None:
    failures.note(KEY, BackendFailed("no"), HERE)
    assert recalled(failures, here=Circumstances(system="other", timeout=60.0)) is None


@pytest.mark.parametrize(("limit", "is_known"), [(60.0, True), (59.0, True), (61.0, False)])
def test_what_took_too_long_is_tried_again_with_more_time(
    failures: Failures, limit: float, is_known: bool
) -> None:
    failures.note(KEY, BuildTimeout("late"), HERE)
    found = recalled(failures, here=Circumstances(system="as it is", timeout=limit))
    assert (found is not None) is is_known


def test_no_limit_is_more_time_than_any(failures: Failures) -> None:
    failures.note(KEY, BuildTimeout("late"), HERE)
    assert recalled(failures, here=Circumstances(system="as it is", timeout=None)) is None


@pytest.mark.parametrize(
    "error",
    [
        BuildKilled("the build was ended by SIGKILL"),
        EnvironmentFailed("the index is away"),
        BackendFailed("no", lines=("c++: fatal error: Killed signal terminated program cc1plus",)),
    ],
    ids=["signal", "index", "memory"],
)
def test_what_may_go_well_the_next_time_is_not_remembered(
    failures: Failures, error: BuildError
) -> None:
    failures.note(KEY, error, HERE)
    assert recalled(failures) is None


@pytest.mark.parametrize("fact", [[], {"failed_at": "soon"}, {"failed_at": 1.0}])
def test_damage_is_no_failure(clock: Clock, fact: Any) -> None:
    notes = Notes()
    Failures(notes, clock).note(KEY, BackendFailed("no"), HERE)
    for name in notes.known:
        notes.known[name] = fact
    assert recalled(Failures(notes, clock)) is None
