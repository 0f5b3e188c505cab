"""Trouble: which errors are a cache directory's own, what is wrong with it, and what mends it."""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from wheelwell.errors import BuildError, WheelwellError
from wheelwell.store import owner, space

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ALWAYS = _FULL | {errno.EROFS, errno.EIO}
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
_NEVER = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR})
"""What another directory would not help against."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What is wrong with a cache directory."""

    why: str
    """A clause."""

    remedy: str = ""
    """A command, or empty."""

    is_full: bool = False
    """Whether its disk is full: no other directory of that disk is better."""

    cause: str = ""
    """What is the same whenever this is wrong, whatever was being written; empty for `why`."""


def unusable(error: OSError, root: str) -> owner.Verdict:
    """Return what is to be said of a cache directory that could not even be made."""
    trouble = _described(error, root)
    return owner.Verdict(use=owner.Use.NONE, why=trouble.why, remedy=trouble.remedy)


def trouble_of(error: BaseException, root: str) -> Trouble | None:
    """Return what is wrong with the cache directory `root`; None where it is not to blame.

    It is to blame for an error of the system that is about a path in it, and for one that says
    that a disk is full: user's files are only read. What a build did, or left undone, in its own
    slot is the build's.
    """
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and _is_to_blame(found, error, root):
            return _described(found, root)
        found = found.__cause__
    return None


def _is_to_blame(found: OSError, error: BaseException, root: str) -> bool:
    """Say whether what the system said, and `error` came of, is the fault of `root`."""
    if found.errno in _ALWAYS:
        return True
    if isinstance(error, BuildError):
        return False
    if isinstance(error, WheelwellError) and found.errno not in _FORBIDDEN:
        return False  # it says already what is wrong, such as a name that no disk can hold
    return found.errno not in _NEVER and any(_is_below(path, root) for path in _paths(found))


def _paths(error: OSError) -> list[str]:
    found = (error.filename, error.filename2)
    return [os.fsdecode(path) for path in found if isinstance(path, (str, bytes, os.PathLike))]


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}{os.sep}")


def _described(error: OSError, root: str) -> Trouble:
    if error.errno in _FULL:
        what = "its disk is full" if error.errno == errno.ENOSPC else "the disk quota is used up"
        told = space.room(root)
        return Trouble(why=f"{what} ({told})" if told else what, is_full=True, cause=what)
    for path in sorted(_paths(error), key=lambda path: not _is_below(path, root)):
        said = error.strerror or str(error)
        if error.errno == errno.ELOOP:
            return Trouble(why=f"{path}: {said}", remedy=f"rm {shlex.quote(path)}")
        in_the_way = _in_the_way(path, root, is_directory_wanted=error.errno == errno.ENOTDIR)
        return in_the_way or Trouble(why=f"{path}: {said}", cause=said)
    return Trouble(why=error.strerror or str(error))


def _in_the_way(path: str, root: str, *, is_directory_wanted: bool) -> Trouble | None:
    """Tell of the topmost directory or file from `root` to `path` that shuts us out."""
    for place in _steps(path, root):
        if not os.path.lexists(place):
            return None
        is_directory = os.path.isdir(place)
        if not is_directory and (is_directory_wanted or place != path):
            return Trouble(why=f"{place} is not a directory", remedy=f"rm {shlex.quote(place)}")
        if not owner.may(place, os.W_OK | os.X_OK if is_directory else os.W_OK):
            return _forbidden(place, root)
    return None


def _steps(path: str, root: str) -> Iterator[str]:
    """Yield `root`, what lies between, and `path`."""
    place = root if _is_below(path, root) else path
    yield place
    for name in os.path.relpath(path, place).split(os.sep):
        place = os.path.normpath(os.path.join(place, name))
        yield place


def _forbidden(culprit: str, root: str) -> Trouble:
    try:
        uid = os.lstat(culprit).st_uid
    except OSError as error:
        return Trouble(why=f"{culprit}: {error.strerror}")
    me = owner.name_of(os.geteuid())
    why = f"{culprit} belongs to {owner.named(uid)}, and {me} cannot write to it"
    if uid == os.geteuid():
        return Trouble(why=why, remedy=f"chmod -R u+rwX {shlex.quote(root)}")
    return Trouble(why=why, remedy=f"sudo chown -R {me} {shlex.quote(root)}")
