"""`wheelwell warm` on a terminal: a view while it runs, and nothing of it afterwards."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.processes import processes_matching, wait_until
from support.projects import materialise
from support.terminal import Terminal

pytestmark = pytest.mark.slow

SERIES = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    """A directory with a project that builds, one that does not, and one that takes for ever."""
    materialise("pure", tmp_path)
    materialise("backend-raises", tmp_path)
    slow = materialise("pure", tmp_path / "slow") / "tinybackend.py"
    slow.write_text(f"{slow.read_text()}\nimport os; os.system('sleep 619')\n")
    return tmp_path


def command(trees: Path, *requests: str) -> Sequence[str]:
    warm = [sys.executable, "-m", "wheelwell", "warm", *(str(trees / each) for each in requests)]
    return [*warm, "--cache-dir", str(trees / "cache"), "--python", sys.executable, "--jobs", "2"]


def test_a_view_shows_what_goes_on_and_leaves_lines_alone(trees: Path) -> None:
    with Terminal(300) as terminal:
        before = terminal.settings
        process = terminal.start(
            command(trees, "pure", "backend-raises"), {**os.environ, "TERM": "xterm"}
        )
        assert process.wait(60) == 1
        said = terminal.end()
        assert terminal.settings == before

    assert "[0/2] " in said
    first, second, empty, failure, *rest = terminal.text.splitlines()
    assert {first.split()[1], second.split()[1]} == {"built", "FAILED"}
    assert f"pure for {SERIES}" in first + second
    assert empty == ""
    assert f"backend-raises for {SERIES}: compile: " in failure
    assert rest[-1].startswith("1 built, 1 failed (compile), in ")
    assert "running" not in terminal.text


def test_a_view_is_gone_after_an_interrupt_and_says_what_was_not_finished(trees: Path) -> None:
    with Terminal(300, 10) as terminal:
        before = terminal.settings
        process = terminal.start(
            command(trees, "pure", "slow/pure"), {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
        )
        wait_until(lambda: processes_matching("sleep 619"))
        terminal.shows(lambda text: "[1/2] 1 running, 1 built" in text)
        assert "slow/pure for " in terminal.text.splitlines()[-2]
        terminal.resize(60, 10)
        terminal.resize(300, 10)
        terminal.press(b"\x03")
        assert process.wait(60) == 130
        said = terminal.end()
        assert terminal.settings == before

    assert "\x1b[2m" not in said
    outcome, end = terminal.text.splitlines()
    assert outcome.startswith("[1/2] built ")
    assert end.startswith("interrupted; nothing that was started runs on; ")
    assert f"slow/pure for {SERIES} was not finished, 1 of 2 done; the same command " in end
    assert not processes_matching("sleep 619")
