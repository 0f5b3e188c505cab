"""A log hears something now and then, and no line is parted by another."""

from __future__ import annotations

import itertools
import threading
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING

from wheelwell.cli import lines
from wheelwell.cli.lines import Lines

if TYPE_CHECKING:
    import pytest


def test_after_a_silence_there_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(lines, "_BEAT", 0.01)
    monkeypatch.setattr(lines, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    told: list[float] = []
    is_enough = threading.Event()

    def pulse(silence: float) -> list[str]:
        told.append(silence)
        if len(told) >= 3:
            is_enough.set()
        return ["still there"] if len(told) == 2 else []

    stream = StringIO()
    log = Lines(stream, pulse)
    log.start()
    assert is_enough.wait(30)
    log.stop()
    assert stream.getvalue() == "still there\n"
    assert told[:3] == [1, 2, 1]  # what was said ended the silence


def test_one_that_never_began_can_be_stopped() -> None:
    stream = StringIO()
    log = Lines(stream, lambda _: ["never"])
    log.write("a\nb")
    log.stop()
    assert stream.getvalue() == "a\nb\n"
