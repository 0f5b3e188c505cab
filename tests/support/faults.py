"""Faults: a process killed before a chosen system call, or that call made to fail, by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.stored import TESTS

POINTS = frozenset(
    """
    openat creat write pwrite64 writev pwritev pwritev2 fsync fdatasync sync_file_range
    rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir mkdir mkdirat
    mknod mknodat flock fcntl ftruncate truncate fallocate chmod fchmod fchmodat chown fchown
    lchown fchownat utimensat utime utimes futimesat sendfile copy_file_range splice
    setxattr lsetxattr fsetxattr
    """.split()
)
"""The system calls that change what is on a disk, or lock it: each is a fault point."""

READING = frozenset(
    """
    read pread64 readv preadv lseek close fstat stat lstat newfstatat statx access faccessat
    faccessat2 readlink readlinkat getdents getdents64 statfs fstatfs mmap ioctl dup dup2 dup3
    chdir fchdir getcwd execve poll select fadvise64 getxattr lgetxattr fgetxattr
    """.split()
)
"""The system calls that leave a disk as it is."""

_LINE = re.compile(r"(\w+)\((.*)")
_HASH = re.compile(r"\b[0-9a-f]{32,}\b")
_TOKEN = re.compile(r"\b[0-9a-f]{8}(?:[0-9a-f]{8})?\b")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call of a traced process."""

    name: str
    number: int
    """The how manieth of its name it is, from 1."""

    about: str
    """Its paths, below the root of the store."""

    def __str__(self) -> str:
        return f"{self.name}#{self.number} {self.about}"


def traced(arguments: Sequence[str], root: str) -> list[Call]:
    """Run `python -m` with arguments, which must succeed; return its calls that are about `root`.

    Raises `AssertionError` where one of them neither is a fault point nor only reads.
    """
    _warm_up(arguments, root)
    done, lines = strace(["-e", "trace=%file,%desc"], arguments)
    assert done.returncode == 0, done.stderr
    counts: Counter[str] = Counter()
    found = []
    for line in lines:
        if (matched := _LINE.match(line)) is None:
            continue
        name = matched[1]
        counts[name] += 1
        if root in line:
            assert name in POINTS | READING, f"no fault point: {line}"
            if name in POINTS and _changes(line):
                found.append(Call(name, counts[name], _about(line, root)))
    return found


def killed(arguments: Sequence[str], root: str, call: Call) -> None:
    """Run the same on another store, killed before a call.

    Raises `AssertionError` where it was killed before another one.
    """
    done, lines = strace(_at(call, "signal=SIGKILL"), arguments)
    assert done.returncode in {-9, 137}, (str(call), done.returncode, done.stderr)
    last = next(line for line in reversed(lines) if _LINE.match(line))
    assert _about(last, root) == call.about, f"wanted {call}\nwas {last}"


def failed(
    arguments: Sequence[str], root: str, call: Call, error: str
) -> subprocess.CompletedProcess[str]:
    """Run the same on another store, a call failing with an error such as `ENOSPC`.

    Raises `AssertionError` where another call failed.
    """
    done, lines = strace(_at(call, f"error={error}"), arguments)
    hit = [_about(line, root) for line in lines if "(INJECTED)" in line]
    assert hit == [call.about], f"wanted {call}\nwas {hit}"
    return done


def one_of_each(calls: Iterable[Call]) -> list[Call]:
    """Return the first of the calls of one name about the same paths, but for what hashes say."""
    first: dict[tuple[str, str], Call] = {}
    for call in calls:
        first.setdefault((call.name, _HASH.sub("*", call.about)), call)
    return list(first.values())


def _warm_up(arguments: Sequence[str], root: str) -> None:
    """Run the same on a copy, so that byte code is there whose making would be counted too."""
    copy = f"{root}-warm"
    if os.path.isdir(root):
        shutil.copytree(root, copy, symlinks=True)
    command = [sys.executable, "-m", *(each.replace(root, copy) for each in arguments)]
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    subprocess.run(command, env=environ, capture_output=True, check=False)
    shutil.rmtree(copy, ignore_errors=True)


def get(project: str, root: str) -> list[str]:
    """Return the arguments of a whole `get` into a cache at `root`."""
    return ["wheelwell", "get", project, "--no-index", "--cache-dir", root]


def _about(line: str, root: str) -> str:
    """Return the paths below `root` that a call is about, names made of chance left out."""
    paths = re.findall(rf'[<"]{re.escape(root)}(/?[^>"]*)', line)
    return " ".join(dict.fromkeys(_TOKEN.sub("*", path) for path in paths))


def _changes(line: str) -> bool:
    """Say whether an open creates or writes, and a `fcntl` locks."""
    if line.startswith("openat"):
        return re.search("O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", line) is not None
    return not line.startswith("fcntl") or "SETLK" in line


def _at(call: Call, how: str) -> list[str]:
    return ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{how}:when={call.number}"]


def strace(
    switches: Sequence[str], arguments: Sequence[str]
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run `python -m` with arguments under strace; return how it ended, and what was traced."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "log")
        command = ["strace", "-qq", "-y", "-s", "64", *switches, "-o", str(log)]
        done = subprocess.run(
            [*command, "--", sys.executable, "-B", "-m", *arguments],
            env={**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, log.read_text(errors="replace").splitlines()
