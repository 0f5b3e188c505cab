"""Lines at the end of a terminal are redrawn, and are gone when what they showed is over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import StringIO

import pytest

from support.terminal import Grid, Terminal
from wheelwell.cli.cells import cut, padded, rows, width
from wheelwell.cli.screen import Screen, is_colored, is_terminal


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with Terminal(40, 10) as terminal:
        yield terminal


class View:
    """A view whose lines may change, cut to the terminal's size."""

    def __init__(self, terminal: Terminal, *lines: str) -> None:
        self.lines = lines
        self.stream = open(terminal.follower, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        self.screen = Screen(self.stream, self._draw)

    def _draw(self, size: os.terminal_size) -> list[str]:
        return [cut(line, size.columns - 1) for line in self.lines]


def test_the_view_is_below_what_stays_and_goes_without_a_trace(terminal: Terminal) -> None:
    view = View(terminal, "one", "two")
    view.screen.write("before")
    view.screen.start()
    terminal.shows(lambda text: text == "before\none\ntwo")
    view.screen.write("first\nand second")
    terminal.shows(lambda text: text == "before\nfirst\nand second\none\ntwo")
    view.lines = ("only one",)
    terminal.shows(lambda text: text == "before\nfirst\nand second\nonly one")
    view.lines = ("1", "2", "3")
    terminal.shows(lambda text: text.endswith("second\n1\n2\n3"))
    view.lines = ()
    terminal.shows(lambda text: text == "before\nfirst\nand second")
    view.lines = ("again",)
    terminal.shows(lambda text: text.endswith("second\nagain"))
    view.screen.stop()
    view.screen.write("after")
    terminal.shows(lambda text: text == "before\nfirst\nand second\nafter")


def test_what_is_written_elsewhere_appears_above_too(terminal: Terminal) -> None:
    view = View(terminal, "view")
    view.screen.start()
    other = open(terminal.follower, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for number in range(30):
        view.screen.write(f"line {number}", other if number % 2 else None)
    view.screen.stop()
    terminal.shows(lambda text: text == "\n".join(f"line {number}" for number in range(30)))


@pytest.mark.parametrize(("columns", "rows"), [(15, 10), (5, 40), (80, 5)])
def test_a_resize_leaves_nothing_behind(terminal: Terminal, columns: int, rows: int) -> None:
    view = View(terminal, "日本語の長い名前です", "a line that takes most of it", "third")
    view.screen.start()
    view.screen.write("stays")
    terminal.shows(lambda text: text.count("\n") == 3)
    terminal.resize(columns, rows)
    view.lines = ("now", "two")
    terminal.shows(lambda text: text.endswith("\nnow\ntwo"))
    view.screen.stop()
    view.screen.write("end")
    terminal.shows(lambda text: text.endswith("end"))
    assert terminal.text.replace("\n", "") == "staysend"


def test_after_a_stop_the_view_is_drawn_anew_below(terminal: Terminal) -> None:
    import signal

    view = View(terminal, "one", "two")
    view.screen.start()
    terminal.shows(lambda text: text == "one\ntwo")
    before = signal.getsignal(signal.SIGCONT)
    os.kill(os.getpid(), signal.SIGCONT)
    view.screen.write("$ fg")
    terminal.shows(lambda text: text == "one\n$ fg\none\ntwo")
    view.screen.stop()
    assert signal.getsignal(signal.SIGCONT) != before


def test_a_stream_that_is_no_terminal_or_a_dumb_one_has_no_view(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = View(terminal).stream
    monkeypatch.setenv("TERM", "xterm")
    assert is_terminal(stream)
    assert is_colored(stream)
    assert not is_terminal(StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert is_terminal(stream)
    assert not is_colored(stream)
    for term in ("", "dumb"):
        monkeypatch.setenv("TERM", term)
        assert not is_terminal(stream)


@pytest.mark.parametrize(
    ("text", "room", "kept"),
    [
        ("plain", 5, "plain"),
        ("plain", 4, "pla…"),
        ("plain", 1, "…"),
        ("plain", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301t\u0301e", 3, "e\u0301t\u0301e"),
        ("a\x1b[2J\nb", 9, "a?[2J?b"),
        ("", 3, ""),
    ],
)
def test_a_text_is_cut_to_its_cells(text: str, room: int, kept: str) -> None:
    assert cut(text, room) == kept
    assert width(cut(text, room)) <= room
    assert width(padded(text, room)) == room


@pytest.mark.parametrize(
    ("text", "columns", "count"),
    [
        ("", 5, 1),
        ("abcde", 5, 1),
        ("abcdef", 5, 2),
        ("日本語", 5, 2),
        ("日本語", 3, 3),
        ("日", 1, 1),
    ],
)
def test_a_wide_letter_is_not_parted_between_rows(text: str, columns: int, count: int) -> None:
    assert rows(text, columns) == count


def test_the_grid_does_what_terminals_do() -> None:
    grid = Grid(4, 3)
    grid.write("abcdef\r\nx\x1b[1A\rZ")
    assert grid.text == "abcd\nZf\nx"
    grid.write("\x1b[9A\r\x1b[J1\r\n2")
    assert grid.text == "1\n2"
    grid.write("\r日e\u0301x")
    assert grid.text == "1\n日e\u0301x"
    grid.write("日")
    assert grid.text == "1\n日e\u0301x\n日"
    grid = Grid(6, 9)
    grid.write("abcdef\r\nghi\r")
    grid.resize(4, 9)
    assert grid.text == "abcd\nef\nghi"
    grid.write("\x1b[2AX\r")
    assert grid.text == "Xbcd\nef\nghi"
    grid.resize(9, 9)
    assert grid.text == "Xbcdef\nghi"
