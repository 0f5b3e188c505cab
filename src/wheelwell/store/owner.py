"""Ownership: whether a cache directory may be used, by who owns it and who can write to it.

Whoever can write to a cache decides what its users install. So only the user's own cache is
written, and one that only root can have filled is read; every other one takes `--trust-owner`.
"""

from __future__ import annotations

import enum
import os
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace


class Use(enum.Enum):
    """What may be done with a cache directory."""

    FULL = "yes"
    READ_ONLY = "read-only"
    NONE = "no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the system tells of a cache directory, or of the nearest one above where it would be."""

    root: str
    """The cache directory."""

    path: str
    """What was looked at: the cache directory, or the nearest directory above that is there."""

    uid: int
    owner: str = ""
    """The owner as people know it, with the number."""

    mode: int
    """The permission bits."""

    is_directory: bool = True
    is_private_group: bool = False
    """Whether nobody but the owner is in its group, as with a group for each user."""

    is_readable: bool = True
    is_writable: bool = True
    parent: str
    """The directory above the cache directory."""

    parent_uid: int = 0
    parent_owner: str = ""
    parent_mode: int = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Who asks."""

    uid: int
    """The effective one."""

    name: str
    has_foreign_home: bool = False
    """Whether this is root through `sudo`, and the cache is in the home of who called it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What may be done with a cache directory, and why no more."""

    use: Use
    why: str = ""
    """A clause that says what is wrong; empty where nothing is, or it is trusted."""

    remedy: str = ""
    """What to do about it: a command where there is one; empty where there is nothing to do."""

    trusted: str = ""
    """What was wrong, but is trusted because the user says so."""

    def __str__(self) -> str:
        return f"{self.why}. To mend it: {self.remedy}" if self.remedy else self.why


def judge(
    root: str, environ: Mapping[str, str], *, is_trusted: bool, is_shared: bool = False
) -> Verdict:
    """Decide about the cache directory `root`, which need not be there.

    With `is_shared` its group may write to it.
    """
    uid = os.geteuid()
    try:
        found = look(root)
    except OSError as error:
        return Verdict(use=Use.NONE, why=f"it cannot be looked at ({error.strerror})")
    if _is_plain(found, uid):  # a name is for messages, and may have to be asked of a server
        return Verdict(use=Use.FULL)
    if is_shared and _is_group_s(found, uid):
        return Verdict(use=Use.FULL)
    found = replace(found, owner=named(found.uid), parent_owner=named(found.parent_uid))
    return decide(found, _user(found, uid, environ), is_trusted=is_trusted)


def decide(found: Found, user: User, *, is_trusted: bool) -> Verdict:
    """Decide about a cache directory by what was found."""
    if not found.is_directory:
        why = f"{found.path} is not a directory"
        return Verdict(use=Use.NONE, why=why, remedy="name another with --cache-dir")
    why, remedy = _doubt(found, user)
    if why and not is_trusted:
        return Verdict(use=Use.NONE, why=why, remedy=remedy)
    return _as_allowed(found, user, trusted=why, is_trusted=is_trusted)


def _as_allowed(found: Found, user: User, *, trusted: str, is_trusted: bool) -> Verdict:
    """Decide about a directory that may be used as far as the system allows it."""
    is_there = found.path == found.root
    if not is_there and not found.is_writable:
        return Verdict(
            use=Use.NONE,
            why=f"{found.path} belongs to {found.owner}, and {user.name} cannot write there",
            remedy=f"sudo install -d -o {user.name} -m 0700 {shlex.quote(found.root)}",
        )
    if is_there and not found.is_readable:
        return Verdict(use=Use.NONE, why=_unreadable(found, user), remedy=_own(found, user))
    if is_there and (not found.is_writable or (found.uid != user.uid and not is_trusted)):
        why = f"it belongs to {found.owner}, and {user.name} cannot write there"
        return Verdict(use=Use.READ_ONLY, why=why, trusted=trusted)
    return Verdict(use=Use.FULL, trusted=trusted)


def _doubt(found: Found, user: User) -> tuple[str, str]:
    """Say why somebody else may have a hand in the directory, and what to do about it."""
    is_there = found.path == found.root
    if is_there and found.uid not in {user.uid, 0}:
        return f"it belongs to {found.owner}, not to {user.name}", _own(found, user)
    if not is_there and user.uid == 0 and found.uid != 0:
        why = f"{found.path}, where it would be made, belongs to {found.owner}, not to root"
        return why, _own(found, user)
    if is_there and (writers := _writers(found)):
        sudo = "" if user.uid in {found.uid, 0} else "sudo "
        why = f"{writers} can write to it (mode {found.mode:04o}, owner {found.owner})"
        return why, f"{sudo}chmod go-w {shlex.quote(found.root)}"
    if _can_be_replaced(found):
        sudo = "" if user.uid in {found.parent_uid, 0} else "sudo "
        why = f"everybody can put another in its place: {found.parent} has mode "
        return (
            f"{why}{found.parent_mode:04o}; it belongs to {found.parent_owner}",
            f"{sudo}chmod +t {shlex.quote(found.parent)}",
        )
    return "", ""


def _own(found: Found, user: User) -> str:
    if user.has_foreign_home:
        return "call sudo with -H, which gives root a home of its own"
    if user.uid == 0:
        return "name another with --cache-dir, or use it all the same with --trust-owner"
    return f"sudo chown -R {user.name} {shlex.quote(found.root)}"


def _unreadable(found: Found, user: User) -> str:
    return f"it belongs to {found.owner}, and {user.name} cannot read it (mode {found.mode:04o})"


def _writers(found: Found) -> str:
    if found.mode & stat.S_IWOTH:
        return "everybody"
    if found.mode & stat.S_IWGRP and not found.is_private_group:
        return "its group"
    return ""


def _can_be_replaced(found: Found) -> bool:
    """Say whether everybody can rename the directory: only a sticky parent keeps others from it."""
    is_open = found.parent_mode & stat.S_IWOTH and not found.parent_mode & stat.S_ISVTX
    return bool(is_open) and found.path in {found.root, found.parent}


def _is_plain(found: Found, uid: int) -> bool:
    is_own = found.is_directory and found.uid == uid and found.is_readable and found.is_writable
    return is_own and not found.mode & 0o022 and not _can_be_replaced(found)


def _is_group_s(found: Found, uid: int) -> bool:
    """Say whether a directory is its group's to write, and nobody else's."""
    is_there = found.path == found.root and found.is_directory
    is_own = found.uid == uid or found.mode & 0o020
    is_usable = found.is_readable and found.is_writable
    return bool(
        is_there
        and is_own
        and is_usable
        and not found.mode & stat.S_IWOTH
        and not _can_be_replaced(found)
    )


def look(root: str) -> Found:
    """Look at a cache directory, or at the nearest one above, names left out. Raises `OSError`."""
    root = os.path.realpath(root)  # who owns a link says nothing about what it leads to
    path = root
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    status = os.stat(path)
    parent = os.path.dirname(root)
    above = os.stat(parent) if os.path.isdir(parent) else status
    mode = stat.S_IMODE(status.st_mode)
    return Found(
        root=root,
        path=path,
        uid=status.st_uid,
        mode=mode,
        is_directory=stat.S_ISDIR(status.st_mode),
        is_private_group=bool(mode & stat.S_IWGRP) and is_private(status.st_gid, status.st_uid),
        is_readable=may(path, os.R_OK | os.X_OK),
        is_writable=may(path, os.W_OK | os.X_OK),
        parent=parent,
        parent_uid=above.st_uid,
        parent_mode=stat.S_IMODE(above.st_mode),
    )


def may(path: str, mode: int) -> bool:
    """Say whether this process may do that with what is at `path`."""
    is_known = os.access in os.supports_effective_ids
    return os.access(path, mode, effective_ids=is_known)


def named(uid: int) -> str:
    """Return a user's name with its number, or the number alone."""
    name = name_of(uid)
    return f"{name} (uid {uid})" if name != str(uid) else f"uid {uid}"


def name_of(uid: int) -> str:
    """Return a user's name, or the number as text: what `chown` takes."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_private(gid: int, uid: int) -> bool:
    """Say whether a group is one user's alone: it has the user's name, and no other member."""
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return (
        group.gr_name == user.pw_name
        and user.pw_gid == gid
        and not {*group.gr_mem} - {user.pw_name}
    )


def _user(found: Found, uid: int, environ: Mapping[str, str]) -> User:
    home = environ.get("HOME", "")
    is_in_home = bool(home) and found.root.startswith(f"{os.path.realpath(home)}{os.sep}")
    return User(
        uid=uid,
        name=name_of(uid),
        has_foreign_home=uid == 0 and is_in_home and bool(environ.get("SUDO_UID")),
    )
