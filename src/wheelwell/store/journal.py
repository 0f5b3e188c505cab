"""The journal: what happened to a cache, a line an event, a file a day. It may be lost.

Lines are appended with one write each, which other processes' lines do not get into. A hit writes
one too, so that nothing here is slow: the day's file stays open, and no JSON is made by a library.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wheelwell.store import atomic, inside, modes
from wheelwell.store.layout import Layout
from wheelwell.store.opening import at_once, to_append

if TYPE_CHECKING:
    from wheelwell.statistics import Event  # not on the way to a hit

_SETTLED = 2
"""After how many days nobody writes into a day's file any longer."""

_KEPT = 400
"""How many days are kept."""


class DiskJournal:
    """Events under `journal-v1/<date>.jsonl`. Threads and processes share it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lock = threading.Lock()
        self._open: tuple[int, str, int] | None = None  # the process, the day, the descriptor

    def note(
        self, event: str, *, project: str = "", seconds: float = 0.0, size: int = 0, count: int = 1
    ) -> None:
        """Write an event down, or quietly do not. `project` is normalized (PEP 503)."""
        now = time.time()
        line = (
            f'{{"at":{now:.3f},"event":"{event}","project":"{project}","count":{count},'
            f'"seconds":{seconds:.3f},"bytes":{size}}}\n'
        )
        with contextlib.suppress(OSError), self._lock:
            os.write(self._descriptor(_date(now)), line.encode())

    def close(self) -> None:
        """Close the day's file."""
        with self._lock, contextlib.suppress(OSError):
            self._close()

    def events(self) -> Iterator[Event]:
        """Yield what was written down, by day; what cannot be read is left out."""
        for name in _days(self._layout):
            yield from _read(f"{self._layout.journal}/{name}")

    def roll_up(self, *, now: float) -> None:
        """Replace the lines of days that are over by their sums; forget what is long ago."""
        from wheelwell.statistics import rolled_up

        kept, settled = _date(now - _KEPT * 86400), _date(now - _SETTLED * 86400)
        for name in _days(self._layout):
            path, date = f"{self._layout.journal}/{name}", name.removesuffix(".jsonl")
            if date < kept or not os.path.isfile(path):
                inside.erase(path)
            elif date < settled:
                found = list(_read(path))
                sums = rolled_up(found)
                if len(sums) < len(found):
                    text = "".join(map(_line, sums))
                    atomic.write(path, text.encode(), layout=self._layout, durable=True)

    def _descriptor(self, date: str) -> int:
        if self._open is not None:
            process, opened, descriptor = self._open
            # A process that was forked writes by itself; a purge takes the file away.
            if opened == date and process == os.getpid() and os.fstat(descriptor).st_nlink:
                return descriptor
            self._close()
        inside.make_directories(self._layout.journal, below=self._layout.root)
        path = f"{self._layout.journal}/{date}.jsonl"
        self._open = (os.getpid(), date, to_append(path))
        with contextlib.suppress(OSError):  # another user's, who has done it
            modes.share(path)
        return self._open[2]

    def _close(self) -> None:
        if self._open is not None:
            descriptor, self._open = self._open[2], None
            os.close(descriptor)


class NoJournal:
    """Writes nothing down: for a store that is only read."""

    def note(
        self, event: str, *, project: str = "", seconds: float = 0.0, size: int = 0, count: int = 1
    ) -> None:
        """Do not write it down."""

    def close(self) -> None:
        """Nothing is open."""


def _date(at: float) -> str:
    """Return the day of an instant as a date, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def _read(path: str) -> Iterator[Event]:
    from wheelwell.statistics import read_event

    with (
        contextlib.suppress(OSError, UnicodeDecodeError),
        open(path, encoding="utf-8", opener=at_once) as file,
    ):
        for line in file:
            with contextlib.suppress(ValueError, RecursionError):
                yield read_event(json.loads(line))


def _line(event: Event) -> str:
    return (
        json.dumps(
            {
                "at": event.at,
                "event": event.event,
                "project": event.project,
                "count": event.count,
                "seconds": round(event.seconds, 3),
                "bytes": event.size,
            }
        )
        + "\n"
    )


def _days(layout: Layout) -> list[str]:
    return [name for name in inside.names(layout.journal) if name.endswith(".jsonl")]
