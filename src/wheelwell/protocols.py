"""What the parts of wheelwell ask of each other, four methods or fewer each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from wheelwell.digest import Sha256


class Reporter:
    """Is told of what happens, as it happens. Every method is empty here: override some.

    Calls come from the thread that asked for the wheel.
    """

    def began(self, step: str, subject: str) -> None:
        """A step of a request began; it lasts until the next one begins, or `ended`.

        `step` is one of `resolving`, `downloading`, `identifying`, `preparing`, `building`,
        `checking` and `waiting` (for another's build of the same wheel).
        """

    def advanced(self, done: int, total: int | None) -> None:
        """A download has `done` bytes, of `total` if that is known."""

    def logged(self, text: str) -> None:
        """The build wrote `text`, whole lines of it."""

    def warned(self, message: str) -> None:
        """Something is not as it should be, but the request goes on."""


class Cancellation(Protocol):
    """Tells whether a request was taken back; threads share it. A `threading.Event` is one."""

    def is_set(self) -> bool:
        """Say whether nobody wants the answer any longer. Asked often, and must not wait."""


class Memory(Protocol):
    """Remembers small facts that are costly to find out; threads and processes share it."""

    def recall(self, bucket: str, name: str) -> Any:
        """Return the JSON value that was remembered, or None: never an error."""

    def remember(self, bucket: str, name: str, value: Mapping[str, Any]) -> None:
        """Keep `value`. May fail quietly: what is forgotten is found out again."""


class Shelf(Protocol):
    """Keeps source archives by their content; threads and processes share it."""

    def find(self, sha256: Sha256) -> Path | None:
        """Return the archive with that content, or None."""

    def reserve(self) -> Path:
        """Return a new empty directory, beside the shelf, to write an archive into."""

    def put(self, staged: Path, sha256: Sha256) -> Path:
        """Keep the file `staged`, which lies in a reserved directory and hashes to `sha256`.

        Returns its place. The reserved directory is gone afterwards.
        """

    def discard(self, reserved: Path) -> None:
        """Give a reserved directory back, with what is in it."""


class Responses(Protocol):
    """Keeps what servers answered, under names that are digests; threads and processes share it."""

    def find(self, name: str, /) -> bytes | None:
        """Return what is kept, or None. Raises `OSError` where it is there and cannot be read."""

    def keep(self, name: str, data: bytes, /) -> None:
        """Keep `data` in place of what was there. May fail quietly: it is asked for again then."""

    def drop(self, name: str, /) -> None:
        """Keep nothing under that name any longer. May fail quietly."""


class Journal(Protocol):
    """Writes down what happens to a cache; threads share it."""

    def note(
        self, event: str, *, project: str = "", seconds: float = 0.0, size: int = 0, count: int = 1
    ) -> None:
        """Write down an event of `statistics.EVENTS`. May fail quietly: nothing rests on it."""

    def close(self) -> None:
        """Give back what is open. Noting something opens it again."""


class Plans(Protocol):
    """Keeps the plans of warm-ups, lines of JSON each; threads and processes share it."""

    def names(self) -> list[str]:
        """Return the names of the plans, the one that was written to last first."""

    def read(self, name: str) -> list[Any]:
        """Return the lines of a plan; none where there is none, or it cannot be read."""

    def begin(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write a plan, in place of one of that name. May fail quietly: nothing rests on it."""

    def add(self, name: str, line: Mapping[str, Any]) -> None:
        """Append a line, which is there after a power loss. May fail quietly."""
