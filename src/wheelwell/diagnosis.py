"""Diagnosis: what a look at a cache and its surroundings finds, and what mends it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

NETWORK = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "fuse.sshfs": "sshfs",
    "9p": "9P",
    "lustre": "Lustre",
    "ceph": "CephFS",
    "glusterfs": "GlusterFS",
    "fuse.glusterfs": "GlusterFS",
    "afs": "AFS",
}
"""File systems that other machines may write to, and what people call them."""


class Level(enum.Enum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    subject: str
    """What was looked at, in a word or two."""

    text: str
    """What was found, as a sentence without its full stop."""

    remedy: str = ""
    """A command or an advice that mends it; empty where nothing has to be mended."""

    fixed: str = ""
    """What was done about it, where that was asked for and is safe."""

    def to_json(self) -> dict[str, str]:
        """Return all of it as JSON values."""
        return {
            "level": self.level.value,
            "subject": self.subject,
            "text": self.text,
            "remedy": self.remedy,
            "fixed": self.fixed,
        }


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system."""

    point: str
    kind: str
    options: frozenset[str]


def mount_of(path: str, mountinfo: str) -> Mount | None:
    """Return the mount that holds an absolute path, by the text of `/proc/self/mountinfo`."""
    found = None
    for mount in _mounts(mountinfo):
        is_above = mount.point == "/" or f"{path}/".startswith(f"{mount.point}/")
        if is_above and (found is None or len(mount.point) >= len(found.point)):
            found = mount  # of two on one point the later one is seen
    return found


def of_file_system(mount: Mount) -> Iterator[Finding]:
    """Say what does not hold on a file system."""
    if mount.kind in NETWORK:
        yield Finding(
            level=Level.WARNING,
            subject="file system",
            text=f"{mount.point} is {NETWORK[mount.kind]}: locks, renames and times may not hold "
            "between machines, so that a wheel may be built twice",
            remedy="keep the cache on a local disk, and name this one as a layer (layers)",
        )
    else:
        what = f"{mount.point} is {mount.kind}"
        yield Finding(level=Level.OK, subject="file system", text=what)
    if "noexec" in mount.options:
        yield Finding(
            level=Level.PROBLEM,
            subject="file system",
            text=f"{mount.point} is mounted noexec: builds run programs in the cache directory",
            remedy="name a directory elsewhere with --cache-dir",
        )


def _mounts(mountinfo: str) -> Iterator[Mount]:
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if dash and len(fields) >= 6 and kinds:
            point = fields[4].encode().decode("unicode_escape")
            yield Mount(point, kinds[0], frozenset(fields[5].split(",")))
