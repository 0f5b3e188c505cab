"""Examining a cache directory: what its disk can do, and what lies about in it."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from wheelwell import buckets
from wheelwell.diagnosis import Finding, Level, mount_of, of_file_system
from wheelwell.quantities import as_size
from wheelwell.store import holds, inside, inventory, modes, ours, slots, space, staging, survey
from wheelwell.store.layout import TAG, Layout
from wheelwell.store.slots import KEPT
from wheelwell.store.staging import staged
from wheelwell.store.sweep import superseded

_LITTLE = 2 * 10**9
"""With fewer free bytes, a build of some size may fill the disk."""

_PATIENCE = 20.0
"""How long, in seconds, a program may take to try a lock."""

_TRY = """
import fcntl, os, sys
try:
    fcntl.flock(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(7)
"""


def disk(root: str) -> Iterator[Finding]:
    """Look at the file system that holds a cache directory, which need not be there."""
    place = _existing(root)
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8") as file:
        if (mount := mount_of(os.path.realpath(place), file.read())) is not None:
            yield from of_file_system(mount)
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    told = space.room(place)
    if space.is_full(place):
        remedy = "wheelwell gc --limit 0, or free space otherwise"
        yield Finding(level=Level.PROBLEM, subject="space", text=told, remedy=remedy)
    elif free < _LITTLE:
        remedy = "wheelwell gc --limit SIZE"
        yield Finding(level=Level.WARNING, subject="space", text=told, remedy=remedy)
    else:
        yield Finding(level=Level.OK, subject="space", text=told)


def abilities(layout: Layout) -> Iterator[Finding]:
    """Try whether the disk locks, renames and syncs as the store needs it."""
    with staged(layout) as directory:
        yield _locks(directory)
        one, two = f"{directory}/one", f"{directory}/two"
        for path in (one, two):
            with open(path, "xb") as file:
                file.write(path.encode())
        os.replace(one, two)
        with open(two, "rb") as file:
            if file.read() != one.encode():
                raise OSError(f"{two} was not replaced by a rename")
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        yield Finding(level=Level.OK, subject="renames", text="files are replaced and synced")
    if not ours.is_cache(layout.root):
        with contextlib.suppress(OSError):
            os.rmdir(layout.staging)


def contents(layout: Layout) -> Iterator[Finding]:
    """Look for what is damaged, foreign, of the future or left over."""
    bad: dict[str, str] = {}
    now = time.time() + 3600
    count = future = 0
    for stored in inventory.entries(layout, damaged=bad.__setitem__):
        count += 1
        future += stored.used > now
    for path, why in [*bad.items()][:5]:
        # Nothing tells what such an entry was: it is set aside, and built when it is asked for.
        text, remedy = f"{path}: {why}", "wheelwell verify"
        yield Finding(level=Level.PROBLEM, subject="entries", text=text, remedy=remedy)
    yield Finding(level=Level.OK, subject="entries", text=f"{count} can be read")
    if future:
        yield Finding(
            level=Level.WARNING,
            subject="clock",
            text=f"{future} entries were used in the future: no limit removes them before that",
            remedy="set the clock (timedatectl), then use or remove them",
        )
    for path in superseded(layout):
        yield Finding(
            level=Level.NOTE,
            subject="old bucket",
            text=f"{path} is of an older version ({as_size(survey.size_of(path))})",
            remedy="wheelwell gc removes it once nobody has written there for a month",
        )
    yield from _foreign(layout)
    yield from _left(layout)


def markers(layout: Layout, *, fixes: bool) -> Iterator[Finding]:
    """Look for the files by which backup programs and version tools know a cache."""
    if ours.is_marked(layout.root):
        return
    if not ours.holds_nothing_else(layout.root):
        text = "the directory holds other things too: it is not marked as a cache"
        yield Finding(level=Level.NOTE, subject="marker", text=text)
        return
    fixed = ""
    if fixes:
        ours.mark(layout.root)
        fixed = "it was written"
    yield Finding(
        level=Level.WARNING,
        subject="marker",
        text=f"{TAG} is missing, so that backups hold the cache",
        remedy="wheelwell doctor --fix",
        fixed=fixed,
    )


def leftovers(layout: Layout, *, sweep: Callable[[], int] | None) -> Iterator[Finding]:
    """Look for what dead processes left; `sweep` removes it, and returns the bytes freed."""
    found = [*staging.leftovers(layout), *slots.leftovers(layout), *holds.leftovers(layout)]
    if not found:
        return
    size = sum(map(survey.size_of, found))
    fixed = f"{as_size(sweep())} were freed" if sweep else ""
    yield Finding(
        level=Level.NOTE,
        subject="leftovers",
        text=f"{len(found)} of processes that died, {as_size(size)}",
        remedy="wheelwell gc",
        fixed=fixed,
    )


def _locks(directory: str) -> Finding:
    """Try whether another process is kept out by a lock."""
    import fcntl

    path = f"{directory}/tried"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        tried = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _TRY, path],
            timeout=_PATIENCE,
            check=False,
            capture_output=True,
        )
    finally:
        os.close(descriptor)
    if tried.returncode == 7:
        return Finding(level=Level.OK, subject="locks", text="a second process is kept out")
    return Finding(
        level=Level.PROBLEM,
        subject="locks",
        text="the disk does not lock files: a wheel may be built twice, and leftovers be in use",
        remedy="name a directory on a local disk with --cache-dir",
    )


def _foreign(layout: Layout) -> Iterator[Finding]:
    """Look for what belongs to somebody else, or is from the future."""
    own, now = os.geteuid(), time.time() + 3600
    is_shared, gid = modes.is_shared(layout.root), os.stat(layout.root).st_gid
    for bucket in sorted(buckets.ALL):
        path = f"{layout.root}/{bucket}"
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        if not stat.S_ISDIR(status.st_mode):
            yield Finding(
                level=Level.PROBLEM,
                subject="buckets",
                text=f"{path} is no directory",
                remedy=f"rm {shlex.quote(path)}",
            )
        elif is_shared:
            if status.st_gid != gid or not modes.is_shared(path):
                yield Finding(
                    level=Level.PROBLEM,
                    subject="group",
                    text=f"{path} is not its group's as the cache directory is",
                    remedy=f"sudo chgrp {gid} {shlex.quote(path)} && "
                    f"sudo chmod 2770 {shlex.quote(path)}",
                )
        elif status.st_uid not in {own, 0}:
            yield Finding(
                level=Level.PROBLEM,
                subject="owner",
                text=f"{path} belongs to uid {status.st_uid}",
                remedy=f"sudo chown -R {own} {shlex.quote(layout.root)}",
            )
        if status.st_mtime > now:
            yield Finding(
                level=Level.WARNING,
                subject="clock",
                text=f"{path} was changed in the future: the clock went back, and ages are wrong",
                remedy="set the clock (timedatectl)",
            )


def _left(layout: Layout) -> Iterator[Finding]:
    for name, text in (
        (layout.quarantine, "damaged things were set aside"),
        (layout.failures, "logs of failed builds"),
    ):
        if size := survey.size_of(name):
            remedy = "wheelwell gc removes what is a month old; wheelwell purge --logs all of it"
            said = f"{text}: {as_size(size)} in {name}"
            yield Finding(level=Level.NOTE, subject="set aside", text=said, remedy=remedy)
    for project in inside.names(layout.slots):
        for number in inside.names(f"{layout.slots}/{project}"):
            path = f"{layout.slots}/{project}/{number}"
            if os.path.exists(f"{path}/{KEPT}"):
                said = f"{path} was kept (--keep), {as_size(survey.size_of(path))}"
                remedy = f"rm -r {shlex.quote(path)}"
                yield Finding(level=Level.NOTE, subject="kept", text=said, remedy=remedy)


def _existing(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path
