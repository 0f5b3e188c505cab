"""A terminal as one sees it: what was written to a real pseudo-terminal, drawn on a grid."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from support.builds import TAKE_TERMINAL
from support.processes import wait_until
from wheelwell.cli.cells import width

_PART = re.compile("\x1b\\[([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")
_HALF = re.compile("\x1b(\\[[0-9;]*)?$")
"""A sequence of which the rest is still to come."""


class Grid:
    """The lines of a terminal, those that were scrolled off too; lines wrap, and wrap anew."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._lines: list[list[str]] = [[]]
        """The cells of each line; behind a wide letter is an empty one."""
        self._goes_on = [False]
        """Whether a line goes on in the next one, because it was too long."""
        self._row = self._column = 0

    @property
    def text(self) -> str:
        """All lines, without the empty ones at the end."""
        return "\n".join("".join(line).rstrip() for line in self._lines).rstrip("\n")

    def write(self, text: str) -> None:
        """Do what a terminal does with a text; what it does not know is a fault."""
        at = 0
        for found in _PART.finditer(text):
            assert found.start() == at, repr(text[at : at + 20])
            at = found.end()
            number, letter, control, plain = found.groups()
            if plain:
                for each in plain:
                    self._put(each)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._down(goes_on=False)
            else:
                self._obey(letter, number)
        assert at == len(text), repr(text[at:])

    def resize(self, columns: int, rows: int) -> None:
        """Be of another size; lines that are too long for it wrap."""
        whole: list[list[str]] = [[]]
        row = column = 0
        for number, line in enumerate(self._lines):
            if number == self._row:
                row, column = len(whole) - 1, len(whole[-1]) + self._column
            whole[-1] += line
            if not self._goes_on[number] and number + 1 < len(self._lines):
                whole.append([])
        self.columns, self.rows = columns, rows
        self._lines, self._goes_on = [], []
        for number, line in enumerate(whole):
            cut = list(_cut(line, columns)) or [[]]
            if number == row:
                assert column == 0, "only known for the start of a line"
                self._row, self._column = len(self._lines), 0
            self._lines += cut
            self._goes_on += [True] * (len(cut) - 1) + [False]

    def _obey(self, letter: str, number: str) -> None:
        if letter == "A":
            top = max(0, len(self._lines) - self.rows)
            self._row = max(top, self._row - int(number or 1))
        elif letter in "JK":
            assert not number
            del self._lines[self._row][self._column :]
            self._goes_on[self._row] = False
            if letter == "J":
                del self._lines[self._row + 1 :], self._goes_on[self._row + 1 :]
        else:
            assert letter == "m", f"unknown: {letter}"

    def _put(self, letter: str) -> None:
        room = width(letter)
        if self._column + room > self.columns:
            self._down(goes_on=True)
            self._column = 0
        line = self._lines[self._row]
        line += " " * (self._column - len(line))
        if room == 0:
            line[self._column - 1] += letter
        else:
            line[self._column : self._column + room] = [letter] + [""] * (room - 1)
        self._column += room

    def _down(self, *, goes_on: bool) -> None:
        self._goes_on[self._row] = goes_on
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append([])
            self._goes_on.append(False)


def _cut(line: list[str], columns: int) -> Iterator[list[str]]:
    """Yield the rows of a line; a wide letter is not parted."""
    while line:
        end = columns
        while end < len(line) and line[end] == "":
            end -= 1
        yield line[:end]
        line = line[end:]


class Terminal:
    """A pseudo-terminal, read by a thread, so that whoever writes to it never waits."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.grid = Grid(columns, rows)
        self.said = ""
        """All that was written."""
        self._leader, self.follower = pty.openpty()
        self._lock = threading.Lock()
        self.resize(columns, rows)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            os.close(self.follower)
        self._thread.join(30)
        os.close(self._leader)

    @property
    def text(self) -> str:
        """What is to be seen, scrolled back."""
        with self._lock:
            return self.grid.text

    def resize(self, columns: int, rows: int) -> None:
        """Be of another size."""
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        with self._lock:
            self.grid.resize(columns, rows)

    def shows(self, is_so: Callable[[str], bool]) -> None:
        """Wait until what is to be seen is so."""
        wait_until(lambda: is_so(self.text), message=f"the terminal shows:\n{self.text}")

    def start(self, command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a command on it, whose keys it hears, and leave it to that alone."""
        process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command],
            env=environ,
            stdin=self.follower,
            stdout=self.follower,
            stderr=self.follower,
            start_new_session=True,
        )
        os.close(self.follower)
        return process

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._leader, keys)

    @property
    def settings(self) -> list[object]:
        """How it is set up: what it echoes, how it ends lines, and so on."""
        return [*termios.tcgetattr(self._leader)]

    def end(self) -> str:
        """Return all that was written, once the last process has closed it."""
        self._thread.join(60)
        assert not self._thread.is_alive(), self.text
        return self.said

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        rest = ""
        while part := self._part():
            rest += decoder.decode(part)
            half = _HALF.search(rest)
            text, rest = (rest[: half.start()], half[0]) if half else (rest, "")
            with self._lock:
                self.said += text
                self.grid.write(text)

    def _part(self) -> bytes:
        try:
            return os.read(self._leader, 1 << 16)
        except OSError:  # the last process has closed the terminal
            return b""
