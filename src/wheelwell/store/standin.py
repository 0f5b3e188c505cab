"""Standing in: what is written elsewhere where a cache directory cannot be written."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wheelwell.errors import Unwritable
from wheelwell.store.base import Base, overlaid, written

_told: set[str] = set()
"""What this process was warned of already."""


class StandIn:
    """Takes the place of a base that cannot be written, from when that is first needed.

    What the base holds is still read. Threads share it.
    """

    def __init__(self, base: Base, *, warn: Callable[[str], None], why: str = "") -> None:
        """`why` says why the base is only read; empty where it is written too."""
        self._base = base
        self._warn = warn
        self._why = why
        self._lock = threading.Lock()
        self._made: tuple[Base, Base] | None = None

    def base(self, error: Exception, warn: Callable[[str], None]) -> Base | None:
        """Return the base to use after `error`; None where the base is not to blame for it.

        `warn` is told what is wrong. Raises `Unwritable` where there is no other place.
        """
        from wheelwell.store.ephemeral import open_ephemeral  # not on the way to a hit
        from wheelwell.store.trouble import trouble_of

        trouble = trouble_of(error, self._base.root)
        if trouble is None:
            return None
        with self._lock:
            if self._made is None:
                full = self._base.root if trouble.is_full else ""
                upper = written(open_ephemeral(warn=self._warn, full=full))
                self._made = upper, overlaid(upper, self._base, warn=self._warn)
        upper, stand_in = self._made
        if self._why:
            said = f"is only read: {self._why}"
        else:
            said = f"cannot take what is built: {trouble.why}"
            said += f". To mend it: {trouble.remedy}" if trouble.remedy else ""
        once(
            warn,
            f"the cache directory {self._base.root} {said}. "
            f"What is not in it is built anew, and stays in {upper.root}",
            cause=f"{self._base.root}: {self._why or trouble.cause or trouble.why}",
        )
        return stand_in

    def close(self) -> None:
        """Leave nothing of it but what was handed out."""
        with self._lock:
            if self._made is not None:
                from wheelwell.store.ephemeral import clear

                clear(self._made[0].store)


def refuse(base: Base, error: Exception, _warn: Callable[[str], None]) -> None:
    """Raise `Unwritable` where a temporary base is to blame for `error`: there is no third one."""
    from wheelwell.store.trouble import trouble_of

    trouble = trouble_of(error, base.root)
    if trouble is not None:
        raise Unwritable(
            f"the temporary directory {base.root} cannot take what is built: {trouble.why}",
            hint="name a disk with room with --cache-dir or TMPDIR" if trouble.is_full else "",
        ) from error


def once(warn: Callable[[str], None], message: str, *, cause: str) -> None:
    """Warn of a cause, unless this process was warned of it before."""
    if cause not in _told:
        _told.add(cause)
        warn(message)
