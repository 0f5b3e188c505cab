"""The store: entries on this machine, published whole and read without a lock."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelwell.digest import Sha256, is_sha256, sha256_chunks
from wheelwell.key import Key
from wheelwell.record import LaterRecord, Record, Stamp
from wheelwell.source import Source
from wheelwell.store import atomic, inside, modes, ours
from wheelwell.store.entry import Entry, entry_of, stamp_of, write_record
from wheelwell.store.layout import RECORD, Layout
from wheelwell.store.opening import at_once
from wheelwell.wheel import Origin

if TYPE_CHECKING:
    from wheelwell.store.lease import Lease

_CHUNK = 1 << 20

OFTEN = 60.0
"""How often, in seconds, one process marks an entry as used."""

LOG_KEPT = 1 << 25
"""How many bytes of a failed build's log are kept: all but of a build that ran wild."""


class Damaged(Exception):
    """An entry is not what it should be; `str` says how."""


class Foreign(Damaged):
    """An entry is one of a later version: it is not found, and left where it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one key's entry is, or would be."""

    project: str
    source: Source
    key: Key


class Store:
    """The entries below one cache directory. Threads and processes share it."""

    is_written = True
    """Whether anything is ever written there."""

    def __init__(
        self, layout: Layout, *, warn: Callable[[str], None], origin: Origin = Origin.LOCAL
    ) -> None:
        """`origin` is what its wheels are to a caller."""
        self.layout = layout
        self.origin = origin
        self.warn = warn
        self._read: dict[str, tuple[tuple[int, int], Record]] = {}
        self._used: dict[str, float] = {}

    def find(self, place: Place) -> Entry | None:
        """Return the entry at `place`, or None; a damaged one is none.

        Takes no lock and opens one directory. What is damaged stays where it is: only a holder
        of the key's lease may move it (`recover`).
        """
        directory = self.layout.entry(place.project, place.source, place.key)
        try:
            return self._entry(directory, place.key)
        except Damaged:
            return None

    def records(self, project: str, source: Source | None = None) -> Iterator[Record]:
        """Yield the records of a project's entries, or of one source's; wheels are not looked at.

        A record that cannot be read is left out.
        """
        above = f"{self.layout.wheels}/{project}"
        for token in inside.names(above) if source is None else [source.token]:
            for key in filter(is_sha256, inside.names(f"{above}/{token}")):
                with contextlib.suppress(Damaged):
                    yield read_record(f"{above}/{token}/{key}/{RECORD}", Key(key))

    def others(self, place: Place) -> Iterator[Entry]:
        """Yield the entries of the same source under other keys; damaged ones are left out."""
        directory = os.path.dirname(self.layout.entry(place.project, place.source, place.key))
        for key in filter(is_sha256, inside.names(directory)):
            if key != place.key and (entry := self.find(replace(place, key=Key(key)))):
                yield entry

    def use(self, entry: Entry) -> bool:
        """Mark an entry as used, so that it stays a while; False where it was taken away just now.

        The mark is the time of the build's directory, set once a minute at most.
        """
        build = os.path.dirname(entry.path)
        now = time.monotonic()
        if now - self._used.get(build, -OFTEN) < OFTEN:
            return True
        try:
            inside.check(build, below=self.layout.root)
            os.utime(build)
            # A remover hides the record before it looks at the mark: one of us sees the other.
            status = os.stat(f"{os.path.dirname(build)}/{RECORD}")
        except FileNotFoundError:
            return False
        except OSError:
            return True  # who cannot write here is not who collects here
        known = self._read.get(f"{os.path.dirname(build)}/{RECORD}")
        if known is None or known[0] != (status.st_mtime_ns, status.st_ino):
            return False
        self._used[build] = now
        return True

    def recover(self, place: Place) -> None:
        """Move a damaged entry to the quarantine. The caller holds the lease of its key."""
        directory = self.layout.entry(place.project, place.source, place.key)
        try:
            self._entry(directory, place.key)
        except Foreign:
            return
        except Damaged as damage:
            moved = quarantine(self.layout, directory)
            told = (
                f"was moved to {moved.target} and is built again"
                if moved.is_gone
                else f"is built again (it could not be moved to {moved.target}: {moved.why_not})"
            )
            self.warn(f"the cached wheel of {place.project} is damaged ({damage}); it {told}")

    def set_aside(self, wheel: str) -> None:
        """Let nobody find a wheel any longer that was read, by its path, and is damaged."""
        from wheelwell.store import inventory, verify  # not on the way to a hit

        with contextlib.suppress(OSError, Damaged):
            if stored := inventory.look(os.path.dirname(os.path.dirname(wheel))):
                for seen in verify.wheels(self.layout, iter([stored]), check=lambda _: []):
                    if seen.moved:
                        self.warn(f"{seen.name} is damaged, and was moved to {seen.moved}")

    def publish(self, place: Place, record: Record, *, wheel: str, log: str) -> Entry:
        """Store the file `wheel` with its log, and make it visible at `place`.

        The caller holds the key's lease. Raises `OSError`; what is visible is then as before.
        """
        from wheelwell.store.publish import publish  # not on the way to a hit

        directory = self.layout.entry(place.project, place.source, place.key)
        stored = publish(self.layout, directory, record, wheel=wheel, log=log)
        return entry_of(directory, stored, self.origin)

    def keep_log(self, log: str, name: str) -> str:
        """Keep the log of a failed build under `name`; return its place, or empty text."""
        directory = f"{self.layout.failures}/{name}"
        try:
            inside.make_directories(directory, below=self.layout.root)
            data = _whole_or_ends(log)
            atomic.write(f"{directory}/build.log", data, layout=self.layout, durable=False)
        except OSError:
            return ""
        return f"{directory}/build.log"

    def is_full(self, said: str) -> bool:
        """Say whether a build failed for want of room; `said` is what was told of the failure."""
        from wheelwell.store import space  # not on the way to a hit

        # In a temporary store, another disk may be the full one: that is for the reader to see.
        is_told = self.origin is Origin.LOCAL and space.is_told(said)
        return is_told or space.is_full(self.layout.root)

    def lease(
        self, place: Place, *, waiting: Callable[[str], None], is_cancelled: Callable[[], bool]
    ) -> Lease:
        """Return the right to build the key of `place`, as soon as nobody else has it."""
        return self.lease_named(place.key, waiting=waiting, is_cancelled=is_cancelled)

    def lease_named(
        self, name: str, *, waiting: Callable[[str], None], is_cancelled: Callable[[], bool]
    ) -> Lease:
        """Return the right to do what `name` names, as soon as nobody else has it."""
        from wheelwell.store import lease  # not on the way to a hit

        return lease.acquire(self.layout.lease(name), waiting=waiting, is_cancelled=is_cancelled)

    def _entry(self, directory: str, key: Key) -> Entry | None:
        record = self._record(directory, key)
        if record is None:
            return None
        entry = entry_of(directory, record, self.origin)
        try:
            stamp = stamp_of(entry.path)
            return entry if stamp == record.stamp else self._reexamine(directory, entry, stamp)
        except OSError as error:
            raise Damaged(f"its wheel cannot be read: {error.strerror}") from error

    def _record(self, directory: str, key: Key) -> Record | None:
        path = f"{directory}/{RECORD}"
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            if os.path.lexists(directory):
                raise Damaged("something else is in its place") from error
            return None  # it is in the place of a directory above: there is no entry
        except OSError as error:
            raise Damaged(f"its record cannot be read: {error.strerror}") from error
        stamp = (status.st_mtime_ns, status.st_ino)
        known = self._read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        record = read_record(path, key)
        self._read[path] = (stamp, record)
        return record

    def _reexamine(self, directory: str, entry: Entry, stamp: Stamp) -> Entry:
        """Decide by its hash about a wheel that was touched: a copied cache is not damaged."""
        if not stat.S_ISREG(os.lstat(entry.path).st_mode):
            raise Damaged("its wheel is not a file")
        found = hash_file(entry.path)
        if found != entry.record.sha256:
            raise Damaged(f"its wheel hashes to {found}, not {entry.record.sha256}")
        if stamp != stamp_of(entry.path):
            raise Damaged("its wheel is being changed")
        record = replace(entry.record, stamp=stamp)
        # A read-only cache pays for the hash at every hit, and so does one that is being built in.
        with contextlib.suppress(OSError, Damaged):
            self._restamp(directory, entry.record, record)
        return replace(entry, record=record)

    def _restamp(self, directory: str, old: Record, new: Record) -> None:
        """Replace a record, unless somebody builds: that record must not be undone."""
        from wheelwell.store import lease  # not on the way to a plain hit

        held = lease.try_acquire(self.layout.lease(old.key))
        if held is None:
            return
        with held:
            if read_record(f"{directory}/{RECORD}", old.key) == old:
                write_record(self.layout, directory, new)


def open_store(
    root: str,
    *,
    warn: Callable[[str], None],
    origin: Origin = Origin.LOCAL,
    is_shared: bool = False,
) -> Store:
    """Return the store in the directory `root`, made where it is not there.

    With `is_shared` one that is new, or empty, is its group's to write. Raises `OSError` where it
    cannot be made.
    """
    layout = Layout(root)
    if not ours.is_cache(root):
        os.makedirs(root, mode=0o700, exist_ok=True)
        if not os.listdir(root):
            if is_shared and not modes.is_shared(root):
                os.chmod(root, modes.SHARED)
            ours.mark(root)  # a directory that somebody uses for more is not marked
    inside.make_directories(layout.staging, below=root)
    return Store(layout, warn=warn, origin=origin)


def _whole_or_ends(log: str) -> bytes:
    """Return what a log says; of a very long one its beginning and its end."""
    with open(log, "rb") as file:
        left_out = os.fstat(file.fileno()).st_size - LOG_KEPT
        if left_out <= 0:
            return file.read()
        start = file.read(LOG_KEPT // 2)
        file.seek(left_out, os.SEEK_CUR)
        return start + b"\n[%d bytes were left out here]\n" % left_out + file.read()


def hash_file(path: str) -> Sha256:
    """Return the SHA-256 of a file's content. Raises `OSError`."""
    with open(path, "rb", buffering=0, opener=at_once) as file:
        return sha256_chunks(iter(lambda: file.read(_CHUNK), b""))


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """Where something damaged went."""

    target: str
    why_not: str = ""
    """Why it could not be moved there; empty where it could."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody finds it any longer."""
        return not self.why_not


def quarantine(layout: Layout, directory: str) -> Quarantined:
    """Move a damaged entry to the quarantine. The caller holds the lease of its key.

    Where the record does not tell which build is meant, the builds stay: they may be good, and in
    use.
    """
    key = os.path.basename(directory)
    target = f"{layout.quarantine}/{key[:16]}-{atomic.token()}"
    try:
        inside.check(os.path.dirname(directory), below=layout.root)
        inside.make_directories(layout.quarantine, below=layout.root)
        _move(directory, target, Key(key))
    except OSError as error:
        return Quarantined(target=target, why_not=error.strerror or str(error))
    return Quarantined(target=target)


def _move(directory: str, target: str, key: Key) -> None:
    """Move the record in `directory`, with the build that it names, to `target`.

    Where the record does not tell, the builds stay: they may be good, and in use.
    """
    if os.path.islink(directory) or not os.path.isdir(directory):
        os.rename(directory, target)
        return
    modes.make_directory(target)
    with contextlib.suppress(OSError, Damaged):
        build = read_record(f"{directory}/{RECORD}", key).build
        os.rename(f"{directory}/{build}", f"{target}/{build}")
    os.rename(f"{directory}/{RECORD}", f"{target}/{RECORD}")
    inside.sync(directory)


def read_record(path: str, key: Key) -> Record:
    """Return the record in a file, which must be of `key`. Raises `Damaged`."""
    try:
        with open(path, encoding="utf-8", opener=at_once) as file:
            record = Record.from_text(file.read())
    except LaterRecord as error:
        raise Foreign(str(error)) from error
    except (OSError, ValueError) as error:
        raise Damaged(f"its record cannot be read: {error}") from error
    if record.key != key:
        raise Damaged("its record is of another key")
    return record
